import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RoleStep } from '../../src/clouds/aws/role-steps.ts'
import { type Asking, anAsking, HANDED_OVER, OURS } from './role-arbitraries.ts'
import { all, cutShort, passOver } from './role-pass.ts'
import { afterAct } from './role-strangers.ts'
import { EMPTY_IAM, type SimulatedIam } from './simulated-iam.ts'

const one = anAsking({ name: 'one' })
const two = anAsking({ name: 'two', buckets: ['maps'] })
const away = (person: Asking): Asking => ({ ...person, stance: 'Leaves' })
const after = (iam: SimulatedIam, ...people: readonly Asking[]): SimulatedIam => passOver(iam, people).after
const acted = (iam: SimulatedIam, act: string): SimulatedIam => afterAct(iam, act).iam

/** A request and what it is about: "PutRolePolicy Access". */
function told(step: RoleStep): string {
  const about = 'policy' in step ? step.policy : 'arn' in step ? step.arn.replace(/.*:policy/, '') : ''
  return `${step.do} ${about}`.trim()
}

describe('the requests that change a role', () => {
  const alone = after(EMPTY_IAM, one)
  const both = after(EMPTY_IAM, one, two)
  const rich = after(EMPTY_IAM, { ...one, managed: true, customer: true })
  const cases: readonly (readonly [string, SimulatedIam, readonly Asking[], readonly string[]])[] = [
    [
      'make it with its tags, and fill it',
      EMPTY_IAM,
      [{ ...one, managed: true, customer: true }],
      [
        'CreateRole',
        'PutRolePolicy Transfer',
        'PutRolePolicy Access',
        'SaveCustomerPolicy VendorAccess',
        'AttachRolePolicy /VendorManaged',
        'AttachRolePolicy /VendorAccess',
      ],
    ],
    ['are none where all is there', both, [one, two], []],
    ['tag a newcomer before it gets anything', alone, [one, two], ['TagRole', 'PutRolePolicy Access']],
    ['take a leaver’s part before its tag', both, [one, away(two)], ['PutRolePolicy Access', 'UntagRole']],
    [
      'take a leaver’s part before a newcomer gets anything',
      alone,
      [away(one), two],
      ['DeleteRolePolicy Access', 'TagRole', 'TagRole', 'PutRolePolicy Access', 'UntagRole'],
    ],
    [
      'put a policy of a new name before the old one goes',
      alone,
      [{ ...one, revision: 2 }],
      ['TagRole', 'UpdateRole', 'PutRolePolicy AccessTwo', 'DeleteRolePolicy Access', 'TagRole'],
    ],
    [
      'change the trust alone where it alone differs',
      alone,
      [{ ...one, externalId: 'id-2' }],
      ['UpdateAssumeRolePolicy'],
    ],
    [
      'have an external ID in the tag before it is in the trust',
      alone,
      [{ ...one, externalId: 'Generated' }],
      ['TagRole', 'UpdateAssumeRolePolicy'],
    ],
    [
      'put right what somebody spoilt, without a word to the tags',
      acted(acted(alone, 'changes the description'), 'changes our external ID'),
      [one],
      ['UpdateAssumeRolePolicy', 'UpdateRole'],
    ],
    [
      'detach a policy of ours before it is deleted',
      rich,
      [one],
      [
        'DetachRolePolicy /VendorManaged',
        'DetachRolePolicy /VendorAccess',
        'DeleteCustomerPolicy VendorAccess',
        'UntagRole',
        'TagRole',
      ],
    ],
    [
      'empty the role before it goes',
      rich,
      [{ ...away(one), managed: true, customer: true }],
      [
        'DeleteRolePolicy Transfer',
        'DeleteRolePolicy Access',
        'DetachRolePolicy /VendorManaged',
        'DetachRolePolicy /VendorAccess',
        'DeleteCustomerPolicy VendorAccess',
        'DeleteRole',
      ],
    ],
    [
      'close the role that strangers put something into, and forget it last',
      acted(alone, 'puts a policy into the role'),
      [away(one)],
      ['UpdateAssumeRolePolicy', 'DeleteRolePolicy Transfer', 'DeleteRolePolicy Access', 'UntagRole'],
    ],
    [
      'leave a policy of ours attached in which a stranger has something',
      acted(rich, 'adds a statement to our managed policy'),
      [one],
      ['SaveCustomerPolicy VendorAccess', 'DetachRolePolicy /VendorManaged', 'TagRole'],
    ],
    [
      'are none on a role of somebody else',
      { policies: {}, role: { ...roleOf(alone), tags: {} } },
      [one, two],
      [],
    ],
    ['are none where the leaver has nothing', EMPTY_IAM, all([one], 'Leaves'), []],
  ]
  for (const [name, iam, people, expected] of cases)
    it(name, () => assert.deepEqual(passOver(iam, people).steps.map(told), expected))

  it('say whether a managed policy is new, so that one left from earlier is not written over', () => {
    const isNew = (iam: SimulatedIam, ...people: readonly Asking[]) =>
      passOver(iam, people).steps.flatMap((step) => (step.do === 'SaveCustomerPolicy' ? [step.isNew] : []))
    assert.deepEqual(isNew(alone, { ...one, customer: true }), [true])
    assert.deepEqual(isNew(rich, { ...one, customer: true }, { ...two, customer: true }), [false])
  })

  it('revoke what a leaver had although IAM refuses what a newcomer needs', () => {
    const theirs = { '/VendorAccess': { document: '{"Statement":[]}', isOwn: false } }
    const newcomer = anAsking({ name: 'three', buckets: ['scenes'], customer: true })
    const { role } = cutShort({ ...both, policies: theirs }, [away(one), two, newcomer])
    const owners = Object.keys(role?.tags ?? {}).filter((key) => /[0-9a-f]{16}$/.test(key))
    assert.equal(role?.inline.Access?.includes('clips'), false)
    assert.equal(
      owners.some((key) => key in roleOf(alone).tags),
      false,
    )
  })

  it('keep the sign that a role is ours while one leaves and another joins, though neither has the role itself', () => {
    const served = after({ policies: {}, role: HANDED_OVER }, one)
    const { states } = passOver(served, [away(one), two])
    assert.ok(states.length > 2)
    for (const state of states) assert.equal(roleOf(state).tags['mooring.dev/installation'], OURS)
  })

  it('attach a policy of ours again that was emptied of what a leaver had in it', () => {
    const [leaver, newcomer] = [
      { ...one, customer: true },
      { ...two, customer: true },
    ]
    const { attached } = roleOf(after(after(EMPTY_IAM, leaver), away(leaver), newcomer))
    assert.deepEqual(attached, ['arn:aws:iam::123456789012:policy/VendorAccess'])
  })

  it('close a role for which nobody has an external ID yet, by a denial', () => {
    const { role } = after(acted(alone, 'puts a policy into the role'), away(one))
    assert.match(role?.trust ?? '', /"Effect":"Deny".*123456789012:root/)
  })
})

function roleOf({ role }: SimulatedIam): NonNullable<SimulatedIam['role']> {
  assert.ok(role)
  return role
}

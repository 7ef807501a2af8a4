/** Inline policies in a role that somebody else made: only Mooring's own policies and tags ever change. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeHost } from '../../src/clouds/aws/attached-document.ts'
import { attachedRoleKind } from '../../src/clouds/aws/attached-role.ts'
import { attachedSteps } from '../../src/clouds/aws/attached-steps.ts'
import type { RoleEntry, Tags } from '../../src/clouds/aws/role-ledger.ts'
import { partName, type RolePart } from '../../src/clouds/aws/role-parts.ts'
import type { RoleStep } from '../../src/clouds/aws/role-steps.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import { installationTag, ownerTag } from '../../src/plan/mark.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { INSTALLATION } from './arbitraries.ts'
import { ACCOUNT, carryOut, type SimulatedIam, type SimulatedRole, statementsIn } from './simulated-iam.ts'

const NAME = 'DatadogIntegrationRole'
const TARGET = `arn:aws:iam::${ACCOUNT}:role/${NAME}`
const POLICY = 'mooring-archive'
const SIMPLE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' }],
})

const host = (parts: Partial<SimulatedRole> = {}): SimulatedIam => ({
  policies: {},
  role: {
    path: '/theirs/',
    description: 'by CloudFormation',
    maxSessionDuration: 7_200,
    tags: { team: 'observability' },
    trust: SIMPLE,
    inline: { DatadogAWSIntegrationPolicy: SIMPLE },
    attached: ['arn:aws:iam::aws:policy/SecurityAudit'],
    ...parts,
  },
})

interface Asking {
  readonly name: string
  readonly buckets: readonly string[]
  readonly stance: Stance
}

function partsOf({ buckets }: Asking): RolePart[] {
  const inline = { in: 'InlinePolicy', policy: POLICY } as const
  const write = { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'] }
  const list = { Effect: 'Allow', Action: ['s3:ListBucket'] }
  return buckets.flatMap((bucket): RolePart[] => [
    { ...inline, sid: 'Archives', statement: write, resource: `arn:aws:s3:::${bucket}/*` },
    { ...inline, sid: 'List', statement: list, resource: `arn:aws:s3:::${bucket}` },
  ])
}

function planOf({ role }: SimulatedIam, people: readonly Asking[], installation = INSTALLATION) {
  const found = role && { tags: role.tags, inline: new Map(Object.entries(role.inline)) }
  return planTarget({
    installation,
    target: TARGET,
    fresh: '',
    documents: [{ kind: attachedRoleKind as unknown as DocumentKind, document: decodeHost(NAME, found) }],
    participants: people.map((person) => ({
      owner: `a/${person.name}`,
      stance: person.stance,
      entries: partsOf(person).map((part) => ({
        document: 'RolePolicies',
        name: partName(part),
        body: { part },
      })),
    })),
  })
}

/** The account after each request of a pass. */
function passOver(iam: SimulatedIam, people: readonly Asking[], installation = INSTALLATION) {
  const target = planOf(iam, people, installation)
  const [plan] = target.documents
  assert.ok(plan)
  const steps: RoleStep[] =
    plan.changes.length === 0
      ? []
      : attachedSteps(plan.before as Document<RoleEntry>, plan.after as Document<RoleEntry>)
  const states: SimulatedIam[] = []
  for (const step of steps) states.push(carryOut(states.at(-1) ?? iam, step))
  return { steps, states, after: states.at(-1) ?? iam, refused: target.refused, plan }
}

const isOurTag = (key: string): boolean => key.startsWith('mooring.dev/attached-')

/** The role without what Mooring may change: the policy of that name, and Mooring's tags. */
function othersOf({ role, policies }: SimulatedIam): unknown {
  assert.ok(role)
  const { [POLICY]: _, ...inline } = role.inline
  const tags = Object.fromEntries(Object.entries(role.tags).filter(([key]) => !isOurTag(key)))
  return { ...role, inline, tags, policies }
}

/** Every part in the role has its owner in a tag, after every request. */
function assertOwned({ role }: SimulatedIam): void {
  if (role?.inline[POLICY] === undefined) return
  const found = { tags: role.tags, inline: new Map(Object.entries(role.inline)) }
  for (const { mark, part } of decodeHost(NAME, found).entries) assert.ok(mark, JSON.stringify(part))
}

const asking: fc.Arbitrary<Asking> = fc.record({
  name: fc.constantFrom('one', 'two', 'three'),
  buckets: fc.subarray(['clips', 'logs', 'scenes']),
  stance: fc.constantFrom<Stance>('Wants', 'Keeps', 'Leaves'),
})
const people = fc.uniqueArray(asking, { selector: ({ name }) => name, maxLength: 3 })
const tags: fc.Arbitrary<Tags> = fc.dictionary(
  fc.constantFrom('team', 'mooring.dev/attached-x', 'aws:cloudformation:stack-name'),
  fc.constantFrom('', 'a b'),
  { noNullPrototype: true },
)
const strangers = fc
  .record({
    tags,
    inline: fc.dictionary(fc.constantFrom('A', 'B', 'mooring-self'), fc.constant(SIMPLE), {
      noNullPrototype: true,
    }),
  })
  .map((parts) => host(parts))
const everybody = (stance: Stance): Asking[] =>
  ['one', 'two', 'three'].map((name) => ({ name, buckets: [], stance }))

describe('in somebody else’s role, for any role, any integrations and after every single request,', () => {
  it('trust, settings, attachments, other policies and other tags stay as they are, and every part has its owner', () => {
    fc.assert(
      fc.property(strangers, fc.array(people, { maxLength: 4 }), (start, rounds) => {
        const theirs = othersOf(start)
        let iam = start
        for (const round of rounds) {
          const { states, after } = passOver(iam, round)
          for (const state of states) {
            assert.deepEqual(othersOf(state), theirs)
            assertOwned(state)
          }
          iam = after
          assert.deepEqual(passOver(iam, round).steps, [])
        }
      }),
    )
  })

  it('cut off anywhere, the next pass ends where the first one would have ended', () => {
    fc.assert(
      fc.property(strangers, people, people, (start, before, now) => {
        const { states, after } = passOver(passOver(start, before).after, now)
        for (const state of states) assert.deepEqual(meaningOf(passOver(state, now).after), meaningOf(after))
      }),
    )
  })

  it('cut off anywhere, when all leave then the role is exactly as it was found', () => {
    fc.assert(
      fc.property(strangers, people, people, (start, before, now) => {
        const { states, after } = passOver(passOver(start, before).after, now)
        for (const state of [...states, after])
          assert.deepEqual(passOver(state, everybody('Leaves')).after, start)
      }),
    )
  })
})

/** Tags, and each statement with its resources in no order. */
function meaningOf({ role }: SimulatedIam): unknown {
  const statements = statementsIn(role?.inline[POLICY] ?? '{"Statement":[]}')
  const sorted = statements
    .map(({ Sid, Resource }) => JSON.stringify([Sid, [Resource].flat().map(String).sort()]))
    .sort()
  return { tags: role?.tags, sorted }
}

const wants = (name: string, ...buckets: string[]): Asking => ({ name, buckets, stance: 'Wants' })

describe('in somebody else’s role', () => {
  it('two integrations share one policy by resource, and one that leaves takes its own along', () => {
    const both = passOver(host(), [wants('one', 'clips'), wants('two', 'logs', 'clips')]).after
    const resources = (iam: SimulatedIam) =>
      statementsIn(iam.role?.inline[POLICY] ?? '{}').map(({ Sid, Resource }) => [Sid, Resource])
    assert.deepEqual(resources(both), [
      ['Archives', ['arn:aws:s3:::clips/*', 'arn:aws:s3:::logs/*']],
      ['List', ['arn:aws:s3:::clips', 'arn:aws:s3:::logs']],
    ])
    const left = passOver(both, [{ ...wants('two'), stance: 'Leaves' }, wants('one', 'clips')]).after
    assert.deepEqual(resources(left), [
      ['Archives', ['arn:aws:s3:::clips/*']],
      ['List', ['arn:aws:s3:::clips']],
    ])
    const key = `mooring.dev/attached-${installationTag(INSTALLATION, TARGET)}${ownerTag(INSTALLATION, TARGET, 'a/one')}`
    assert.deepEqual(Object.keys(left.role?.tags ?? {}).sort(), [key, 'team'])
  })

  it('two installations keep to their own policies, and neither takes the other’s away', () => {
    const first = passOver(host(), [wants('one', 'clips')]).after
    const second = passOver(first, [wants('one', 'logs')], 'another').after
    assert.equal(Object.keys(second.role?.tags ?? {}).filter(isOurTag).length, 2)
    const left = passOver(second, everybody('Leaves')).after
    assert.deepEqual(
      statementsIn(left.role?.inline[POLICY] ?? '{}').map(({ Resource }) => Resource),
      [['arn:aws:s3:::logs/*'], ['arn:aws:s3:::logs']],
    )
    assert.deepEqual(passOver(left, everybody('Leaves'), 'another').after, host())
  })

  it('a statement that somebody adds to Mooring’s policy stays when the others go', () => {
    const { after } = passOver(host(), [wants('one', 'clips')])
    const theirs = {
      Sid: 'Theirs',
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::theirs/*',
    }
    const text = after.role?.inline[POLICY] ?? ''
    const statements = [...statementsIn(text), theirs]
    const step = {
      do: 'PutRolePolicy',
      policy: POLICY,
      document: JSON.stringify({ Statement: statements }),
    } as const
    const left = passOver(carryOut(after, step), everybody('Leaves')).after
    assert.deepEqual(
      statementsIn(left.role?.inline[POLICY] ?? '{}').map(({ Sid }) => Sid),
      ['Theirs'],
    )
    assert.deepEqual(othersOf(left), othersOf(host()))
  })

  const refusals: readonly (readonly [string, SimulatedIam, readonly [string, RegExp]])[] = [
    [
      'is asked for while it does not exist',
      { policies: {} },
      ['RoleNotFound', /role DatadogIntegrationRole does not exist/],
    ],
    [
      'has a policy of that name that somebody made',
      host({ inline: { [POLICY]: SIMPLE } }),
      ['Conflict', /inline policy "mooring-archive" that Mooring did not make/],
    ],
    [
      'has one of that name in capitals',
      host({ inline: { 'Mooring-Archive': SIMPLE } }),
      ['Conflict', /inline policy "Mooring-Archive"/],
    ],
    [
      'has a policy of that name that is no JSON',
      host({ inline: { [POLICY]: 'no policy' } }),
      ['Conflict', /did not make/],
    ],
    [
      'has no room for it',
      host({ inline: { Big: JSON.stringify({ Statement: [], x: 'x'.repeat(10_000) }) } }),
      ['PolicyTooLarge', /of at most 10240 characters, 100\d\d of them in policies of others/],
    ],
    [
      'was made by Mooring',
      host({ tags: { 'mooring.dev/installation': '0123abcd' } }),
      ['Conflict', /Mooring itself made role/],
    ],
    [
      'has no tag left',
      host({ tags: Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`t${n}`, ''])) }),
      ['TooManyRules', /tags/],
    ],
  ]
  for (const [name, iam, [reason, detail]] of refusals)
    it(`nothing is written where it ${name}`, () => {
      const { refused, steps } = passOver(iam, [wants('one', 'clips')])
      assert.equal(refused.get('a/one')?.reason, reason)
      assert.match(refused.get('a/one')?.detail ?? '', detail)
      assert.deepEqual(steps, [])
    })

  it('somebody who leaves a role that is gone has left', () => {
    assert.deepEqual(planOf({ policies: {} }, everybody('Leaves')).documents[0]?.changes, [])
  })
})

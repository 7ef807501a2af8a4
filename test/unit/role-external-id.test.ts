import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { markOf } from '../../src/plan/mark.ts'
import { INSTALLATION } from './arbitraries.ts'
import { type Asking, anAsking, askings, happenings, ROLE_TARGET, start } from './role-arbitraries.ts'
import { all, FRESH, type Pass, passOver } from './role-pass.ts'
import { told } from './role-story.ts'
import { EMPTY_IAM, type SimulatedIam, statementsIn } from './simulated-iam.ts'

/** External IDs that let the vendor in. */
function idsIn({ role }: SimulatedIam): string[] {
  const ours = statementsIn(role?.trust ?? '{}').filter(({ Sid }) => Sid === 'MooringVendor')
  return ours.map(
    ({ Condition }) => JSON.stringify(Condition).match(/"sts:ExternalId":"([^"]*)"/)?.[1] ?? 'none',
  )
}

const generatedFor = ({ role }: SimulatedIam): string | undefined => role?.tags['mooring.dev/external-id']

/** The owner's entry for the trust is in the document after the pass. */
function hasTrust({ plan }: Pass, owner: string): boolean {
  const mark = markOf(INSTALLATION, ROLE_TARGET, owner, 'trust/MooringVendor')
  return plan.after.entries.some((entry) => (entry as { readonly mark?: string }).mark === mark)
}

/** Who is refused is told who has the trust; who is not has exactly the ID that it wants. */
function assertHonest(pass: Pass, people: readonly Asking[]): void {
  const [id, ...others] = idsIn(pass.after)
  assert.deepEqual(others, [], 'two external IDs')
  for (const { name, externalId } of people.filter(({ stance }) => stance === 'Wants')) {
    const refusal = pass.target.refused.get(`perception/${name}`)
    if (refusal === undefined)
      assert.equal(id, externalId === 'Generated' ? generatedFor(pass.after) : externalId)
    const winner = /^StorageIntegration (\S+) has the role trust/.exec(refusal?.detail ?? '')?.[1]
    if (winner !== undefined) assert.ok(hasTrust(pass, winner), `${winner} has no part in the trust`)
  }
}

describe('the external ID of a role that several integrations share', () => {
  it('is one, whatever they ask for and in whatever order; who does not get it is told who has it', () => {
    fc.assert(
      fc.property(fc.record({ iam: start, list: happenings }), askings, (past, people) => {
        const pass = passOver(told(past).iam, people)
        for (const state of pass.states) assert.ok(idsIn(state).length <= 1)
        assertHonest(pass, people)
      }),
    )
  })

  const one = anAsking({ name: 'one', externalId: 'Generated' })
  const two = anAsking({ name: 'two', externalId: 'Generated', buckets: ['maps'] })
  const given = anAsking({ name: 'three', externalId: 'id-0001' })
  const made = passOver(EMPTY_IAM, [one]).after

  it('that Mooring makes is the same for all that join later', () => {
    const { after } = passOver(made, [one, two], 'another')
    assert.deepEqual([idsIn(after), generatedFor(after)], [[FRESH], FRESH])
  })

  it('that Mooring made survives the one for whom it was made', () => {
    const both = passOver(made, [one, two], 'another').after
    const { after } = passOver(both, [{ ...one, stance: 'Leaves' }, two], 'a third')
    assert.deepEqual([idsIn(after), generatedFor(after)], [[FRESH], FRESH])
  })

  it('that Mooring made goes over to one that joins while the other leaves', () => {
    const { after } = passOver(made, [{ ...one, stance: 'Leaves' }, two], 'another')
    assert.deepEqual([idsIn(after), generatedFor(after)], [[FRESH], FRESH])
  })

  it('that Mooring made is put back when somebody changes the trust', () => {
    const { role } = made
    assert.ok(role)
    const spoilt = { ...made, role: { ...role, trust: role.trust.replaceAll(FRESH, 'evil') } }
    const { after } = passOver(spoilt, [one], 'another')
    assert.deepEqual([idsIn(after), generatedFor(after)], [[FRESH], FRESH])
  })

  it('that is no external ID, in a tag that somebody changed, is made anew', () => {
    const { role } = made
    assert.ok(role)
    const trust = role.trust.replaceAll(FRESH, 'evil')
    const tags = { ...role.tags, 'mooring.dev/external-id': '' }
    const { after } = passOver({ ...made, role: { ...role, trust, tags } }, [one], 'another')
    assert.deepEqual([idsIn(after), generatedFor(after)], [['another'], 'another'])
  })

  const refusals: readonly (readonly [
    string,
    SimulatedIam,
    readonly Asking[],
    readonly (string | undefined)[],
  ])[] = [
    [
      'of two new ones that differ, the older has it',
      EMPTY_IAM,
      [given, one],
      [undefined, 'perception/three'],
    ],
    ['who has it keeps it, be it the younger', made, [given, one], ['perception/one', undefined]],
    [
      'who changed it waits for the one who did not',
      passOver(made, [one, two]).after,
      [{ ...one, externalId: 'id-0009' }, two],
      ['perception/two', undefined],
    ],
    [
      'one that is kept out of the pass has it',
      made,
      [{ ...one, stance: 'Keeps' }, given],
      [undefined, 'perception/one'],
    ],
    ['an orphan has it, and is told without a name', made, [given], ['somebody else']],
    ['changed by all alike is changed', made, [{ ...one, externalId: 'id-0009' }], [undefined]],
    ['of one that leaves is free', made, [{ ...one, stance: 'Leaves' }, given], [undefined, undefined]],
  ]
  for (const [name, iam, people, expected] of refusals) {
    it(name, () => {
      const { target } = passOver(iam, people)
      const told = people.map((person) => target.refused.get(`perception/${person.name}`)?.detail)
      const winners = told.map((detail) =>
        /^(?:StorageIntegration (\S+)|(somebody else)) has the role/.exec(detail ?? ''),
      )
      assert.deepEqual(
        winners.map((match) => match?.[1] ?? match?.[2]),
        expected,
      )
    })
  }

  it('is nobody’s once all have left: the next role has a new one', () => {
    const { after } = passOver(made, all([one], 'Leaves'))
    assert.equal(after.role, undefined)
    assert.deepEqual(idsIn(passOver(after, [one], 'another').after), ['another'])
  })
})

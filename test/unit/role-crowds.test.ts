/** Roles near the limits of IAM: many integrations, many parts, large policies. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Asking, anAsking } from './role-arbitraries.ts'
import { all, passOver } from './role-pass.ts'
import { assertSound, assertVacated, settled, wholeOf } from './role-story.ts'
import { EMPTY_IAM, type SimulatedIam } from './simulated-iam.ts'

const NOBODY: ReadonlySet<string> = new Set()
const crowd = (names: readonly number[], parts: Partial<Asking> = {}): Asking[] =>
  names.map((n) => anAsking({ name: `n${n}`, buckets: [`bucket-${n}`], ...parts }))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A pass that IAM carries out whole, every state of it sound, and from every cut on to the same end. */
function assertPasses(iam: SimulatedIam, people: readonly Asking[]): SimulatedIam {
  const pass = passOver(iam, people)
  assertSound(pass, NOBODY)
  const end = wholeOf(settled(iam, people))
  for (const state of pass.states) assert.deepEqual(wholeOf(settled(state, people)), end)
  return pass.after
}

describe('a role with as many integrations as IAM has tags', () => {
  const full = passOver(EMPTY_IAM, crowd(upTo(60))).after
  const inside = Object.keys(full.role?.tags ?? {}).filter((key) => /[0-9a-f]{16}$/.test(key)).length

  it('takes as many as leave one tag free, the older first, and tells the others', () => {
    const { target } = passOver(full, crowd(upTo(60)))
    assert.equal(inside, 48)
    assert.deepEqual(
      [...target.refused.keys()],
      upTo(60)
        .slice(48)
        .map((n) => `perception/n${n}`),
    )
    assert.match(target.refused.get('perception/n59')?.detail ?? '', /50 of at most 49 tags/)
  })

  it('lets one in as soon as one leaves', () => {
    const people = [...all(crowd([0]), 'Leaves'), ...crowd(upTo(60).slice(1))]
    assert.equal(passOver(full, people).target.refused.has('perception/n48'), false)
    assertPasses(full, people)
  })

  it('changes them all for others in one pass', () => {
    assertPasses(full, [...all(crowd(upTo(48)), 'Leaves'), ...crowd(upTo(96).slice(48))])
  })

  it('still serves them when a stranger takes the last tag', () => {
    assert.ok(full.role)
    const role = { ...full.role, description: 'mine', tags: { ...full.role.tags, team: 'theirs' } }
    const { target, after } = passOver({ ...full, role }, crowd(upTo(48)))
    assert.equal(target.refused.size, 0)
    assert.equal(after.role?.description, 'For the vendor, 1')
  })

  it('is changed in any way, cut off anywhere', () => {
    const some = fc.uniqueArray(fc.nat(70), { minLength: 30, maxLength: 70, size: 'max' })
    fc.assert(
      fc.property(some, some, fc.nat(20), (first, second, cut) => {
        const before = passOver(EMPTY_IAM, crowd(first)).after
        const gone = first.filter((n) => !second.includes(n))
        const people = [...all(crowd(gone), 'Leaves'), ...crowd(second)]
        const pass = passOver(before, people)
        assertSound(pass, NOBODY)
        const state = pass.states[cut] ?? pass.after
        const end = settled(state, people)
        assertVacated(settled(end, all(people, 'Leaves')), NOBODY)
      }),
      { numRuns: 10 },
    )
  })
})

describe('an integration with as many parts as a tag has room for', () => {
  const buckets = (from: number, count = 12) => upTo(count).map((n) => `bucket-${from + n}`)
  const before = passOver(EMPTY_IAM, [anAsking({ buckets: buckets(0) }), anAsking({ name: 'two' })]).after

  it('is refused with more', () => {
    const { target } = passOver(EMPTY_IAM, [anAsking({ buckets: buckets(0, 13) })])
    assert.match(
      target.refused.get('perception/one')?.detail ?? '',
      /a tag of 260 of at most 256 characters, nine for each part/,
    )
  })

  it('can change them all for others', () => {
    assertPasses(before, [anAsking({ buckets: buckets(50) }), anAsking({ name: 'two' })])
  })

  it('can change them all although it is alone', () => {
    assertPasses(passOver(EMPTY_IAM, [anAsking({ buckets: buckets(0) })]).after, [
      anAsking({ buckets: buckets(50) }),
    ])
  })
})

describe('inline policies of a role that fill what IAM allows', () => {
  // 8 KB of buckets: a second policy beside it would be too much
  const large = crowd(upTo(40)).map((person) => ({
    ...person,
    buckets: [`${person.name}-${'x'.repeat(60)}`],
  }))
  const before = passOver(EMPTY_IAM, large).after

  it('are renamed with what goes before what comes', () => {
    const sizes = Object.values(before.role?.inline ?? {}).map(({ length }) => length)
    assert.ok(Math.max(...sizes) > 5_120, 'two of them do not fit')
    assertPasses(
      before,
      large.map((person): Asking => ({ ...person, revision: 2 })),
    )
  })

  it('are refused to the younger with what they would be', () => {
    const more = crowd(upTo(48).slice(40)).map((person) => ({
      ...person,
      buckets: [`${person.name}-${'x'.repeat(300)}`],
    }))
    const { target } = passOver(before, [...large, ...more])
    assert.match(
      [...target.refused.values()][0]?.detail ?? '',
      /inline policies of 10\d{3} of at most 10240 characters/,
    )
  })
})

describe('managed policies of a role that fill what IAM allows', () => {
  it('are exchanged with what goes before what comes', () => {
    const { after } = passOver(EMPTY_IAM, [anAsking({ managed: true })])
    assert.ok(after.role)
    const theirs = upTo(9).map((n) => `arn:aws:iam::aws:policy/Theirs${n}`)
    const full = { ...after, role: { ...after.role, attached: [...after.role.attached, ...theirs] } }
    const end = passOver(full, [anAsking({ customer: true })]).after
    assert.deepEqual(
      end.role?.attached.filter((arn) => !theirs.includes(arn)),
      ['arn:aws:iam::123456789012:policy/VendorAccess'],
    )
  })
})

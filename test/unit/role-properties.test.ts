import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Asking, askings, type Happening, happenings, OURS, start } from './role-arbitraries.ts'
import { all, type Pass, passOver } from './role-pass.ts'
import { afterAct } from './role-strangers.ts'
import { ACCOUNT, assertSubset, contentsOf, type SimulatedIam } from './simulated-iam.ts'

/** What happened so far, and what of it is strangers'. */
interface Story {
  readonly iam: SimulatedIam
  /** Pieces that strangers put there; see contentsOf. */
  readonly theirs: ReadonlySet<string>
  /** Everybody who ever took part, as they were last. */
  readonly people: readonly Asking[]
}

function opening(iam: SimulatedIam): Story {
  return { iam, theirs: contentsOf(iam), people: [] }
}

function next(story: Story, event: Happening, fresh?: string): Story {
  if ('people' in event) {
    const pass = passOver(story.iam, event.people, fresh)
    assertSound(pass, story.theirs)
    return { ...story, iam: pass.after, people: merged(story.people, event.people) }
  }
  const { iam, adds } = afterAct(story.iam, event.act)
  const before = contentsOf(story.iam)
  const added = adds ? [...contentsOf(iam)].filter((piece) => !before.has(piece)) : []
  // who puts something into a policy of ours needs it attached
  if (added.some((piece) => piece.startsWith('managed /VendorAccess')) && before.has(OWN_ATTACHMENT))
    added.push(OWN_ATTACHMENT)
  return { ...story, iam, theirs: new Set([...story.theirs, ...added]) }
}

const OWN_ATTACHMENT = `attached arn:aws:iam::${ACCOUNT}:policy/VendorAccess`

function merged(before: readonly Asking[], now: readonly Asking[]): Asking[] {
  const others = before.filter(({ name }) => !now.some((person) => person.name === name))
  return [...others, ...now]
}

/** What must hold after every request of a pass. */
function assertSound({ before, states, after }: Pass, theirs: ReadonlySet<string>): void {
  const allowed = new Set([...contentsOf(before), ...contentsOf(after)])
  for (const state of states) {
    const now = contentsOf(state)
    assertSubset(theirs, now, 'a stranger’s part is gone')
    assertSubset(now, allowed, 'something is there that was neither before nor is after')
    assertNoWider(state, before, after)
    if (state.role !== undefined) assert.deepEqual(foreignTags(state), foreignTags(before))
    assert.equal(state.role?.boundary ?? before.role?.boundary, before.role?.boundary)
    assertExternalId(state, before, after)
    assert.equal(state.role?.path ?? before.role?.path, before.role?.path ?? '/')
  }
}

/** An external ID that Mooring made stays for as long as anybody is there who had it; a new one is in the tag before it is in the trust. */
function assertExternalId(state: SimulatedIam, before: SimulatedIam, after: SimulatedIam): void {
  const id = externalIdOf(before)
  const stays = ownersIn(state).some((owner) => ownersIn(before).includes(owner))
  const legal = id !== undefined && stays ? [id] : [undefined, id, externalIdOf(after)]
  assert.ok(legal.includes(externalIdOf(state)), `${externalIdOf(state)} is no external ID of ${legal}`)
}

/** Keys of the tags that speak of one integration each. */
function ownersIn({ role }: SimulatedIam): string[] {
  return Object.keys(role?.tags ?? {}).filter((key) => /^mooring\.dev\/[0-9a-f]{16}$/.test(key))
}

function externalIdOf({ role }: SimulatedIam): string | undefined {
  return role?.tags['mooring.dev/external-id']
}

function trustIn(iam: SimulatedIam): Set<string> {
  return new Set(
    [...contentsOf(iam)].filter((piece) => piece.startsWith('trust ') && !piece.includes('"Deny"')),
  )
}

function assertNoWider(state: SimulatedIam, before: SimulatedIam, after: SimulatedIam): void {
  const [now, old, end] = [trustIn(state), trustIn(before), trustIn(after)]
  const fits = [old, end].some((bound) => [...now].every((piece) => bound.has(piece)))
  assert.ok(fits, 'the trust is wider than before and after')
}

function foreignTags({ role }: SimulatedIam): Record<string, string> {
  return Object.fromEntries(
    Object.entries(role?.tags ?? {}).filter(([key]) => !key.startsWith('mooring.dev/')),
  )
}

/** A role without any integration: gone, or with exactly what strangers put there, and no tag of an integration. */
function assertVacated(iam: SimulatedIam, theirs: ReadonlySet<string>): void {
  const left = [...contentsOf(iam)].filter((piece) => !piece.includes('MooringClosed'))
  assert.deepEqual(left.sort(), [...theirs].sort())
  const ours = Object.keys(iam.role?.tags ?? {}).filter((key) => key.startsWith('mooring.dev/'))
  // a role that was handed over, and that nobody ever wanted anything of, keeps the tag that hands it over
  assert.deepEqual(
    ours.filter((key) => key !== 'mooring.dev/installation'),
    [],
  )
}

const isOurs = ({ role }: SimulatedIam): boolean => role?.tags['mooring.dev/installation'] === OURS

const story = fc.tuple(start, happenings).map(([iam, list]) => ({ iam, list }))

const told = ({ iam, list }: { readonly iam: SimulatedIam; readonly list: readonly Happening[] }): Story =>
  list.reduce<Story>((now, happening, n) => next(now, happening, `fresh-${n}`), opening(iam))

/** Passes until nothing is left to do. */
function settled(iam: SimulatedIam, people: readonly Asking[]): SimulatedIam {
  const first = passOver(iam, people).after
  assert.deepEqual(passOver(first, people).plan.changes, [])
  return first
}

/** What there is, whatever the order; tags and settings, too. */
function wholeOf(iam: SimulatedIam): unknown {
  const { tags = {}, trust: _, inline: __, attached: ___, ...settings } = iam.role ?? {}
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))
  return { contents: [...contentsOf(iam)].sort(), tags: sorted, settings }
}

describe('an IAM role, for any strangers and any integrations', () => {
  it('foreign in = foreign out, after every single request', () => {
    fc.assert(
      fc.property(story, (past) => {
        told(past)
      }),
    )
  })

  it('plan(apply(plan)) is empty: a second pass has nothing to do', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        settled(told(past).iam, people)
      }),
    )
  })

  it('the last one leaves: the role is gone, or closed with exactly the strangers’ parts and tags', () => {
    fc.assert(
      fc.property(story, (past) => {
        const before = told(past)
        if (!isOurs(before.iam)) return
        assertVacated(settled(before.iam, all(before.people, 'Leaves')), before.theirs)
      }),
    )
  })

  it('cut off anywhere, the next pass ends where the first one would have ended', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        const before = told(past)
        const end = wholeOf(settled(before.iam, people))
        for (const state of passOver(before.iam, people).states)
          assert.deepEqual(wholeOf(settled(state, people)), end)
      }),
    )
  })

  it('cut off anywhere, when all leave right then nothing of ours is left', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        const before = told(past)
        const everybody = all(merged(before.people, people), 'Leaves')
        for (const state of passOver(before.iam, people).states.filter(isOurs))
          assertVacated(settled(state, everybody), before.theirs)
      }),
    )
  })

  it('cut off anywhere, when one leaves right then it is as if it had left before or after', () => {
    fc.assert(
      fc.property(story, askings, fc.nat(3), (past, people, which) => {
        const { iam } = told(past)
        const { states, after } = passOver(iam, people)
        const without = people.map((person, n) => (n === which ? leaving(person) : person))
        const ends = [iam, after].map((state) => JSON.stringify(wholeOf(settled(state, without))))
        for (const state of states) assert.ok(ends.includes(JSON.stringify(wholeOf(settled(state, without)))))
      }),
    )
  })
})

const leaving = (person: Asking): Asking => ({ ...person, stance: 'Leaves' })

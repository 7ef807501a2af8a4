/** Stories of a simulated role: what happened to it, what of it is strangers', and what must hold after every request. */
import assert from 'node:assert/strict'
import { type Asking, type Happening, OURS } from './role-arbitraries.ts'
import { type Pass, passOver } from './role-pass.ts'
import { afterAct } from './role-strangers.ts'
import { ACCOUNT, assertSubset, contentsOf, type SimulatedIam } from './simulated-iam.ts'

/** What happened so far, and what of it is strangers'. */
export interface Story {
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

export function merged(before: readonly Asking[], now: readonly Asking[]): Asking[] {
  const others = before.filter(({ name }) => !now.some((person) => person.name === name))
  return [...others, ...now]
}

/** What must hold after every request of a pass. */
export function assertSound({ before, states, after }: Pass, theirs: ReadonlySet<string>): void {
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
export function assertVacated(iam: SimulatedIam, theirs: ReadonlySet<string>): void {
  const left = [...contentsOf(iam)].filter((piece) => !piece.includes('MooringClosed'))
  assert.deepEqual(left.sort(), [...theirs].sort())
  const ours = Object.keys(iam.role?.tags ?? {}).filter((key) => key.startsWith('mooring.dev/'))
  // a role that was handed over, and that nobody ever wanted anything of, keeps the tag that hands it over
  assert.deepEqual(
    ours.filter((key) => key !== 'mooring.dev/installation'),
    [],
  )
}

export const isOurs = ({ role }: SimulatedIam): boolean => role?.tags['mooring.dev/installation'] === OURS

/** A start, and what happens then. */
export interface Past {
  readonly iam: SimulatedIam
  readonly list: readonly Happening[]
}

export const told = ({ iam, list }: Past): Story =>
  list.reduce<Story>((now, happening, n) => next(now, happening, `fresh-${n}`), opening(iam))

/** Passes until nothing is left to do. */
export function settled(iam: SimulatedIam, people: readonly Asking[]): SimulatedIam {
  const first = passOver(iam, people).after
  assert.deepEqual(passOver(first, people).plan.changes, [])
  return first
}

/** What there is, whatever the order; tags and settings, too. */
export function wholeOf(iam: SimulatedIam): unknown {
  const { tags = {}, trust: _, inline: __, attached: ___, ...settings } = iam.role ?? {}
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))
  return { contents: [...contentsOf(iam)].sort(), tags: sorted, settings }
}

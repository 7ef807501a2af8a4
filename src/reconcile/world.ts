import type { Target } from '../clouds/cloud.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Resolution } from '../vendors/resolve.ts'
import { combined } from './combined-report.ts'
import { inOrderOfLeaving, isAsking, keeping, type Party, partiesOf } from './party.ts'
import { type OwnerReport, questionOf, type TargetReport } from './target-report.ts'

/**
 * What the passes know between them: what every integration asks of every target, and the newest report of every
 * target. It can be lost at any time (a restart) and is made again from the cluster and the clouds; it is never
 * the proof that an entry is ours.
 */
export class World {
  /** By owner, then by target. */
  readonly #parties = new Map<string, ReadonlyMap<string, Party>>()
  /** By target. */
  readonly #owners = new Map<string, Set<string>>()
  /** Targets that somebody is at, by the cloud's own name: at another address the same name may be another bucket. */
  readonly #keysOf = new Map<string, Set<string>>()
  readonly #reports = new Map<string, TargetReport>()
  /** By owner; kept while its questions change, so that what follows from them does not go back and forth. */
  readonly #facts = new Map<string, Readonly<Record<string, string>>>()
  /** By target: the last who went and left entries there, so that these are looked for and counted as orphans. */
  readonly #ghosts = new Map<string, Party>()

  /**
   * Takes a resolution; returns the targets that must be looked at because of it. Where it asks for something else than
   * before, what was reported of it is forgotten: an answer is never older than its question. An object that another one
   * of its name has replaced has left where the other one is not, also when nobody saw it go.
   */
  resolve(resolution: Resolution): string[] {
    const { owner } = resolution
    const before = this.#parties.get(owner) ?? new Map<string, Party>()
    const after = new Map(this.#partiesNow(resolution, before).map((party) => [party.target.key, party]))
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (key) => !sameQuestion(before.get(key), after.get(key)),
    )
    const former = [...before.values()].filter(({ uid }) => uid !== resolution.uid)
    for (const party of former) if (!after.has(party.target.key)) this.#haunt(party)
    if (former.length > 0) this.#facts.delete(owner)
    this.#parties.set(owner, after)
    for (const key of changed)
      this.#attend((after.get(key) ?? before.get(key))?.target, owner, after.has(key))
    return changed
  }

  /** Drops an integration that is gone; returns the targets that it had. */
  forget(owner: string): string[] {
    const parties = [...(this.#parties.get(owner)?.values() ?? [])]
    for (const party of parties) this.#haunt(party)
    this.#parties.delete(owner)
    this.#facts.delete(owner)
    for (const { target } of parties) this.#attend(target, owner, false)
    return parties.map(({ target }) => target.key)
  }

  /** The integrations at a target, the oldest first (then by name): where room is scarce, the older has it. */
  at(target: string): Party[] {
    const owners = [...(this.#owners.get(target) ?? [])]
    return owners
      .flatMap((owner) => this.#parties.get(owner)?.get(target) ?? [])
      .sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.owner, b.owner))
  }

  /**
   * Integrations that name the same bucket by another address (another store of that name, or the same one under another
   * spelling): their entries, if they are here, are nobody's to judge.
   */
  namesakesOf({ key, name }: Target): Party[] {
    const others = [...(this.#keysOf.get(name) ?? [])].filter((other) => other !== key)
    return others.flatMap((other) => this.at(other)).map(keeping)
  }

  /** Who left entries at a target, if nobody has looked for them since without finding any. */
  ghostAt(target: string): Party | undefined {
    return this.#ghosts.get(target)
  }

  /** A CloudAccount with which a target is reached; undefined where nobody has one. */
  accountAt(target: string): string | undefined {
    for (const owner of this.#owners.get(target) ?? []) {
      const account = this.#parties.get(owner)?.get(target)?.account
      if (account !== undefined) return account
    }
    return this.#ghosts.get(target)?.account
  }

  /** Targets that integrations of this CloudAccount ask for, or left entries at. */
  targetsOf(account: string): string[] {
    const here = [...this.#all(), ...this.#ghosts.values()].filter((party) => party.account === account)
    return [...new Set(here.map(({ target }) => target.key))]
  }

  /** Takes a target's report; returns the owners and the accounts for whom it says something new. */
  publish(target: string, report: TargetReport): { readonly owners: string[]; readonly accounts: string[] } {
    const before = this.#reports.get(target)
    const { orphans } = report
    for (const [owner, { facts }] of report.owners)
      this.#facts.set(owner, { ...this.#facts.get(owner), ...facts })
    if (orphans.size > 0 && [...orphans.values()].every((marks) => marks.length === 0))
      this.#ghosts.delete(target)
    if (this.#owners.has(target) || this.#ghosts.has(target)) this.#reports.set(target, report)
    else this.#reports.delete(target)
    return {
      owners: newsIn(before?.owners, report.owners),
      accounts: newsIn(before?.orphans, report.orphans),
    }
  }

  reportOf(target: string): TargetReport | undefined {
    return this.#reports.get(target)
  }

  /** The answer of all its targets to exactly this resolution; undefined until each has answered. */
  answerTo(resolution: Resolution): OwnerReport | undefined {
    const targets = this.#parties.get(resolution.owner)
    if (targets === undefined || targets.size === 0) return undefined
    const answers = [...targets.values()].map((party) => this.#answerTo(party))
    const known = answers.filter((answer) => answer !== undefined)
    return known.length === answers.length ? combined(known) : undefined
  }

  /** What the clouds told last of everything that the owner asks for. */
  factsOf(owner: string): Readonly<Record<string, string>> {
    return this.#facts.get(owner) ?? {}
  }

  /** True when the last look found everything in place that the owner asks for now; what is missing then is drift. */
  wasInPlace(target: string, owner: string): boolean {
    const party = this.#parties.get(owner)?.get(target)
    const last = party === undefined ? undefined : this.#answerTo(party)
    return (
      last !== undefined &&
      last.documents.length > 0 &&
      last.documents.every(({ state }) => state !== 'Missing')
    )
  }

  /** True when the last look found nothing of this owner, who was leaving then and leaves now. */
  wasGone(target: string, owner: string): boolean {
    const party = this.#parties.get(owner)?.get(target)
    return party?.stance === 'Leaves' && this.#isGone(party)
  }

  /**
   * Orphans seen with this CloudAccount's credentials, as `target: mark`; undefined until every target that is looked at
   * was looked at (where all integrations only keep what they have, nobody looks).
   */
  orphansOf(account: string): string[] | undefined {
    const seen = this.targetsOf(account).map((target) => ({
      target,
      marks: this.#reports.get(target)?.orphans.get(account),
    }))
    if (seen.some(({ target, marks }) => marks === undefined && this.#isLookedAt(target, account)))
      return undefined
    return seen.flatMap(({ target, marks = [] }) => marks.map((mark) => `${target}: ${mark}`)).sort()
  }

  /** Notes that somebody went without a word, unless nothing of theirs is left. */
  #haunt(party: Party): void {
    const { key } = party.target
    const orphans = [...(this.#reports.get(key)?.orphans.values() ?? [])].flat()
    if (this.#answerTo(party)?.present !== false || orphans.length > 0) this.#ghosts.set(key, party)
  }

  #isLookedAt(target: string, account: string): boolean {
    const asking = this.at(target).filter(isAsking)
    return asking.some((party) => party.account === account) || this.#ghosts.get(target)?.account === account
  }

  #all(): Party[] {
    return [...this.#parties.values()].flatMap((targets) => [...targets.values()])
  }

  #isGone(party: Party): boolean {
    const last = this.#answerTo(party)
    return last !== undefined && last.fault === undefined && !last.present
  }

  #answerTo(party: Party): OwnerReport | undefined {
    if (party.waits === true) return waiting(party)
    const report = this.#reports.get(party.target.key)?.owners.get(party.owner)
    return report?.question === questionOf(party) ? report : undefined
  }

  /** An integration whose account is gone still has its entries where it last was; there it keeps them. */
  #partiesNow(resolution: Resolution, before: ReadonlyMap<string, Party>): Party[] {
    const { claims, uid, stance } = resolution
    const last = [...before.values()].filter((party) => party.uid === uid)
    if (claims.length > 0 || stance === 'Wants')
      return [...inOrderOfLeaving(partiesOf(resolution), (party) => this.#isGone(party))]
    return last.map((party) => ({ ...keeping(party), account: undefined }))
  }

  /** Notes whether an owner is at a target, and drops what was reported of it there. */
  #attend(target: Target | undefined, owner: string, present: boolean): void {
    if (target === undefined) return
    const { key, name } = target
    this.#reports.get(key)?.owners.delete(owner)
    const owners = this.#owners.get(key) ?? new Set()
    if (present) owners.add(owner)
    else owners.delete(owner)
    const keys = this.#keysOf.get(name) ?? new Set()
    if (owners.size > 0) {
      this.#owners.set(key, owners)
      this.#keysOf.set(name, keys.add(key))
      return
    }
    this.#owners.delete(key)
    keys.delete(key)
    if (keys.size === 0) this.#keysOf.delete(name)
    if (!this.#ghosts.has(key)) this.#reports.delete(key)
  }
}

/** Nobody looks for one that waits; what it has is there. */
function waiting(party: Party): OwnerReport {
  const nothing = { documents: [], pending: [], checks: [], facts: {}, settling: false }
  return { question: questionOf(party), ...nothing, present: true }
}

function sameQuestion(a: Party | undefined, b: Party | undefined): boolean {
  return a !== undefined && b !== undefined && questionOf(a) === questionOf(b)
}

/** Keys whose value is new or has changed. */
function newsIn(
  before: ReadonlyMap<string, unknown> | undefined,
  after: ReadonlyMap<string, unknown>,
): string[] {
  const changed = [...after].filter(
    ([key, value]) => canonicalJson(before?.get(key)) !== canonicalJson(value),
  )
  return changed.map(([key]) => key)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

import { canonicalJson } from '../plan/json.ts'
import type { Resolution } from '../vendors/resolve.ts'
import { type OwnerReport, questionOf, type TargetReport } from './target-report.ts'

/**
 * What the passes know between them: the newest resolution of every integration, and the newest report of every
 * target. It can be lost at any time (a restart) and is made again from the cluster and the clouds; it is never
 * the proof that an entry is ours.
 */
export class World {
  readonly #resolutions = new Map<string, Resolution>()
  readonly #owners = new Map<string, Set<string>>()
  readonly #reports = new Map<string, TargetReport>()

  /** Takes a resolution; returns the targets that must be looked at because of it. */
  resolve(resolution: Resolution): string[] {
    const { owner } = resolution
    const before = this.#resolutions.get(owner)
    const target = resolution.target ?? lastTarget(before, resolution)
    const moved = before?.target !== undefined && before.target.key !== target?.key ? [before.target.key] : []
    if (moved.length > 0) this.forget(owner)
    this.#resolutions.set(owner, { ...resolution, target })
    if (target === undefined) return moved
    this.#ownersAt(target.key).add(owner)
    const asked = before !== undefined && questionOf(before) === questionOf(resolution)
    return asked ? moved : [...moved, target.key]
  }

  /** Drops an integration that is gone; returns the target that it had, if any. */
  forget(owner: string): string | undefined {
    const target = this.#resolutions.get(owner)?.target
    this.#resolutions.delete(owner)
    if (target === undefined) return undefined
    const owners = this.#ownersAt(target.key)
    owners.delete(owner)
    if (owners.size === 0) {
      this.#owners.delete(target.key)
      this.#reports.delete(target.key)
    }
    return target.key
  }

  /** The integrations at a target, the oldest first (then by name): where room is scarce, the older has it. */
  at(target: string): Resolution[] {
    const owners = [...(this.#owners.get(target) ?? [])]
    return owners
      .flatMap((owner) => this.#resolutions.get(owner) ?? [])
      .sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.owner, b.owner))
  }

  /** Targets that integrations of this CloudAccount ask for. */
  targetsOf(account: string): string[] {
    const keys = [...this.#resolutions.values()].flatMap((r) =>
      r.account === account && r.target ? [r.target.key] : [],
    )
    return [...new Set(keys)]
  }

  /** Takes a target's report; returns the owners and the accounts for whom it says something new. */
  publish(target: string, report: TargetReport): { readonly owners: string[]; readonly accounts: string[] } {
    const before = this.#reports.get(target)
    if (this.#owners.has(target)) this.#reports.set(target, report)
    return {
      owners: newsIn(before?.owners, report.owners),
      accounts: newsIn(before?.orphans, report.orphans),
    }
  }

  reportOf(target: string): TargetReport | undefined {
    return this.#reports.get(target)
  }

  /** The report that answers exactly this resolution, if there is one yet. */
  answerTo(resolution: Resolution): OwnerReport | undefined {
    const { target, owner } = resolution
    const report = target === undefined ? undefined : this.#reports.get(target.key)?.owners.get(owner)
    return report?.question === questionOf(resolution) ? report : undefined
  }

  /** True when the last look found everything in place that the owner asks for now; what is missing then is drift. */
  wasInPlace(target: string, owner: string): boolean {
    const last = this.#reports.get(target)?.owners.get(owner)
    const resolution = this.#resolutions.get(owner)
    if (last === undefined || resolution === undefined) return false
    const whole = last.documents.length > 0 && last.documents.every(({ state }) => state !== 'Missing')
    return whole && questionOf(resolution) === last.question
  }

  /** Orphans seen with this CloudAccount's credentials, as `target: mark`; undefined until every target was looked at. */
  orphansOf(account: string): string[] | undefined {
    const reports = this.targetsOf(account).map(
      (target) => [target, this.#reports.get(target)?.orphans.get(account)] as const,
    )
    if (reports.some(([, marks]) => marks === undefined)) return undefined
    return reports.flatMap(([target, marks = []]) => marks.map((mark) => `${target}: ${mark}`)).sort()
  }

  #ownersAt(target: string): Set<string> {
    const owners = this.#owners.get(target) ?? new Set()
    this.#owners.set(target, owners)
    return owners
  }
}

/** An integration whose account is gone still has its entries where it last was; there it keeps them. */
function lastTarget(before: Resolution | undefined, { uid }: Resolution): Resolution['target'] {
  return before?.uid === uid ? before.target : undefined
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

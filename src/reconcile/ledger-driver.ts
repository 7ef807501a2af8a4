import { type Fault, FaultError } from '../api/fault.ts'
import type { Requirement, Target, TargetDriver } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import { attributed, joinedLines, type LedgerLines, linesIn, ownLines, withProven } from '../plan/ledger.ts'
import { sealed, unsealed } from '../plan/ledger-seal.ts'
import type { DocumentPlan } from '../plan/plan-document.ts'
import type { Claimed, ObservedDocument } from '../plan/plan-target.ts'
import type { Ledgers } from './ledgers.ts'

/** What a pass needs to know of whose an entry is, where the document itself cannot say it. */
export interface LedgerScope {
  readonly ledgers: Ledgers
  readonly installation: string
  readonly target: Target
  /** Everybody at the target. Others whose ledgers speak of it count as well: their entries are orphans, and stay. */
  readonly owners: readonly string[]
}

/**
 * A driver whose documents have their marks from the owners' ledgers. Documents with marks of their own pass through.
 *
 * A write is in three steps: the ledgers get the new lines beside the old ones, the cloud is written, the ledgers are cut to
 * what is there now. A crash in between leaves a line too much, never an entry without its owner. Where the cloud says that
 * its guard did not hold, the new lines are taken back, since an equal entry may have been what somebody else just wrote.
 */
export class LedgerDriver implements TargetDriver {
  readonly #driver: TargetDriver
  readonly #scope: LedgerScope
  /** As last read. */
  readonly #seen = new Map<DocumentName, ObservedDocument>()

  constructor(driver: TargetDriver, scope: LedgerScope) {
    const { ledgers, target, owners } = scope
    this.#driver = driver
    this.#scope = { ...scope, owners: [...new Set([...owners, ...ledgers.ownersAt(target)])] }
  }

  facts: TargetDriver['facts'] = () => this.#driver.facts()
  unmet = async (requirement: Requirement, signal: AbortSignal): Promise<Fault | undefined> =>
    this.#driver.unmet?.(requirement, signal)
  probe: TargetDriver['probe'] = (probe, signal) =>
    this.#driver.probe(probe, signal, [...this.#seen.values()])

  read: TargetDriver['read'] = async (names, signal, claimed) => {
    const observed = await this.#driver.read(names, signal, claimed)
    if (!observed.some(({ kind }) => kind.ledger === true)) return observed
    const key = await this.#scope.ledgers.key(signal)
    const owned = observed.map((found) =>
      found.kind.ledger === true ? { ...found, document: this.#attributed(found, key, claimed) } : found,
    )
    for (const found of owned) this.#seen.set(found.kind.name, found)
    return owned
  }

  write: TargetDriver['write'] = async (plan, signal) => {
    if (plan.kind.ledger !== true) return this.#driver.write(plan, signal)
    const before = linesIn(plan.kind, plan.before)
    const after = linesIn(plan.kind, plan.after)
    await this.#save(plan, joinedLines(before, after), signal)
    try {
      await this.#driver.write(plan, signal)
    } catch (error) {
      if (error instanceof FaultError && error.fault.notWritten === true)
        await this.#save(plan, before, signal)
      throw error
    }
    await this.#saveIfItGoes(plan, after, signal)
  }

  /**
   * Cuts what the ledgers list and the cloud does not have, so that a stranger's later entry is not taken for ours. Not to be
   * called shortly after a write, when the cloud may not show it yet. What cannot be written now is cut at the next look.
   */
  async settle(documents: readonly ObservedDocument[], signal: AbortSignal): Promise<void> {
    for (const { kind, document } of documents) {
      if (kind.ledger === true) await this.#saveIfItGoes({ kind }, linesIn(kind, document), signal)
    }
  }

  /** A line too much is no reason to say that the cloud is not as it should be. */
  async #saveIfItGoes(
    plan: Pick<DocumentPlan, 'kind'>,
    lines: LedgerLines,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#save(plan, lines, signal)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
    }
  }

  #attributed(
    { kind, document }: ObservedDocument,
    key: string,
    claimed: readonly Claimed[] = [],
  ): ObservedDocument['document'] {
    const { owners, ledgers, target } = this.#scope
    const lines = owners.map((owner) =>
      unsealed(this.#own(ledgers.linesOf(owner, target, kind.name), owner), kind.name, key),
    )
    return withProven(kind, attributed(kind, document, lines), claimed)
  }

  /** Brings every owner's ledger to its share of these lines; only what differs is written. */
  async #save({ kind }: Pick<DocumentPlan, 'kind'>, lines: LedgerLines, signal: AbortSignal): Promise<void> {
    const { owners, ledgers, target } = this.#scope
    const key = await ledgers.key(signal)
    for (const owner of owners) {
      const wanted = sealed(this.#own(lines, owner), kind.name, key)
      const known = ledgers.linesOf(owner, target, kind.name)
      if (canonicalJson(known) !== canonicalJson(wanted))
        await ledgers.save(owner, target, kind.name, wanted, signal)
    }
  }

  #own(lines: LedgerLines, owner: string): LedgerLines {
    const { installation, target } = this.#scope
    return ownLines(lines, installation, target.name, owner)
  }
}

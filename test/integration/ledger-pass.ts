/** A pass at a target whose documents have no room for marks, with ledgers that are kept in memory. */
import type { Target, TargetDriver } from '../../src/clouds/cloud.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { attributed, joinedLines, type LedgerLines, linesIn } from '../../src/plan/ledger.ts'
import {
  type Claimed,
  claimedIn,
  type ObservedDocument,
  type Participant,
  planTarget,
  type TargetPlan,
} from '../../src/plan/plan-target.ts'

export const INSTALLATION = 'b1f1b3b2-0000-4000-8000-000000000001'

/** The integrations of one target, with what they remember. */
export class LedgerPass {
  readonly #target: Target
  readonly #names: readonly DocumentName[]
  #lines: Readonly<Partial<Record<DocumentName, LedgerLines>>> = {}

  constructor(target: Target, names: readonly DocumentName[]) {
    this.#target = target
    this.#names = names
  }

  /** Reads the documents, with the marks that the ledgers know. */
  async look(driver: TargetDriver, claimed: readonly Claimed[] = []): Promise<ObservedDocument[]> {
    const seen = await driver.read(this.#names, never, claimed)
    return seen.map(({ kind, document }) => ({
      kind,
      document: attributed(kind, document, [this.#lines[kind.name] ?? {}]),
    }))
  }

  /** What a driver is told of them. */
  claimed(participants: readonly Participant[]): Claimed[] {
    return claimedIn({ installation: INSTALLATION, target: this.#target.name, participants })
  }

  /** What would be done. */
  plan(documents: readonly ObservedDocument[], participants: readonly Participant[]): TargetPlan {
    const { name: target } = this.#target
    return planTarget({ installation: INSTALLATION, target, fresh: '', documents, participants })
  }

  /** Reads, plans and writes, each document's ledger first. */
  async run(driver: TargetDriver, participants: readonly Participant[]): Promise<TargetPlan> {
    const plan = this.plan(await this.look(driver, this.claimed(participants)), participants)
    for (const document of plan.documents.filter(({ changes }) => changes.length > 0)) {
      const { kind, before, after } = document
      const lines = linesIn(kind, after)
      this.#lines = { ...this.#lines, [kind.name]: joinedLines(linesIn(kind, before), lines) }
      await driver.write(document, never)
      this.#lines = { ...this.#lines, [kind.name]: lines }
    }
    return plan
  }
}

/** For what is not given up. */
export const never = new AbortController().signal

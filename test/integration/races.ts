/** Somebody else writes the same document while we do, again and again. */
import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultError } from '../../src/api/fault.ts'

/** So many rounds for each document in an ordinary run; thousands are a matter of patience. */
export function roundsOf(usual: number): number {
  return Number(process.env.MOORING_RACE_ROUNDS ?? usual)
}

/** One document that two write. */
export interface Contest {
  /** One pass of ours over it, which puts our entries in or takes them out. */
  ours(stance: 'Wants' | 'Leaves'): Promise<void>
  /** Whether our entries are there (`Wants`) or not (`Leaves`), each once. */
  isRight(stance: 'Wants' | 'Leaves'): Promise<boolean>
  /**
   * A stranger reads the document, puts these entries in the place of its own ones, and writes. False: it was refused.
   * Where ours leaves and documents have no marks, it must not write back what it read of ours: that would be its own then.
   */
  stranger(ids: readonly string[], stance: 'Wants' | 'Leaves'): Promise<boolean>
  /** The stranger's entries that are there now. */
  standing(): Promise<string[]>
}

export interface Outcome {
  readonly rounds: number
  /** Passes of ours that the cloud refused, or that found that they had lost. */
  readonly turnedAway: number
  /** Writes of the stranger that were refused. */
  readonly strangerRefused: number
  /** Rounds after which the stranger's document was not what it had written. */
  readonly strangersLost: number
  /** Rounds after which ours was not what it should be; a pass without company put it right. */
  readonly oursLost: number
}

/** Entries that the stranger has at a time. */
const STRANGERS = 4

/**
 * In every round a pass of ours and a stranger's change run side by side; the stranger begins at any moment of our pass.
 * Whatever was lost of ours must be right after one more pass, which has no company.
 */
export async function race(
  contest: Contest,
  rounds: number,
  idOf: (n: number) => string = strangerId,
): Promise<Outcome> {
  const outcome = { rounds, turnedAway: 0, strangerRefused: 0, strangersLost: 0, oursLost: 0 }
  const pace = { ms: 30 }
  let alive: readonly string[] = []
  for (let n = 0; n < rounds; n += 1) {
    const stance = n % 2 === 0 ? 'Wants' : 'Leaves'
    const wanted = [...new Set([...alive, idOf(n)])].slice(-STRANGERS)
    const { passed, isWritten } = await sideBySide(contest, stance, wanted, pace)
    const standing = await contest.standing()
    const expected = isWritten ? wanted : alive
    outcome.turnedAway += passed ? 0 : 1
    outcome.strangerRefused += isWritten ? 0 : 1
    outcome.strangersLost += same(standing, expected) ? 0 : 1
    const isRepaired = await repaired(contest, stance, standing)
    outcome.oursLost += passed && isRepaired ? 1 : 0
    alive = standing
  }
  return outcome
}

async function sideBySide(
  contest: Contest,
  stance: 'Wants' | 'Leaves',
  wanted: readonly string[],
  pace: { ms: number },
): Promise<{ readonly passed: boolean; readonly isWritten: boolean }> {
  const since = performance.now()
  const us = contest.ours(stance).then(() => {
    pace.ms = 0.8 * pace.ms + 0.2 * (performance.now() - since)
    return true
  }, turnedAway)
  const them = sleep(Math.random() * pace.ms).then(() => contest.stranger(wanted, stance))
  return { passed: await us, isWritten: await them }
}

/** True where ours was not right; then one pass has put it right and changed nothing else. */
async function repaired(
  contest: Contest,
  stance: 'Wants' | 'Leaves',
  standing: readonly string[],
): Promise<boolean> {
  if (await contest.isRight(stance)) return false
  await contest.ours(stance)
  assert.ok(await contest.isRight(stance), 'ours is not right after a pass without company')
  assert.deepEqual(await contest.standing(), standing, 'a repair changed what strangers have')
  return true
}

function same(standing: readonly string[], expected: readonly string[]): boolean {
  return JSON.stringify(standing) === JSON.stringify([...expected].sort())
}

export function strangerId(n: number): string {
  return `stranger${String(n).padStart(6, '0')}`
}

/** Ids of strangers in a text, each once, in order. */
export function strangersIn(text: string): string[] {
  return [...new Set(text.match(/stranger\d{6}/g))].sort()
}

export function told({
  rounds,
  turnedAway: refused,
  strangerRefused,
  strangersLost,
  oursLost,
}: Outcome): string {
  return `${rounds} rounds: ours turned away ${refused}, stranger refused ${strangerRefused}; stranger’s lost ${strangersLost}, ours lost and repaired ${oursLost}`
}

/** A fault is how a pass says that somebody was faster; anything else is a mistake. */
function turnedAway(error: unknown): false {
  if (error instanceof FaultError) return false
  throw error
}

import type { CheckResult } from '../clouds/cloud.ts'
import type { OwnerReport } from './target-report.ts'

/** The answers of all targets of one integration as one: what is wrong anywhere is wrong, what is there anywhere is there. */
export function combined(answers: readonly OwnerReport[]): OwnerReport {
  return {
    question: answers.map(({ question }) => question).join('\n'),
    fault: answers.find(({ fault }) => fault !== undefined)?.fault,
    documents: answers.flatMap(({ documents }) => documents),
    present: answers.some(({ present }) => present),
    pending: answers.flatMap(({ pending }) => pending),
    checks: distinct(answers.flatMap(({ checks }) => checks)),
    facts: Object.assign({}, ...answers.map(({ facts }) => facts)),
    settling: answers.some(({ settling }) => settling),
  }
}

const WEIGHT = { Failed: 2, Unknown: 1, Passed: 0 } as const

/** One result under each name, the worst; messages of equal results together. */
function distinct(checks: readonly CheckResult[]): CheckResult[] {
  return [...Map.groupBy(checks, ({ name }) => name).values()].flatMap((list) => {
    const worst = list.reduce((a, b) => (WEIGHT[b.result] > WEIGHT[a.result] ? b : a))
    const messages = list.filter(({ result }) => result === worst.result).map(({ message }) => message)
    return [{ ...worst, message: [...new Set(messages)].join('; ') }]
  })
}

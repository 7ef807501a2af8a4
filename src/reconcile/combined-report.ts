import type { OwnerReport } from './target-report.ts'

/** The answers of all targets of one integration as one: what is wrong anywhere is wrong, what is there anywhere is there. */
export function combined(answers: readonly OwnerReport[]): OwnerReport {
  return {
    question: answers.map(({ question }) => question).join('\n'),
    fault: answers.find(({ fault }) => fault !== undefined)?.fault,
    documents: answers.flatMap(({ documents }) => documents),
    present: answers.some(({ present }) => present),
    pending: answers.flatMap(({ pending }) => pending),
    checks: answers.flatMap(({ checks }) => checks),
    facts: Object.assign({}, ...answers.map(({ facts }) => facts)),
    settling: answers.some(({ settling }) => settling),
  }
}

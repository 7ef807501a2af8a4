import { scalarText } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import { conditionText, type Test, testsOf, truthOf, truthOfAll } from './grant-condition.ts'
import { factsOf, type Place } from './grant-facts.ts'
import { type Grantee, matchOf } from './grant-principals.ts'
import { type Access, accessesOf, extentOf } from './grant-scope.ts'
import type { Statement } from './statement.ts'

/** What is granted, and to whom. */
export interface Grant {
  readonly grantees: readonly Grantee[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}

/** One Deny that takes in a part of the grant at least. */
interface Hit {
  /** For people: `statement "NoVendors"`. */
  readonly statement: string
  readonly grantees: readonly Grantee[]
  readonly accesses: readonly Access[]
  readonly isWhole: boolean
  readonly tests: readonly Test[]
  readonly verdict: 'Defeats' | 'Spares' | 'Unknown'
}

/** What a message names at most of a kind. */
const SHOWN = 3

/** What is looked through, and how the check is called. */
export interface DenyScope {
  readonly check: string
  /** For people: "bucket policy". */
  readonly document: string
  /** The pairs of what is granted that the statements can deny; absent: those that S3 knows. */
  readonly accesses?: readonly Access[]
}

const IN_BUCKET_POLICY: DenyScope = { check: 'NoForeignDeny', document: 'bucket policy' }

/**
 * Whether a Deny of the bucket's policy, or of another one, hits what is granted. An explicit Deny wins over every Allow. Matched on principal,
 * action and resource; a condition counts where it is known whether it holds, and is shown otherwise
 * (docs/decisions/2026-11-22-denies-with-conditions.md).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function judgeDenies(
  statements: readonly Statement[],
  grant: Grant,
  place: Place,
  scope: DenyScope = IN_BUCKET_POLICY,
): CheckResult {
  const { check: name, document } = scope
  const accesses = scope.accesses ?? accessesOf(grant.actions, grant.resources)
  const hits = statements.flatMap((statement, index) =>
    hitOf(statement, index, { ...grant, accesses }, place),
  )
  const defeats = hits.filter(({ verdict }) => verdict === 'Defeats')
  const unknown = hits.filter(({ verdict }) => verdict === 'Unknown')
  if (defeats.length > 0) {
    const message = `${told(defeats, (hit) => defeatText(hit, document))}. Narrow or remove it: Mooring changes no statement that it did not make`
    return { name, result: 'Failed', reason: 'GrantDefeated', message }
  }
  if (unknown.length > 0) {
    const message = `${told(unknown, (hit) => unknownText(hit, document))}. If it is not meant for them, let its condition except them by aws:PrincipalArn or aws:PrincipalAccount`
    return { name, result: 'Unknown', message }
  }
  const spared = hits.length === 0 ? '' : `; ${told(hits, sparedText)}`
  return { name, result: 'Passed', message: `no Deny of the ${document} defeats the grant${spared}` }
}

function hitOf(
  statement: Statement,
  index: number,
  grant: Pick<Grant, 'grantees'> & { readonly accesses: readonly Access[] },
  place: Place,
): Hit[] {
  if (statement.Effect !== 'Deny') return []
  const extents = grant.accesses.map((access) => ({ access, extent: extentOf(statement, access) }))
  const accesses = extents.filter(({ extent }) => extent !== 'None').map(({ access }) => access)
  const matches = grant.grantees.map((grantee) => ({ grantee, match: matchOf(statement, grantee) }))
  const met = matches.filter(({ match }) => match !== 'None')
  if (accesses.length === 0 || met.length === 0) return []
  const tests = testsOf(statement)
  const verdicts = met.map(({ grantee, match }) =>
    verdictOf(tests, match === 'Unknown', factsOf(grantee, place)),
  )
  const verdict =
    (['Defeats', 'Unknown', 'Spares'] as const).find((one) => verdicts.includes(one)) ?? 'Spares'
  const isWhole =
    extents.every(({ extent }) => extent === 'All') &&
    matches.every(({ match }) => ['Everybody', 'Account', 'Itself'].includes(match))
  const grantees = met.filter((_, at) => verdicts[at] === verdict).map(({ grantee }) => grantee)
  return [{ statement: nameOf(statement, index), grantees, accesses, isWhole, tests, verdict }]
}

/** A test of single objects takes these out of the grant, as its author wants; it does not defeat the grant. */
function verdictOf(
  tests: readonly Test[],
  isDoubtful: boolean,
  facts: ReturnType<typeof factsOf>,
): Hit['verdict'] {
  const truth = truthOfAll(tests, facts)
  if (truth === 'False') return 'Spares'
  const unknown = tests.filter((test) => truthOf(test, facts) === 'Unknown')
  if (unknown.some(({ key }) => /^s3:ExistingObjectTag\//i.test(key))) return 'Spares'
  return truth === 'Unknown' || isDoubtful ? 'Unknown' : 'Defeats'
}

/** For people: `statement "TlsOnly"`, or `statement 2` where it has no Sid. */
export function nameOf({ Sid }: Statement, index: number): string {
  return Sid === undefined || Sid === '' ? `statement ${index + 1}` : `statement "${scalarText(Sid)}"`
}

function told(hits: readonly Hit[], text: (hit: Hit) => string): string {
  return bounded(hits.map(text), '; ')
}

function defeatText(hit: Hit, document: string): string {
  const where = hit.tests.length === 0 ? '' : `, since this holds for it: ${conditionText(hit.tests)}`
  return `${hit.statement} of the ${document} denies ${whom(hit)} ${what(hit)}${where}`
}

function unknownText(hit: Hit, document: string): string {
  const condition = hit.tests.length === 0 ? '' : ` where ${conditionText(hit.tests)}`
  return `${hit.statement} of the ${document} denies ${whom(hit)} ${what(hit)}${condition}, and whether that concerns them cannot be known from here`
}

function sparedText({ statement, tests }: Hit): string {
  return `${statement} denies only where ${conditionText(tests)}`
}

function whom({ grantees }: Hit): string {
  return bounded(
    grantees.map(({ text }) => text),
    ', ',
  )
}

function what({ isWhole, accesses }: Hit): string {
  if (isWhole) return 'all that is granted'
  const actions = [...new Set(accesses.map(({ action }) => action))]
  const resources = [...new Set(accesses.map(({ resource }) => resource))]
  return `a part of what is granted (${bounded(actions, ', ')} on ${bounded(resources, ', ')})`
}

function bounded(texts: readonly string[], separator: string): string {
  const more = texts.length - SHOWN
  return [...texts.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(separator)
}

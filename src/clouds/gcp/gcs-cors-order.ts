import type { JsonObject } from '../../plan/json.ts'
import type { CheckResult, CorsPreflight } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'

/**
 * Cloud Storage answers with the first rule that matches origin and method, so a stranger's rule before ours hides the
 * response headers that only ours names, and a preflight does not show that. Nothing where no rule is hidden.
 * https://docs.cloud.google.com/storage/docs/xml-api/put-bucket-cors ("evaluated in the order listed")
 *
 * @param rules the bucket's rules in order, with marks.
 */
export function checkCorsOrder(
  { origin, method }: CorsPreflight,
  rules: readonly LedgerEntry<JsonObject>[],
): CheckResult[] {
  const matching = rules.filter(
    ({ part }) =>
      textsIn(part.origin).some((pattern) => matches(pattern, origin)) &&
      textsIn(part.method).some((allowed) => allowed === '*' || allowed === method),
  )
  const [first, ...later] = matching
  if (first === undefined || first.mark !== undefined) return []
  const has = new Set(textsIn(first.part.responseHeader).map((header) => header.toLowerCase()))
  const wanted = later.flatMap(({ mark, part }) => (mark === undefined ? [] : textsIn(part.responseHeader)))
  const hidden = [...new Set(wanted)].filter((header) => !has.has('*') && !has.has(header.toLowerCase()))
  if (hidden.length === 0) return []
  const message = `an earlier CORS rule (${textsIn(first.part.origin).join(', ')}) answers ${method} from ${origin} first, without the response headers ${hidden.join(', ')} of the vendor’s page. Add them to that rule, or narrow it; Mooring did not make it`
  return [{ name: 'CorsOrder', result: 'Unknown', reason: 'GrantDefeated', message }]
}

/** `*` stands for anything in an origin. */
function matches(pattern: string, origin: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(origin)
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

import { isJsonObject } from '../../plan/json.ts'
import { canonicalStatement, type Statement, textsOf } from './statement.ts'

/**
 * A wanted statement with those former principals of the vendor that Mooring's own statement names already; none is granted
 * anew. AWS shows a principal that was deleted as an id without meaning, so that one is not kept either.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 *
 * @param own what stands in the cloud with Mooring's mark.
 */
export function withFormer(
  wanted: Statement,
  own: readonly Statement[],
  retiring: readonly string[],
): Statement {
  const { Principal } = wanted
  if (!isJsonObject(Principal)) return wanted
  const present = principalsOf(wanted)
  const standing = own.flatMap(principalsOf)
  const kept = retiring.filter((name) => {
    const [canonical = ''] = principalsOf({ Principal: { AWS: name } })
    return standing.includes(canonical) && !present.includes(canonical)
  })
  if (kept.length === 0) return wanted
  const AWS = [...textsOf(Principal.AWS ?? []), ...kept]
  return { ...wanted, Principal: { ...Principal, AWS } }
}

/** The AWS principals of a statement, an account's root as its number. */
function principalsOf({ Principal = {} }: Statement): string[] {
  const { Principal: canonical } = canonicalStatement({ Principal }) as { readonly Principal: unknown }
  const { AWS = [] } = (isJsonObject(canonical) ? canonical : {}) as { readonly AWS?: readonly string[] }
  return [...AWS]
}

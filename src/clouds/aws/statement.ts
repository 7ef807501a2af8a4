import { isJsonObject, type Json, type JsonObject, scalarText } from '../../plan/json.ts'

/** A statement of an AWS policy, with whatever fields it has. */
export type Statement = JsonObject

/**
 * A statement's meaning: one-element lists and strings are one, list order and doubles do not matter, actions and
 * condition keys ignore case, an account id is its root ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function canonicalStatement(statement: Statement): Record<string, unknown> {
  const fields = Object.entries(statement).filter(([key]) => key !== 'Sid')
  return Object.fromEntries(fields.map(([key, value]) => [key, canonicalField(key, value)]))
}

function canonicalField(key: string, value: Json): unknown {
  switch (key) {
    case 'Action':
    case 'NotAction':
      return sorted(textsOf(value).map((action) => action.toLowerCase()))
    case 'Resource':
    case 'NotResource':
      return texts(value)
    case 'Principal':
    case 'NotPrincipal':
      return canonicalPrincipal(value)
    case 'Condition':
      return isJsonObject(value) ? canonicalCondition(value) : value
    default:
      return value
  }
}

function canonicalPrincipal(value: Json): unknown {
  if (!isJsonObject(value)) return value === '*' ? { AWS: ['*'] } : value
  return Object.fromEntries(
    Object.entries(value).map(([type, names]) => [
      type,
      type === 'AWS' ? sorted(textsOf(names).map(accountAsRoot)) : texts(names),
    ]),
  )
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts */
function accountAsRoot(principal: string): string {
  const root = /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(principal)
  return root?.[1] ?? principal
}

function canonicalCondition(condition: JsonObject): unknown {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      isJsonObject(keys) ? canonicalKeys(keys) : keys,
    ]),
  )
}

function canonicalKeys(keys: JsonObject): unknown {
  return Object.fromEntries(Object.entries(keys).map(([key, values]) => [key.toLowerCase(), texts(values)]))
}

/** A string or list as a list, in its own order. */
export function textsOf(value: Json): string[] {
  return (Array.isArray(value) ? value : [value]).map(scalarText)
}

/** A string or list as a sorted list without doubles. */
function texts(value: Json): string[] {
  return sorted(textsOf(value))
}

function sorted(list: readonly string[]): string[] {
  return [...new Set(list)].sort()
}

/** A statement in one line, for people: "Allow s3:GetObject on arn:… to arn:…". Conditions are left out. */
export function summaryOf(statement: Statement): string {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal } = statement
  return [
    scalarText(Effect),
    named('', Action, NotAction, (value) => texts(value).join(', ')),
    named('on ', Resource, NotResource, (value) => texts(value).join(', ')),
    named('to ', Principal, NotPrincipal, principalText),
  ]
    .filter(Boolean)
    .join(' ')
}

function named(
  lead: string,
  value: Json | undefined,
  not: Json | undefined,
  text: (value: Json) => string,
): string {
  if (value !== undefined) return `${lead}${text(value)}`
  return not === undefined ? '' : `${lead}all but ${text(not)}`
}

function principalText(principal: Json): string {
  return isJsonObject(principal) ? Object.values(principal).flatMap(texts).join(', ') : scalarText(principal)
}

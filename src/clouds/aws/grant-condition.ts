import { isJsonObject, type Json } from '../../plan/json.ts'
import { covers, overlap } from './grant-pattern.ts'
import { type Statement, textsOf } from './statement.ts'

/** One key of a Condition with its operator; all tests of a statement must hold together. */
export interface Test {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** Whether a test holds, as far as it can be known. */
export type Truth = 'True' | 'False' | 'Unknown'

/**
 * What is known of every request of a grantee, by condition key in lower case: patterns, one of which the value fits.
 * `Named`: the value is the one that a policy of this account names.
 */
export type Facts = ReadonlyMap<string, readonly string[] | 'Named'>

/** The tests of a statement's Condition. A part that is not of the language's form becomes a test of an unknown key. */
export function testsOf({ Condition }: Statement): Test[] {
  if (Condition === undefined) return []
  if (!isJsonObject(Condition)) return [unreadable('Condition', Condition)]
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    isJsonObject(keys)
      ? Object.entries(keys).map(([key, values]) => ({ operator, key, values: textsOf(values) }))
      : [unreadable(operator, keys)],
  )
}

function unreadable(operator: string, value: Json): Test {
  return { operator, key: '', values: [JSON.stringify(value)] }
}

/** For people: `aws:SecureTransport "false" (Bool)`; all tests together, of bounded length. */
export function conditionText(tests: readonly Test[]): string {
  const text = tests
    .map(
      ({ operator, key, values }) =>
        `${key} ${values.map((value) => JSON.stringify(value)).join(' or ')} (${operator})`,
    )
    .join(' and ')
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}

/** Whether all tests hold together. */
export function truthOfAll(tests: readonly Test[], facts: Facts): Truth {
  const truths = tests.map((test) => truthOf(test, facts))
  if (truths.includes('False')) return 'False'
  return truths.includes('Unknown') ? 'Unknown' : 'True'
}

/**
 * Whether one test holds, given what is known.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function truthOf({ operator, key, values }: Test, facts: Facts): Truth {
  const known = facts.get(key.toLowerCase())
  const name = operator
    .replace(/^For(?:All|Any)Values?:/i, '')
    .replace(/IfExists$/i, '')
    .toLowerCase()
  if (known === undefined) return 'Unknown'
  if (name === 'null') return values.some((value) => value.toLowerCase() === 'false') ? 'True' : 'False'
  const compare = COMPARISONS.get(name.replace('not', ''))
  if (compare === undefined) return 'Unknown'
  const isNegated = name.includes('not')
  if (known === 'Named') return isNegated ? 'False' : 'True'
  const holds = combined(known.map((value) => anyOf(values.map((wanted) => compare(wanted, value)))))
  return isNegated ? opposite(holds) : holds
}

type Comparison = (wanted: string, value: string) => Truth

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['stringequals', exact],
  ['stringequalsignorecase', (wanted, value) => exact(wanted.toLowerCase(), value.toLowerCase())],
  ['stringlike', alike],
  ['arnequals', alike],
  ['arnlike', alike],
  ['bool', (wanted, value) => exact(wanted.toLowerCase(), value)],
  ['numericequals', numeric((wanted, value) => value === wanted)],
  ['numericlessthan', numeric((wanted, value) => value < wanted)],
  ['numericlessthanequals', numeric((wanted, value) => value <= wanted)],
  ['numericgreaterthan', numeric((wanted, value) => value > wanted)],
  ['numericgreaterthanequals', numeric((wanted, value) => value >= wanted)],
])

/** A policy variable in `wanted` stands for a text that is not known here. */
function exact(wanted: string, value: string): Truth {
  if (wanted.includes('${')) return 'Unknown'
  if (!/[*?]/.test(value)) return wanted === value ? 'True' : 'False'
  return overlap(value, wanted) ? 'Unknown' : 'False'
}

function alike(wanted: string, value: string): Truth {
  if (wanted.includes('${')) return 'Unknown'
  if (covers(wanted, value)) return 'True'
  return overlap(wanted, value) ? 'Unknown' : 'False'
}

function numeric(holds: (wanted: number, value: number) => boolean): Comparison {
  return (wanted, value) =>
    Number.isFinite(Number(wanted)) && wanted.trim() !== ''
      ? holds(Number(wanted), Number(value))
        ? 'True'
        : 'False'
      : 'Unknown'
}

/** Values of one key are alternatives. */
function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes('True')) return 'True'
  return truths.includes('Unknown') ? 'Unknown' : 'False'
}

/** The same for every value that is possible, or unknown. */
function combined(truths: readonly Truth[]): Truth {
  const [first = 'Unknown'] = truths
  return truths.every((truth) => truth === first) ? first : 'Unknown'
}

function opposite(truth: Truth): Truth {
  if (truth === 'Unknown') return truth
  return truth === 'True' ? 'False' : 'True'
}

import type { VendorParameter } from '../api/generated/storage-vendor.ts'
import { type Found, found, type Refused, refuse } from './found.ts'
import { matchesWhole } from './requirements.ts'

/**
 * Characters that are wildcards or policy variables inside an AWS policy, and control characters: a parameter that
 * holds one could widen a grant, so none may, whatever the vendor's own pattern says.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[*?\u0000-\u001f\u007f]|\$\{/u

/** Parameter values as given, and which of them come from a Secret: those are sensitive, whatever the vendor says. */
export interface GivenParameters {
  readonly values: Readonly<Record<string, string>>
  readonly secret: ReadonlySet<string>
}

/** Parameters that may be used. */
export interface CheckedParameters {
  readonly values: Readonly<Record<string, string>>
  /** Those that the vendor has yet to hand out. */
  readonly awaited: readonly VendorParameter[]
  /** The one that Mooring chooses, since nobody gave it. */
  readonly generated?: string | undefined
  /** Those whose values nobody may see. */
  readonly hidden: readonly string[]
}

/** Checks given values against what the vendor declares, in the vendor's own words. Never echoes a sensitive value. */
export function checkParameters(
  declared: readonly VendorParameter[],
  { values: given, secret }: GivenParameters,
): Found<CheckedParameters> {
  const names = declared.map(({ name }) => name)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined)
    return refused(unknown, `is not a parameter of this vendor (${names.join(', ') || 'it has none'})`)
  for (const parameter of declared) {
    const sensitive = parameter.sensitive === true || secret.has(parameter.name)
    const fault = faultOf({ ...parameter, sensitive }, valueIn(given, parameter.name))
    if (fault !== undefined) return fault
  }
  const open = declared.filter(({ name }) => valueIn(given, name) === undefined)
  return found({
    values: given,
    awaited: open.filter(({ source, deferred }) => source !== 'Generated' && deferred === true),
    generated: open.find(({ source }) => source === 'Generated')?.name,
    hidden: declared
      .filter(({ name, sensitive }) => sensitive === true || secret.has(name))
      .map(({ name }) => name),
  })
}

/** `constructor` is a legal name of a parameter, and every object has something of that name. */
function valueIn(given: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined
}

function faultOf(parameter: VendorParameter, value: string | undefined): Refused | undefined {
  if (value === undefined) return isNeeded(parameter) ? missing(parameter) : undefined
  const shown = parameter.sensitive === true ? 'its value' : JSON.stringify(value)
  const problem = problemOf(parameter, value)
  return problem === undefined ? undefined : refused(parameter.name, `${shown} ${problem}`)
}

function problemOf(parameter: VendorParameter, value: string): string | undefined {
  const {
    minLength = 0,
    maxLength = Number.POSITIVE_INFINITY,
    pattern,
    patternMessage,
    allowedValues,
  } = parameter
  if (UNSAFE.test(value))
    return 'must not contain *, ?, ${ or control characters, which could widen the grant'
  if (value.length < minLength) return `is shorter than ${minLength} characters`
  if (value.length > maxLength) return `is longer than ${maxLength} characters`
  if (allowedValues !== undefined && !allowedValues.includes(value))
    return `is none of ${allowedValues.join(', ')}`
  if (pattern !== undefined && !matchesWhole(pattern, value))
    return `is not of the vendor’s form: ${patternMessage ?? pattern}`
  return undefined
}

function isNeeded({ required, source, deferred }: VendorParameter): boolean {
  return required && source !== 'Generated' && deferred !== true
}

function missing({ name, description }: VendorParameter): Refused {
  return refused(name, `is required: ${description}`)
}

function refused(name: string, why: string): Refused {
  return refuse('InvalidParameter', `spec.parameters.${name}: ${why}`)
}

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

/** Checks given values against what the vendor declares, in the vendor's own words. Never echoes a sensitive value. */
export function checkParameters(
  declared: readonly VendorParameter[],
  { values: given, secret }: GivenParameters,
): Found<Readonly<Record<string, string>>> {
  const names = declared.map(({ name }) => name)
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined)
    return refused(unknown, `is not a parameter of this vendor (${names.join(', ') || 'it has none'})`)
  for (const parameter of declared) {
    const sensitive = parameter.sensitive === true || secret.has(parameter.name)
    const fault = faultOf({ ...parameter, sensitive }, given[parameter.name])
    if (fault !== undefined) return fault
  }
  return found(given)
}

function faultOf(parameter: VendorParameter, value: string | undefined): Refused | undefined {
  if (value === undefined) return parameter.required ? missing(parameter) : undefined
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

function missing({ name, description, deferred, source }: VendorParameter): Refused {
  if (source === 'Generated') {
    return refuse(
      'NotSupported',
      `spec.parameters.${name}: this version cannot generate it yet; choose a value: ${description}`,
    )
  }
  if (deferred === true) {
    return refuse(
      'AwaitingVendorInput',
      `waiting for spec.parameters.${name} from the vendor: ${description}`,
    )
  }
  return refused(name, `is required: ${description}`)
}

function refused(name: string, why: string): Refused {
  return refuse('InvalidParameter', `spec.parameters.${name}: ${why}`)
}

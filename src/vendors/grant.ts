import type { Fault } from '../api/fault.ts'
import type { Probe, Requirement, Target } from '../clouds/cloud.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import type { CheckedParameters } from './parameters.ts'
import { type PlaceholderValues, placeholdersIn } from './placeholders.ts'
import type { Tell } from './tell.ts'

/** What an integration wants of one target. */
export interface WantedAt {
  readonly target: Target
  readonly entries: readonly ClaimedEntry[]
  readonly probes: readonly Probe[]
  /** What Mooring chose earlier for this integration; counts only where the cloud has lost it. */
  readonly chosenBefore?: string | undefined
  /** What the bucket must be like before anything is written, at this target or another. */
  readonly requirement?: Requirement | undefined
  /** ARN of the role that the integration itself makes, for targets whose entries may name it. */
  readonly ownRole?: string | undefined
}

/** What a resolved integration claims, and what it tells its user. */
export interface Grant {
  readonly claims: readonly WantedAt[]
  readonly tell: Tell
  /** What the vendor has yet to hand out; `claims` are what is safe without it. */
  readonly awaiting?: Fault | undefined
  /** When it claims something else by itself (a former principal retires), in milliseconds since the epoch. */
  readonly changesAt?: number | undefined
}

/** The fault of an integration whose vendor has yet to hand something out; `meanwhile` says what holds until then. */
export function awaitedFault({ awaited }: CheckedParameters, meanwhile: string): Fault | undefined {
  const [first] = awaited
  if (first === undefined) return undefined
  const message = `waiting for spec.parameters.${first.name} from the vendor: ${first.description}${meanwhile}`
  return { reason: 'AwaitingVendorInput', message, retry: 'OnChange' }
}

/** Only those that this cloud's recipe speaks of are waited for or chosen: a vendor's clouds need different ones. */
export function spokenOf(parameters: CheckedParameters, recipe: unknown): CheckedParameters {
  const text = JSON.stringify(recipe)
  const names = new Set([...placeholdersIn(text), ...whenIn(text)])
  const { awaited, generated, ...rest } = parameters
  const isSpokenOf = (name: string): boolean => names.has(`parameters.${name}`)
  return {
    ...rest,
    awaited: awaited.filter(({ name }) => isSpokenOf(name)),
    ...(generated !== undefined && isSpokenOf(generated) ? { generated } : {}),
  }
}

/** Parameters that an entry of the recipe depends on. */
function whenIn(text: string): string[] {
  return [...text.matchAll(/"parameter":"([^"]+)"/g)].map(([, name]) => `parameters.${name}`)
}

/** Parameters under the names that placeholders have for them. */
export function namedParameters(values: Readonly<Record<string, string>>): PlaceholderValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`parameters.${name}`, value]))
}

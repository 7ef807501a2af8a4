import type { Fault } from '../api/fault.ts'
import type { CloudAccount } from '../api/generated/cloud-account.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { StorageVendor } from '../api/generated/storage-vendor.ts'
import { DOCUMENT_NAMES, type DocumentName } from '../plan/document.ts'
import type { Stance } from '../plan/ownership.ts'
import { appliedAt, forgotten, outOfReach, type Places } from './applied-at.ts'
import type { Found } from './found.ts'
import type { Grant, WantedAt } from './grant.ts'
import type { GivenParameters } from './parameters.ts'
import { targetOfPlace } from './places.ts'
import { resolveGrant } from './resolve-grant.ts'
import { type Location, locate, ownerOf } from './spec.ts'
import type { Tell } from './tell.ts'

/** Everything that deciding about one integration takes; gathered before, so that deciding reads nothing. */
export interface ResolveInput {
  readonly integration: StorageIntegration
  readonly vendor: StorageVendor | undefined
  /** The account that spec names, or the default one. */
  readonly account: CloudAccount | undefined
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** spec.parameters with what parametersFrom yielded, or why that could not be had. */
  readonly parameters: Found<GivenParameters>
  /** The installation's id, which names that must differ between installations are made of. */
  readonly installation: string
  /** The ARN of the role, once the cloud has shown it: its path may be older than what the account says now. */
  readonly roleArn?: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Why an integration holds still although nothing is wrong. */
export type Hold = 'Planned' | 'Suspended' | 'Expired' | 'Revoking'

/** What one integration asks of one target. */
export interface TargetClaim extends WantedAt {
  /** Documents that its entries are in, or ever were in. */
  readonly documents: readonly DocumentName[]
  /** True where it was applied earlier and now asks for nothing: it leaves that target and stays at the others. */
  readonly left?: boolean | undefined
}

/** What one integration asks of its targets, decided. Plain data. */
export interface Resolution {
  readonly owner: string
  readonly uid: string
  readonly generation: number
  readonly createdAt: string
  readonly stance: Stance
  readonly hold?: Hold | undefined
  /** Why it could not be resolved; what it has, it keeps. */
  readonly fault?: Fault | undefined
  readonly account?: string | undefined
  /** What is asked of which target; also while it keeps or leaves, so that its targets are known. */
  readonly claims: readonly TargetClaim[]
  /** s3://bucket/prefix, for people. */
  readonly storage: string
  /** What the vendor has yet to hand out; until then only what is safe without it is asked for. */
  readonly awaiting?: Fault | undefined
  /** Absent while it cannot be resolved. */
  readonly tell?: Tell | undefined
  readonly vendorRevision?: string | undefined
  /** What mode Plan would ask: the stance that Enforce would give. */
  readonly planned?: Stance | undefined
  /** When the stance changes by itself (expiry), in milliseconds since the epoch. */
  readonly changesAt?: number | undefined
}

/**
 * Integration × vendor × account → what is asked of which target.
 *
 * In order of weight: deletion, suspension, expiry, faults, mode. Only deletion, expiry and the integration's own
 * spec take access away; whatever else goes wrong, it keeps what it has.
 */
export function resolve(input: ResolveInput): Resolution {
  const { integration, account } = input
  const location = locate(integration, account)
  const grant = location.ok
    ? resolveGrant(input, location.value)
    : { ok: false as const, fault: location.fault }
  const made: Grant | undefined = grant.ok ? grant.value : undefined
  const claims = location.ok ? claimsOf(location.value, made, appliedAt(integration)) : []
  const reached = claims.map(({ target }) => target.key)
  const lost = location.ok
    ? (outOfReach(integration, account?.metadata.name ?? '', reached) ??
      (grant.ok ? undefined : forgotten(integration)))
    : location.fault
  const decided = decide(input, lost, lost ?? (grant.ok ? undefined : grant.fault))
  return {
    owner: ownerOf(integration),
    uid: integration.metadata.uid,
    generation: integration.metadata.generation ?? 0,
    createdAt: integration.metadata.creationTimestamp ?? '',
    account: account?.metadata.name,
    claims,
    storage: location.storage,
    vendorRevision: input.vendor?.spec.revision,
    tell: made?.tell,
    awaiting: made?.awaiting,
    ...decided,
    changesAt: earliest(expiryOf(integration), made?.changesAt, input.now),
  }
}

/** More places than any integration ever had are somebody's invention, and each would be asked for in the cloud again and again. */
const MOST_PLACES = 32

/**
 * The bucket is always among them, so that it is known to be there; and so are places where the integration was applied
 * earlier, so that it is taken away there when it asks for it no more.
 */
function claimsOf(location: Location, grant: Grant | undefined, places: Places): TargetClaim[] {
  const wanted = grant?.claims ?? []
  const bucket = { target: location.target, entries: [], probes: [] }
  const asked = wanted.some(({ target }) => target.key === bucket.target.key) ? wanted : [bucket, ...wanted]
  const known = new Set(asked.map(({ target }) => target.key))
  const earlier = [...places.keys()].filter((place) => !known.has(place)).slice(0, MOST_PLACES)
  const left = earlier.flatMap((place) => targetOfPlace(location, place) ?? [])
  return [
    ...asked.map((claim) => ({ ...claim, documents: documentsOf(claim, places) })),
    ...left.map((target) => ({
      target,
      entries: [],
      probes: [],
      documents: places.get(target.key) ?? [],
      left: grant !== undefined,
    })),
  ]
}

/** A bucket's policy is always looked at: it may hold what defeats a grant that is made elsewhere. */
function documentsOf({ target, entries }: WantedAt, places: Places): DocumentName[] {
  const earlier = places.get(target.key) ?? []
  return DOCUMENT_NAMES.filter(
    (name) =>
      (target.kind === 'S3Bucket' && name === 'BucketPolicy') ||
      (target.kind === 'GcsBucket' && name === 'BucketIam') ||
      (target.kind === 'StorageAccount' && name === 'RoleAssignments') ||
      earlier.includes(name) ||
      entries.some(({ document }) => document === name),
  )
}

type Decision = Pick<Resolution, 'stance' | 'hold' | 'fault' | 'planned'>

/** @param lost why the target itself is not known: then nothing can be taken away either. */
function decide(input: ResolveInput, lost: Fault | undefined, fault: Fault | undefined): Decision {
  const { spec, metadata } = input.integration
  if (metadata.deletionTimestamp !== undefined) {
    return { stance: spec.deletionPolicy === 'Retain' ? 'Keeps' : 'Leaves', hold: 'Revoking', fault: lost }
  }
  if (spec.suspend === true) return { stance: 'Keeps', hold: 'Suspended' }
  const expired = (expiryOf(input.integration) ?? Number.POSITIVE_INFINITY) <= input.now
  if (expired && spec.mode !== 'Plan') return { stance: 'Leaves', hold: 'Expired', fault: lost }
  if (fault !== undefined && !expired) return { stance: 'Keeps', fault }
  if (spec.mode === 'Plan') return { stance: 'Keeps', hold: 'Planned', planned: expired ? 'Leaves' : 'Wants' }
  return { stance: 'Wants' }
}

function expiryOf({ spec }: StorageIntegration): number | undefined {
  const time = spec.expiresAt === undefined ? Number.NaN : Date.parse(spec.expiresAt)
  return Number.isNaN(time) ? undefined : time
}

/** An expiry that has passed says nothing of what is to come. */
function earliest(expiry: number | undefined, other: number | undefined, now: number): number | undefined {
  if (expiry === undefined || other === undefined) return expiry ?? other
  return expiry <= now ? other : Math.min(expiry, other)
}

/** Milliseconds until the resolution changes by itself, if it ever does. */
export function changesIn({ changesAt, hold }: Resolution, now: number): number | undefined {
  const passed = changesAt === undefined || changesAt <= now || hold === 'Revoking'
  return passed ? undefined : changesAt - now
}

import type { StorageIntegration, StorageIntegrationStatus } from '../api/generated/storage-integration.ts'
import { setAnnotation } from '../kube/annotation.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizer.ts'
import type { Rest } from '../kube/rest.ts'
import { applyStatus } from '../kube/status.ts'
import type { PassResult } from '../kube/workers.ts'
import {
  APPLIED_AT_ANNOTATION,
  appliedAt,
  FINALIZER,
  joinedPlaces,
  placesText,
  withoutPlaces,
} from '../vendors/applied-at.ts'
import { CHOSEN_ANNOTATION, chosenText } from '../vendors/chosen.ts'
import { changesIn, type Resolution, resolve } from '../vendors/resolve.ts'
import { ownerOf } from '../vendors/spec.ts'
import type { Tell } from '../vendors/tell.ts'
import { type Caches, gather } from './gather.ts'
import type { Ledgers } from './ledgers.ts'
import { isWaiting, reportStatus } from './report.ts'
import { STORAGE_INTEGRATIONS } from './resources.ts'
import type { SecretReader } from './secret-values.ts'
import type { OwnerReport } from './target-report.ts'
import type { World } from './world.ts'

export interface IntegrationDependencies {
  readonly caches: Caches
  readonly rest: Rest
  readonly installation: string
  readonly readSecret: SecretReader
  readonly ledgers: Ledgers
  readonly world: World
  /** Asks for a pass over a target. */
  readonly wakeTarget: (key: string) => void
  /** Told of every status that was written, for events and metrics. */
  readonly onStatus: (integration: StorageIntegration, status: StorageIntegrationStatus) => void
  /** Milliseconds until Secrets that the integration refers to are read again. */
  readonly resyncMs: number
  readonly now: () => number
}

/**
 * One pass over one integration: gather, decide, act. It reads and writes the cluster only; the cloud belongs to the
 * target's pass, which this one wakes and which wakes this one when it knows something new.
 */
export async function integrationPass(
  dependencies: IntegrationDependencies,
  key: string,
  signal: AbortSignal,
): Promise<PassResult> {
  const { caches, ledgers, readSecret, world, now } = dependencies
  const found = caches.integrations.get(key)
  const integration = found && (await ledgers.restored(found))
  if (integration === undefined) return forget(dependencies, key)

  const gathered = await gather(caches, readSecret, integration, now(), signal)
  const { installation } = dependencies
  const resolution = resolve({ ...gathered, installation, roleArn: world.factsOf(key)['role.arn'] })

  const current = await guarded(dependencies, integration, resolution)
  if (current === undefined) return {}
  for (const target of world.resolve(resolution)) dependencies.wakeTarget(target)
  const answer = world.answerTo(resolution)
  if (mayGo(current, resolution, answer)) return letGo(dependencies, current)
  await report(dependencies, current, resolution, answer, signal)
  return nextPass(dependencies, current, resolution)
}

function forget({ ledgers, world, wakeTarget }: IntegrationDependencies, key: string): PassResult {
  ledgers.forget(key)
  for (const target of world.forget(key)) wakeTarget(target)
  return {}
}

/**
 * Finalizer and places are on the object before a cloud is asked for anything, so that what is made can always be taken
 * away. A place that was left goes once a look found nothing there.
 */
async function guarded(
  { rest, caches, world }: IntegrationDependencies,
  integration: StorageIntegration,
  { owner, stance, claims, tell }: Resolution,
): Promise<StorageIntegration | undefined> {
  if (stance !== 'Wants') return integration
  const held = await addFinalizer(rest, STORAGE_INTEGRATIONS, integration, FINALIZER)
  if (held === undefined) return undefined
  const touched = claims.filter(({ entries }) => entries.length > 0)
  const places = new Map(touched.map(({ target, documents }) => [target.key, documents]))
  const left = claims.filter((claim) => claim.left === true && world.wasGone(claim.target.key, owner))
  const kept = withoutPlaces(
    appliedAt(held),
    left.map(({ target }) => target.key),
  )
  const value = placesText(joinedPlaces(kept, places))
  const placed = await setAnnotation(rest, STORAGE_INTEGRATIONS, held, {
    name: APPLIED_AT_ANNOTATION,
    value,
  })
  const current = placed && (await remembering(rest, placed, tell, world.factsOf(owner)))
  if (current !== undefined) caches.integrations.put(current)
  return current
}

/** What Mooring chose and the role is seen to have is written down, for the day when somebody deletes the role. */
async function remembering(
  rest: Rest,
  integration: StorageIntegration,
  tell: Tell | undefined,
  { generated }: Readonly<Record<string, string>>,
): Promise<StorageIntegration | undefined> {
  const isOurs = tell?.generated !== undefined && generated !== undefined
  const value = isOurs ? chosenText(ownerOf(integration), generated) : undefined
  if (value === undefined) return integration
  return setAnnotation(rest, STORAGE_INTEGRATIONS, integration, { name: CHOSEN_ANNOTATION, value })
}

/**
 * A deleted integration may go when its access is gone as read back, or is to be retained. One without our finalizer
 * never asked a cloud for anything.
 */
function mayGo(
  { metadata }: StorageIntegration,
  { hold, stance, fault }: Resolution,
  answer: OwnerReport | undefined,
): boolean {
  if (hold !== 'Revoking' || metadata.finalizers?.includes(FINALIZER) !== true) return false
  if (stance === 'Keeps') return true
  return fault === undefined && answer !== undefined && answer.fault === undefined && !answer.present
}

async function letGo(
  { rest }: IntegrationDependencies,
  integration: StorageIntegration,
): Promise<PassResult> {
  await removeFinalizer(rest, STORAGE_INTEGRATIONS, integration, FINALIZER)
  return {}
}

async function report(
  { rest, caches, onStatus, now }: IntegrationDependencies,
  integration: StorageIntegration,
  resolution: Resolution,
  answer: OwnerReport | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (isWaiting(integration.status, resolution, answer)) return
  const status = reportStatus(integration.status, resolution, answer, new Date(now()).toISOString())
  const written = await applyStatus(rest, STORAGE_INTEGRATIONS, integration, status, { signal })
  if (written === undefined) return
  caches.integrations.put(written)
  onStatus(integration, status)
}

/** Time alone changes an integration at its expiry; Secrets that it refers to are not watched, so they are read again. */
function nextPass(
  { now, resyncMs }: IntegrationDependencies,
  { spec }: StorageIntegration,
  resolution: Resolution,
): PassResult {
  const waits = [changesIn(resolution, now()), spec.parametersFrom === undefined ? undefined : resyncMs]
  const next = Math.min(...waits.flatMap((wait) => wait ?? []))
  const later = Number.isFinite(next) ? { requeueAfterMs: next } : {}
  return resolution.fault?.retry === 'Backoff' ? { retry: true, ...later } : later
}

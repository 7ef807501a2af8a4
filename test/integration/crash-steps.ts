/** What a request of the operator is: a step of a lane, by the names of crash-points.ts. */
import type { ProxiedRequest } from '../rig/http-proxy.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'

/** A request that writes something, or reads something that may have been written. */
export interface Step {
  readonly lane: string
  /** Of a write. */
  readonly name?: string
  /** The document that is written, or read. */
  readonly document: string
}

export type StepOf = (request: ProxiedRequest) => Step | undefined

/** Lanes of documents that are kept in ledgers. */
export type LedgerLanes = Readonly<Record<string, string>>

type Pages = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

/** An integration as the API server has it at this moment; undefined where it is gone. */
export type LookUp = (name: string) => Promise<KubernetesObject | undefined>

/** What a write into a StorageIntegration is, which several lanes may write at the same time. */
export async function objectStep(
  { method, url, body }: ProxiedRequest,
  lanes: LedgerLanes,
  lookUp: LookUp,
): Promise<Step | undefined> {
  const object = objectIn(url)
  if (method !== 'PATCH' || object === undefined) return undefined
  const patch: unknown = JSON.parse(body.toString())
  if (Array.isArray(patch)) return fieldStep(object, patch)
  const { resourceVersion, annotations } = metadataIn(patch)
  const [name] = Object.keys(annotations)
  if (name !== LEDGER) return annotationStep(object, name)
  const found = metadataIn(await lookUp(object))
  // What was planned from an older state is refused, and is no step.
  if (found.resourceVersion !== resourceVersion) return undefined
  return ledgerStep(pagesIn(found.annotations[LEDGER]), pagesIn(annotations[LEDGER]), lanes)
}

const LEDGER = 'mooring.dev/ledger'

function ledgerStep(before: Pages, after: Pages, lanes: LedgerLanes): Step | undefined {
  for (const target of new Set([...Object.keys(before), ...Object.keys(after)])) {
    for (const [document, lane] of Object.entries(lanes)) {
      const [had, has] = [linesOf(before, target, document), linesOf(after, target, document)]
      const does = has > had ? 'list' : 'cut'
      if (had !== has) return { lane, name: `${does} ${document} in the ledger`, document: 'ledger' }
    }
  }
  return undefined
}

function objectIn(url: string): string | undefined {
  return /\/storageintegrations\/([^/?]+)(?:\/status)?(?:\?|$)/.exec(url)?.[1]
}

interface Operation {
  readonly op: string
  readonly path: string
  // biome-ignore lint/suspicious/noExplicitAny: a JSON patch may set anything
  readonly value?: any
}

function fieldStep(object: string, patch: readonly Operation[]): Step | undefined {
  const lane = laneOf(object)
  const set = patch.find(({ op }) => op === 'add')
  if (set?.path === '/metadata/finalizers') {
    const name = set.value.includes('mooring.dev/revoke') ? 'put on the finalizer' : 'take off the finalizer'
    return { lane, name, document: 'finalizer' }
  }
  const conditions: readonly { readonly type: string; readonly status: string }[] =
    set?.path === '/status' ? (set.value.conditions ?? []) : []
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  return isReady ? { lane, name: 'say Ready', document: 'status' } : undefined
}

interface Metadata {
  readonly resourceVersion: string
  readonly annotations: Readonly<Record<string, string | null>>
}

function metadataIn(object: unknown): Metadata {
  const { metadata = {} } = (object ?? {}) as { metadata?: Partial<Metadata> }
  return { resourceVersion: '', annotations: {}, ...metadata }
}

/** Integrations go on beside each other. */
function laneOf(object: string): string {
  return `object ${object}`
}

function annotationStep(object: string, name: string | undefined): Step | undefined {
  const lane = laneOf(object)
  if (name === 'mooring.dev/applied-at') return { lane, name: 'note the places', document: 'places' }
  if (name === 'mooring.dev/external-id') return { lane, name: 'note what was chosen', document: 'choice' }
  return undefined
}

function pagesIn(text: string | null | undefined): Pages {
  return JSON.parse(text ?? '{}')
}

function linesOf(pages: Pages, target: string, document: string): number {
  return Object.keys(pages[target]?.[document] ?? {}).length
}

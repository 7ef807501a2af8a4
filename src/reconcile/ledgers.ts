import { FaultError } from '../api/fault.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { Target } from '../clouds/cloud.ts'
import { setAnnotation } from '../kube/annotation.ts'
import { isConflict, isNotFound, KubeError } from '../kube/kube-error.ts'
import { objectPath } from '../kube/resource-type.ts'
import type { Rest } from '../kube/rest.ts'
import type { Store } from '../kube/store.ts'
import type { DocumentName } from '../plan/document.ts'
import type { LedgerLines } from '../plan/ledger.ts'
import { ownerOf } from '../vendors/spec.ts'
import { hasPage, LEDGER_ANNOTATION, linesOf, withLines } from './ledger-text.ts'
import { STORAGE_INTEGRATIONS } from './resources.ts'

/** Where the integrations' own ledgers are kept. */
export interface Ledgers {
  /** The key that seals what ledgers say. */
  key(signal: AbortSignal): Promise<string>
  /**
   * The integration with its ledger again, where the annotation went while this process watched: `kubectl replace` drops what
   * the file does not have, and Argo CD’s Replace=true does so at every sync. Undefined: the integration is gone.
   */
  restored(integration: StorageIntegration): Promise<StorageIntegration | undefined>
  /** Drops what is remembered of an integration that is gone. */
  forget(owner: string): void
  /** Everybody whose ledger has lines for the target, also who is not known to be at it: its account may be gone. */
  ownersAt(target: Target): string[]
  /** What the owner's ledger says now. */
  linesOf(owner: string, target: Target, document: DocumentName): LedgerLines
  /**
   * Replaces the owner's lines for one document.
   *
   * @throws FaultError when they could not be written; then the cloud must not be either.
   */
  save(
    owner: string,
    target: Target,
    document: DocumentName,
    lines: LedgerLines,
    signal: AbortSignal,
  ): Promise<void>
}

/** How often a write is tried anew when somebody else has changed the object meanwhile. */
const TRIES = 4

/** Ledgers in an annotation of each StorageIntegration. Several targets share it, so a write that lost a race begins anew. */
export function annotatedLedgers(store: Store<StorageIntegration>, rest: Rest, key: Ledgers['key']): Ledgers {
  const textOf = (object: StorageIntegration | undefined): string | undefined =>
    object?.metadata.annotations?.[LEDGER_ANNOTATION]
  const seen = new Map<string, { readonly uid: string; readonly text: string }>()
  const remember = (owner: string, object: StorageIntegration): void => {
    const text = textOf(object)
    if (text === undefined) seen.delete(owner)
    else seen.set(owner, { uid: object.metadata.uid, text })
  }
  /** The watch may show it before the API server's answer is here: what goes by our own hand is not to be brought back. */
  const set = async (
    object: StorageIntegration,
    value: string | undefined,
    signal: AbortSignal,
  ): Promise<StorageIntegration | undefined> => {
    const owner = ownerOf(object)
    const before = seen.get(owner)
    if (value === undefined) seen.delete(owner)
    let written: StorageIntegration | undefined
    try {
      written = await tryToSet(rest, object, value, signal)
    } finally {
      if (written !== undefined) remember(owner, written)
      else if (before !== undefined) seen.set(owner, before)
    }
    return written
  }
  return {
    key,
    forget: (owner) => void seen.delete(owner),
    async restored(integration) {
      const owner = ownerOf(integration)
      const { uid } = integration.metadata
      const [now, before] = [textOf(integration), seen.get(owner)]
      if (now !== undefined) remember(owner, integration)
      if (now !== undefined || before?.uid !== uid) return integration
      const annotation = { name: LEDGER_ANNOTATION, value: before.text }
      const written = await setAnnotation(rest, STORAGE_INTEGRATIONS, integration, annotation)
      if (written !== undefined) store.put(written)
      return written
    },
    ownersAt: ({ key: target }) =>
      store
        .list()
        .filter((object) => hasPage(textOf(object), target))
        .map(ownerOf),
    linesOf: (owner, { key }, document) => linesOf(textOf(store.get(owner)), key, document),
    async save(owner, { key }, document, lines, signal) {
      let object = store.get(owner)
      for (let n = 0; n < TRIES && object !== undefined; n += 1) {
        const value = withLines(textOf(object), key, document, lines)
        const written = await set(object, value, signal)
        if (written !== undefined) return store.put(written)
        object = await fresh(rest, object, signal)
      }
      throw unwritten(owner, undefined)
    },
  }
}

/** Undefined where somebody else has changed the object since, or taken it away. */
async function tryToSet(
  rest: Rest,
  object: StorageIntegration,
  value: string | undefined,
  signal: AbortSignal,
): Promise<StorageIntegration | undefined> {
  try {
    const annotation = { name: LEDGER_ANNOTATION, value }
    return await setAnnotation(rest, STORAGE_INTEGRATIONS, object, annotation, { signal })
  } catch (error) {
    if (isConflict(error)) return undefined
    throw unwritten(ownerOf(object), error)
  }
}

async function fresh(
  rest: Rest,
  { metadata }: StorageIntegration,
  signal: AbortSignal,
): Promise<StorageIntegration | undefined> {
  try {
    const path = objectPath(STORAGE_INTEGRATIONS, metadata)
    const found = await rest.request<StorageIntegration>({ method: 'GET', path, signal })
    return found.metadata.uid === metadata.uid ? found : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw unwritten(ownerOf({ metadata }), error)
  }
}

/** Aborts pass through; everything else the API server says is waited for. */
function unwritten(owner: string, error: unknown): unknown {
  if (error !== undefined && !(error instanceof KubeError)) return error
  const why = error === undefined ? 'it is gone, or is being written by others' : error.message
  return new FaultError({
    reason: 'Progressing',
    message: `annotation ${LEDGER_ANNOTATION} of StorageIntegration ${owner}, which says what Mooring made, could not be written: ${why}. Nothing was written to the cloud for it. It is tried again by itself.`,
    retry: 'Backoff',
    notWritten: true,
  })
}

import { randomBytes } from 'node:crypto'
import { FaultError } from '../api/fault.ts'
import { isConflict, isNotFound, KubeError } from '../kube/kube-error.ts'
import type { Rest } from '../kube/rest.ts'
import { createSecret, type FoundSecret, findSecret, setSecretValue } from '../kube/secrets.ts'

/**
 * The Secret with the key that seals ledgers, in the operator's own namespace. `deploy/` brings it empty; the operator fills it
 * once. Without it no ledger could be told from one that somebody made up, so a backup must have it.
 */
export const LEDGER_SECRET = 'mooring-ledger-key'
const FIELD = 'key'
const FORM = /^[0-9a-f]{64}$/
const TRIES = 4

/**
 * Reads the key when it is first needed, and makes it when there is none. Kept for the life of the process: it is needed in
 * every pass, and it opens nothing but ledgers.
 *
 * @throws FaultError SecretNotReadable, saying what to do, or Progressing when the API server is out of reach.
 */
export function ledgerKey(rest: Rest, namespace: string): (signal: AbortSignal) => Promise<string> {
  const known: { key?: string } = {}
  return async (signal) => {
    known.key ??= await readOrMake(rest, namespace, signal)
    return known.key
  }
}

async function readOrMake(rest: Rest, namespace: string, signal: AbortSignal): Promise<string> {
  try {
    for (let n = 0; n < TRIES; n += 1) {
      const found = await findSecret(rest, namespace, LEDGER_SECRET, { signal })
      const key = found?.data[FIELD]
      if (key !== undefined && FORM.test(key)) return key
      await make(rest, namespace, found, signal)
    }
  } catch (error) {
    throw translated(error, namespace)
  }
  throw unusable(namespace, 'it is being written by others')
}

/** One that somebody else made in the same moment is as good: the next read finds it. */
async function make(
  rest: Rest,
  namespace: string,
  found: FoundSecret | undefined,
  signal: AbortSignal,
): Promise<void> {
  const key = randomBytes(32).toString('hex')
  try {
    if (found === undefined) await createSecret(rest, namespace, LEDGER_SECRET, { [FIELD]: key }, { signal })
    else await setSecretValue(rest, found, FIELD, key, { signal })
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
}

function translated(error: unknown, namespace: string): unknown {
  if (!(error instanceof KubeError)) return error
  return error.status === 403 ? unusable(namespace, error.message) : unreached(error)
}

function unusable(namespace: string, why: string): FaultError {
  const message = `Secret "${LEDGER_SECRET}" in namespace ${namespace}, whose key seals Mooring’s ledgers, cannot be used: ${why}. Apply deploy/ again, which brings the Secret and the rights to it. Nothing was written to the cloud.`
  return new FaultError({ reason: 'SecretNotReadable', message, retry: 'Slow', notWritten: true })
}

function unreached({ message }: KubeError): FaultError {
  return new FaultError({
    reason: 'Progressing',
    message: `the key that seals Mooring’s ledgers could not be read: ${message}. It is tried again by itself.`,
    retry: 'Backoff',
    notWritten: true,
  })
}

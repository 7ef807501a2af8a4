import { createHash } from 'node:crypto'
import { FaultError } from '../api/fault.ts'
import type { CloudAccount, CloudAccountSpec } from '../api/generated/cloud-account.ts'
import type { CloudSession } from '../clouds/cloud.ts'
import { type Credentials, openSession } from '../clouds/index.ts'
import type { SessionHooks } from '../clouds/session-hooks.ts'
import { KubeError } from '../kube/kube-error.ts'
import { canonicalJson } from '../plan/json.ts'
import type { SecretReader } from './secret-values.ts'

interface Held {
  /** Of the spec and the Secret's content, so that a rotated credential makes a new session without a restart. */
  readonly digest: string
  readonly session: Promise<CloudSession>
}

/**
 * One session per CloudAccount and content of its credentials. The Secret is read at every use and not kept; the
 * session itself holds what the SDK needs.
 */
export class Sessions {
  readonly #held = new Map<string, Held>()
  readonly #accountNamed: (name: string) => CloudAccount | undefined
  readonly #readSecret: SecretReader
  readonly #hooks: SessionHooks

  constructor(
    accountNamed: (name: string) => CloudAccount | undefined,
    readSecret: SecretReader,
    hooks: SessionHooks,
  ) {
    this.#accountNamed = accountNamed
    this.#readSecret = readSecret
    this.#hooks = hooks
  }

  /**
   * The session of an account.
   *
   * @throws FaultError AccountNotFound, SecretNotFound, SecretNotReadable, CredentialsRejected or NotSupported; Progressing
   * when the API server does not give the Secret just now.
   */
  async open(account: string, signal: AbortSignal): Promise<CloudSession> {
    const spec = this.#accountNamed(account)?.spec
    if (spec === undefined) throw accountGone(account)
    const credentials = await this.#credentialsOf(spec, signal)
    const digest = digestOf(spec, credentials)
    const held = this.#held.get(account)
    if (held?.digest === digest) return held.session
    this.#retire(account)
    const session = openSession(spec, credentials, this.#hooks)
    this.#held.set(account, { digest, session })
    session.catch(() => {
      if (this.#held.get(account)?.session === session) this.#held.delete(account)
    })
    return session
  }

  /** Closes every session. */
  close(): void {
    for (const account of [...this.#held.keys()]) this.#retire(account)
  }

  #retire(account: string): void {
    const held = this.#held.get(account)
    this.#held.delete(account)
    held?.session.then(
      (session) => session.close(),
      () => undefined,
    )
  }

  async #credentialsOf(spec: CloudAccountSpec, signal: AbortSignal): Promise<Credentials | undefined> {
    const reference = (spec.aws ?? spec.gcp ?? spec.azure)?.credentialsSecretRef
    if (reference === undefined) return undefined
    try {
      return await this.#readSecret(reference.namespace, reference.name, signal)
    } catch (error) {
      throw error instanceof KubeError && !signal.aborted ? unreached(reference, error) : error
    }
  }
}

/** The API server's bad moment is no error of ours, and says nothing of the cloud. */
function unreached(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { message, retryAfterMs }: KubeError,
): FaultError {
  return new FaultError({
    reason: 'Progressing',
    message: `Secret "${name}" in namespace ${namespace}, which has the credentials, could not be read: ${message}. It is tried again by itself.`,
    retry: 'Backoff',
    retryAfterMs,
  })
}

function accountGone(account: string): FaultError {
  return new FaultError({
    reason: 'AccountNotFound',
    message: `CloudAccount "${account}" does not exist. Create it again.`,
    retry: 'OnChange',
  })
}

/** Who is allowed what is no matter of the session; how the cloud is reached is. */
function digestOf({ allow: _, ...reach }: CloudAccountSpec, credentials: Credentials | undefined): string {
  return createHash('sha256').update(canonicalJson({ reach, credentials })).digest('hex')
}

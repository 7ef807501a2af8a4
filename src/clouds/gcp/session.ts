import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { abortable } from '../abortable.ts'
import { type CloudSession, foreignTarget, type Target, type TargetDriver } from '../cloud.ts'
import { JsonHttp } from '../json-http.ts'
import { Pace } from '../pace.ts'
import { Preflight } from '../preflight.ts'
import { Remembered } from '../remembered.ts'
import type { SessionHooks, Turns } from '../session-hooks.ts'
import { basesOf, DEFAULT_REQUESTS_PER_SECOND, type GcpAccountSpec } from './account.ts'
import { tokensOf } from './credentials.ts'
import { CustomRole } from './custom-role-target.ts'
import { GcpApi } from './gcp-api.ts'
import { GcpCaller } from './gcp-caller.ts'
import { GcsBucket } from './gcs-bucket.ts'
import { GoogleError } from './google-error.ts'
import { findProject, type Project } from './identity.ts'
import type { TokenSource } from './token-source.ts'

/**
 * Opens a session with one Google Cloud project; nothing is sent yet.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key, or holds something that is not safe to use.
 */
export function openGcpSession(
  account: GcpAccountSpec,
  requestsPerSecond: number | undefined,
  secret: Readonly<Record<string, string>> | undefined,
  hooks: SessionHooks,
): CloudSession {
  return new GcpSession(account, requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND, secret, hooks)
}

class GcpSession implements CloudSession {
  readonly facts: CloudSession['facts']
  readonly #closing = new AbortController()
  readonly #http = new JsonHttp((...answer) => new GoogleError(...answer))
  readonly #tokens: TokenSource
  readonly #api: GcpApi
  readonly #preflight: Preflight
  readonly #project: Remembered<Project>
  /** A bucket takes one change of its metadata a second, whoever of us makes it. */
  readonly #hooks: SessionHooks
  readonly #storage: string
  readonly #paces = new Map<string, Turns>()

  constructor(
    account: GcpAccountSpec,
    requestsPerSecond: number,
    secret: Readonly<Record<string, string>> | undefined,
    hooks: SessionHooks,
  ) {
    const { projectId, endpoints } = account
    this.facts = { accountId: projectId, partition: 'gcp', region: '' }
    const bases = basesOf(account)
    this.#hooks = hooks
    this.#storage = bases.storage
    const caller = new GcpCaller(new Pace(requestsPerSecond), hooks)
    const parts = { projectId, http: this.#http, caller, closing: this.#closing.signal }
    this.#tokens = tokensOf(account, bases, secret, parts)
    this.#api = new GcpApi({ account, bases, http: this.#http, caller, tokens: this.#tokens, hooks })
    this.#preflight = new Preflight({
      objectUrl: (bucket, _region, key) => `${bases.storage}/${bucket}/${key}`,
      runPlain: (operation, send, signal) => caller.runPlain(operation, send, signal),
    })
    const isCustom = endpoints?.storage !== undefined
    this.#project = new Remembered(() => findProject(this.#api, projectId, isCustom, this.#closing.signal))
  }

  async identity(signal: AbortSignal): Promise<string> {
    await this.#knownProject(signal)
    return this.#tokens.identity(signal)
  }

  open(target: Target): TargetDriver {
    const project = (signal: AbortSignal) => this.#knownProject(signal)
    switch (target.kind) {
      case 'GcsBucket':
        return new GcsBucket(
          target.bucket,
          { api: this.#api, preflight: this.#preflight, project },
          this.#paceOf(target.bucket),
        )
      case 'CustomRole':
        return new CustomRole(target, { api: this.#api, project })
      default:
        throw foreignTarget(target)
    }
  }

  close(): void {
    this.#closing.abort(closed(this.facts.accountId))
    this.#http.close()
    this.#preflight.close()
  }

  #paceOf(bucket: string): Turns {
    const thing = `${this.#storage} ${bucket}`
    const known = this.#hooks.paceOf?.(thing, 1) ?? this.#paces.get(bucket) ?? new Pace(1)
    this.#paces.set(bucket, known)
    return known
  }

  /** Asked once for all who wait. */
  #knownProject(signal: AbortSignal): Promise<Project> {
    return abortable(() => this.#project.get(), signal)
  }
}

/** For a pass that still holds the session when its account or credentials have changed. */
function closed(projectId: string): FaultError {
  return new FaultError({
    reason: 'CloudUnavailable',
    message: `the session with Google Cloud project ${projectId} was closed because its CloudAccount or credentials changed. It is tried again by itself.`,
    retry: retryOf('CloudUnavailable'),
  })
}

import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { abortable } from '../abortable.ts'
import { type CloudSession, foreignTarget, type Target, type TargetDriver } from '../cloud.ts'
import { JsonHttp } from '../json-http.ts'
import { Pace } from '../pace.ts'
import { Preflight } from '../preflight.ts'
import { Remembered } from '../remembered.ts'
import type { SessionHooks } from '../session-hooks.ts'
import { type AzureAccountSpec, basesOf, DEFAULT_REQUESTS_PER_SECOND } from './account.ts'
import { AzureApi } from './azure-api.ts'
import { AzureCaller } from './azure-caller.ts'
import { AzureError } from './azure-error.ts'
import { credentialPlan } from './entra-credential.ts'
import { entraTokens, type TokenParts } from './entra-tokens.ts'
import { ServicePrincipal } from './service-principal-target.ts'
import { StorageAccount } from './storage-account.ts'
import { checkSubscription, type Identity } from './subscription.ts'
import type { TokenSource } from './token-source.ts'

/** Makes the tokens of a session of what it has. */
export type TokensFor = (parts: TokenParts) => TokenSource

/**
 * Opens a session with one Azure subscription and its tenant; nothing is sent yet, and Azure's library not loaded.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key.
 */
export function openAzureSession(
  account: AzureAccountSpec,
  requestsPerSecond: number | undefined,
  secret: Readonly<Record<string, string>> | undefined,
  hooks: SessionHooks,
): CloudSession {
  const plan = credentialPlan(account, secret)
  const pace = requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND
  return new AzureSession(account, pace, (parts) => entraTokens(plan, parts), hooks)
}

/** A session with tokens from anywhere. */
export class AzureSession implements CloudSession {
  readonly facts: CloudSession['facts']
  readonly #closing = new AbortController()
  readonly #http = new JsonHttp((...answer) => new AzureError(...answer))
  readonly #api: AzureApi
  readonly #preflight: Preflight
  readonly #identity: Remembered<Identity>

  constructor(
    account: AzureAccountSpec,
    requestsPerSecond: number,
    tokensFor: TokensFor,
    hooks: SessionHooks,
  ) {
    this.facts = { accountId: account.subscriptionId, partition: 'azure', region: '' }
    const bases = basesOf(account)
    const caller = new AzureCaller(new Pace(requestsPerSecond), hooks)
    const tokens = tokensFor({ account, bases, caller, closing: this.#closing.signal })
    this.#api = new AzureApi({ account, bases, http: this.#http, caller, tokens, hooks })
    this.#preflight = new Preflight({
      noun: 'storage account',
      objectUrl: (_account, endpoint, key) => `${endpoint}${key}/${key}`,
      runPlain: (operation, send, signal) => caller.runPlain(operation, send, signal),
    })
    this.#identity = new Remembered(() => checkSubscription(this.#api, tokens, this.#closing.signal))
  }

  async identity(signal: AbortSignal): Promise<string> {
    const { identity } = await this.#known(signal)
    return identity
  }

  open(target: Target): TargetDriver {
    const session = {
      api: this.#api,
      preflight: this.#preflight,
      subscription: (signal: AbortSignal) => this.#known(signal),
    }
    switch (target.kind) {
      case 'StorageAccount':
        return new StorageAccount(target, session)
      case 'ServicePrincipal':
        return new ServicePrincipal(target, session)
      default:
        throw foreignTarget(target)
    }
  }

  close(): void {
    this.#closing.abort(closed(this.facts.accountId))
    this.#http.close()
    this.#preflight.close()
  }

  /** Asked once for all who wait. */
  #known(signal: AbortSignal): Promise<Identity> {
    return abortable(() => this.#identity.get(), signal)
  }
}

/** For a pass that still holds the session when its account or credentials have changed. */
function closed(subscriptionId: string): FaultError {
  return new FaultError({
    reason: 'CloudUnavailable',
    message: `the session with Azure subscription ${subscriptionId} was closed because its CloudAccount or credentials changed. It is tried again by itself.`,
    retry: retryOf('CloudUnavailable'),
  })
}

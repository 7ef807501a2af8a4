import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { socketCode } from '../caller.ts'
import { type AccessToken, KeptTokens } from '../kept-tokens.ts'
import { Remembered } from '../remembered.ts'
import type { AzureAccountSpec, AzureBases } from './account.ts'
import type { AzureCall } from './azure-call.ts'
import type { AzureCaller } from './azure-caller.ts'
import { noCredentials } from './credential-faults.ts'
import { type CredentialPlan, type OpenedCredential, openCredential } from './entra-credential.ts'
import type { Audience, TokenSource } from './token-source.ts'

/** Sign-in is given up after this time. */
const ANSWER_TIMEOUT_MS = 30_000

/** What tokens are made of. Loading ends with `closing`, not with the pass that happens to need a token. */
export interface TokenParts {
  readonly account: AzureAccountSpec
  readonly bases: AzureBases
  readonly caller: AzureCaller
  readonly closing: AbortSignal
}

/**
 * Tokens from Microsoft Entra ID by Azure's own library, which is loaded by the first token. Its errors are translated; what it
 * was sent is left behind.
 */
export function entraTokens(plan: CredentialPlan, parts: TokenParts): TokenSource {
  const { arm, graph } = parts.bases.scopes
  const sources: Readonly<Record<Audience, ScopeTokens>> = {
    arm: new ScopeTokens(plan, parts, arm),
    graph: new ScopeTokens(plan, parts, graph),
  }
  return {
    token: (audience, signal) => sources[audience].token(signal),
    forget: (audience, token) => sources[audience].forget(token),
  }
}

/** Tokens for one service. */
class ScopeTokens {
  readonly #open: () => Promise<OpenedCredential>
  readonly #kept: KeptTokens
  #opened: Remembered<OpenedCredential>

  constructor(plan: CredentialPlan, parts: TokenParts, scope: string) {
    this.#open = () => openCredential(plan, parts.account, parts.bases)
    this.#opened = new Remembered(this.#open)
    this.#kept = new KeptTokens(async () => load(await this.#opened.get(), scope, parts))
  }

  token(signal: AbortSignal): Promise<string> {
    return this.#kept.token(signal)
  }

  /** The library keeps tokens, too, as long as they seem good, so it begins anew. */
  forget(token: string): void {
    this.#kept.forget(token)
    this.#opened = new Remembered(this.#open)
  }
}

function load(opened: OpenedCredential, scope: string, parts: TokenParts): Promise<AccessToken> {
  const { account, bases, caller, closing } = parts
  const call: AzureCall = {
    service: 'entra',
    operation: 'GetToken',
    host: opened.isManaged ? 'the metadata service' : new URL(bases.authority).host,
    tenantId: account.tenantId,
    subscriptionId: account.subscriptionId,
    identity: 'the given credentials',
  }
  return caller.run(call, () => tokenOf(opened, scope, closing), closing)
}

async function tokenOf(opened: OpenedCredential, scope: string, closing: AbortSignal): Promise<AccessToken> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  const abortSignal = AbortSignal.any([closing, timeout])
  try {
    const token = await opened.credential.getToken(scope, { abortSignal })
    if (token === null) throw noCredentials()
    return { token: token.token, expiresAt: token.expiresOnTimestamp }
  } catch (error) {
    if (timeout.aborted && !opened.isManaged) throw timeout.reason
    throw translated(error, opened)
  }
}

/**
 * What came over the wire says more than what the library makes of it: a wrong tenant, a busy sign-in and a closed door are one
 * CredentialUnavailableError. Where no metadata service answers, there is no managed identity.
 * https://learn.microsoft.com/javascript/api/@azure/identity/credentialunavailableerror
 */
function translated(error: unknown, { isManaged, problem }: OpenedCredential): unknown {
  if (error instanceof FaultError) return error
  const isUnavailable = error instanceof Error && error.name === 'CredentialUnavailableError'
  const isAborted = error instanceof Error && error.name === 'AbortError'
  if (isManaged && (isUnavailable || isAborted)) return noCredentials()
  const code = socketCode(error)
  if (/^E(?:NOENT|ACCES|PERM|ISDIR)$/.test(code)) return unreadableFile(code)
  return problem() ?? (isUnavailable ? noCredentials() : error)
}

/** The file of a workload identity's token. */
function unreadableFile(code: string): FaultError {
  return new FaultError({
    reason: 'CredentialsRejected',
    message: `the token file of the Azure workload identity (AZURE_FEDERATED_TOKEN_FILE) cannot be read (${code}). See that it is mounted into the pod.`,
    retry: retryOf('CredentialsRejected'),
  })
}

import type { TokenCredential } from '@azure/identity'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { socketCode } from '../caller.ts'
import { type AccessToken, KeptTokens } from '../kept-tokens.ts'
import { Remembered } from '../remembered.ts'
import type { AzureAccountSpec, AzureBases } from './account.ts'
import type { AzureCall } from './azure-call.ts'
import type { AzureCaller } from './azure-caller.ts'
import { AzureError } from './azure-error.ts'
import { noCredentials } from './credential-faults.ts'
import { type CredentialPlan, credentialOf } from './entra-credential.ts'
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
  const credential = new Remembered(() => credentialOf(plan, parts.account, parts.bases))
  const kept: Readonly<Record<Audience, KeptTokens>> = {
    arm: new KeptTokens(async () => load(await credential.get(), parts.bases.scopes.arm, parts)),
    graph: new KeptTokens(async () => load(await credential.get(), parts.bases.scopes.graph, parts)),
  }
  return {
    token: (audience, signal) => kept[audience].token(signal),
    forget: (audience, token) => kept[audience].forget(token),
  }
}

function load(credential: TokenCredential, scope: string, parts: TokenParts): Promise<AccessToken> {
  const { account, bases, caller, closing } = parts
  const call: AzureCall = {
    service: 'entra',
    operation: 'GetToken',
    host: new URL(bases.authority).host,
    tenantId: account.tenantId,
    subscriptionId: account.subscriptionId,
    identity: 'the given credentials',
  }
  return caller.run(call, () => tokenOf(credential, scope, closing), closing)
}

async function tokenOf(
  credential: TokenCredential,
  scope: string,
  closing: AbortSignal,
): Promise<AccessToken> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  try {
    const token = await credential.getToken(scope, { abortSignal: AbortSignal.any([closing, timeout]) })
    if (token === null) throw noCredentials()
    return { token: token.token, expiresAt: token.expiresOnTimestamp }
  } catch (error) {
    timeout.throwIfAborted()
    throw translated(error)
  }
}

/**
 * What the library throws: AuthenticationError with the answer, AuthenticationRequiredError with Entra's words in the message,
 * CredentialUnavailableError where there is nothing to try; with the socket's error inside where there was no answer.
 * https://learn.microsoft.com/javascript/api/@azure/identity/authenticationerror
 */
function translated(error: unknown): unknown {
  if (error instanceof FaultError || !(error instanceof Error)) return error
  const code = socketCode(error)
  if (/^E[A-Z]{3,}$|^UND_|^CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return isFile(code) ? unreadableFile(code) : error
  const { statusCode, errorResponse } = error as Partial<Answered>
  if (statusCode !== undefined && errorResponse !== undefined)
    return new AzureError(statusCode, answerOf(errorResponse))
  if (/AADSTS\d/.test(error.message))
    return new AzureError(401, answerOf({ error: error.name, errorDescription: error.message }))
  return error.name === 'CredentialUnavailableError' ? noCredentials() : error
}

interface Answered {
  readonly statusCode: number
  readonly errorResponse: { readonly error: string; readonly errorDescription: string }
}

function answerOf({ error, errorDescription }: Answered['errorResponse']) {
  const [line = ''] = errorDescription.slice(Math.max(errorDescription.indexOf('AADSTS'), 0)).split(/[\r\n]/)
  return { error, error_description: line }
}

function isFile(code: string): boolean {
  return /^E(?:NOENT|ACCES|PERM|ISDIR)$/.test(code)
}

/** The file of a workload identity's token. */
function unreadableFile(code: string): FaultError {
  return new FaultError({
    reason: 'CredentialsRejected',
    message: `the token file of the Azure workload identity (AZURE_FEDERATED_TOKEN_FILE) cannot be read (${code}). See that it is mounted into the pod.`,
    retry: retryOf('CredentialsRejected'),
  })
}

import type { HttpClient } from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { type Json, parseLosslessly } from '../../plan/json.ts'
import type { AzureAccountSpec, AzureBases } from './account.ts'
import { AzureError } from './azure-error.ts'
import { isKnownAuthority } from './cloud-instance.ts'
import { secretLacks } from './credential-faults.ts'

/** By what Mooring signs in. */
export type CredentialPlan =
  | { readonly by: 'ClientSecret'; readonly clientId: string; readonly clientSecret: string }
  /** Workload identity (https://learn.microsoft.com/azure/aks/workload-identity-overview), else managed identity. */
  | { readonly by: 'Ambient'; readonly clientId: string | undefined }

/**
 * What the Secret says, or else the ambient identity. White space around a value is what `echo` and editors leave in Secrets.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key.
 */
export function credentialPlan(
  { clientId }: Pick<AzureAccountSpec, 'clientId'>,
  secret: Readonly<Record<string, string>> | undefined,
): CredentialPlan {
  if (secret === undefined) return { by: 'Ambient', clientId }
  const id = secret.AZURE_CLIENT_ID?.trim() || clientId
  const clientSecret = secret.AZURE_CLIENT_SECRET?.trim()
  if (!id) throw secretLacks(['AZURE_CLIENT_ID'])
  if (!clientSecret) throw secretLacks(['AZURE_CLIENT_SECRET'])
  return { by: 'ClientSecret', clientId: id, clientSecret }
}

/** A credential of the library, and what went wrong on its way: the library tells only parts of that. */
export interface OpenedCredential {
  readonly credential: TokenCredential
  readonly isManaged: boolean
  /** What was answered last, if it was a refusal, or why there was no answer. */
  problem(): unknown
}

/**
 * The library's credential. It asks nobody whether an authority is one, where that is not Microsoft's own
 * (https://learn.microsoft.com/javascript/api/@azure/identity/authorityvalidationoptions), and it does not try again by itself:
 * the queue does.
 */
export async function openCredential(
  plan: CredentialPlan,
  { tenantId }: Pick<AzureAccountSpec, 'tenantId'>,
  { authority }: Pick<AzureBases, 'authority'>,
): Promise<OpenedCredential> {
  const library = await import('@azure/identity')
  const { httpClient, problem } = await watchedClient()
  const patience = { retryOptions: { maxRetries: 0 }, httpClient }
  const options = {
    authorityHost: authority,
    disableInstanceDiscovery: !isKnownAuthority(authority),
    ...patience,
  }
  const opened = (credential: TokenCredential, isManaged = false) => ({ credential, isManaged, problem })
  if (plan.by === 'ClientSecret') {
    const { clientId, clientSecret } = plan
    return opened(new library.ClientSecretCredential(tenantId, clientId, clientSecret, options))
  }
  const own = plan.clientId === undefined ? {} : { clientId: plan.clientId }
  try {
    return opened(new library.WorkloadIdentityCredential({ ...options, ...own, tenantId }))
  } catch (error) {
    if (!(error instanceof library.CredentialUnavailableError)) throw error
    return opened(new library.ManagedIdentityCredential({ ...own, ...patience }), true)
  }
}

/** The library's own way to send, with an eye on what comes back. */
async function watchedClient(): Promise<{
  readonly httpClient: HttpClient
  readonly problem: () => unknown
}> {
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const own = createDefaultHttpClient()
  const last: { problem?: unknown } = {}
  const httpClient: HttpClient = {
    async sendRequest(request) {
      try {
        const answer = await own.sendRequest(request)
        const { status, bodyAsText, headers } = answer
        last.problem =
          status < 400
            ? undefined
            : new AzureError(status, jsonOrUndefined(bodyAsText), headers.get('retry-after'))
        return answer
      } catch (error) {
        last.problem = error
        throw error
      }
    },
  }
  return { httpClient, problem: () => last.problem }
}

function jsonOrUndefined(text: string | null | undefined): Json | undefined {
  try {
    return parseLosslessly(text ?? '')
  } catch {
    return undefined
  }
}

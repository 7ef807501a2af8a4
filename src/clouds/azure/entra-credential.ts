import type { TokenCredential } from '@azure/identity'
import type { AzureAccountSpec, AzureBases } from './account.ts'
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

/**
 * The library's credential. It asks nobody whether an authority is one, where that is not Microsoft's own
 * (https://learn.microsoft.com/javascript/api/@azure/identity/authorityvalidationoptions), and it does not try again by itself:
 * the queue does.
 */
export async function credentialOf(
  plan: CredentialPlan,
  { tenantId }: Pick<AzureAccountSpec, 'tenantId'>,
  { authority }: Pick<AzureBases, 'authority'>,
): Promise<TokenCredential> {
  const library = await import('@azure/identity')
  const options = {
    authorityHost: authority,
    disableInstanceDiscovery: !isKnownAuthority(authority),
    retryOptions: { maxRetries: 0 },
  }
  if (plan.by === 'ClientSecret')
    return new library.ClientSecretCredential(tenantId, plan.clientId, plan.clientSecret, options)
  const own = plan.clientId === undefined ? {} : { clientId: plan.clientId }
  try {
    return new library.WorkloadIdentityCredential({ ...options, ...own, tenantId })
  } catch (error) {
    if (!(error instanceof library.CredentialUnavailableError)) throw error
    return new library.ManagedIdentityCredential({ ...own, retryOptions: options.retryOptions })
  }
}

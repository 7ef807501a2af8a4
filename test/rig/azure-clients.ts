/** How tests ask the Azure for tests: with Microsoft's libraries, and plainly where an answer itself is of interest. */
import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { StorageManagementClient } from '@azure/arm-storage'
import { ClientSecretCredential, type TokenCredential } from '@azure/identity'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { AzureAccount } from './azure.ts'
import type { Audience } from './azure-directory.ts'
import type { AzureFacade } from './azure-facade.ts'

type SignIn = Pick<AzureAccount, 'tenantId' | 'clientId' | 'clientSecret' | 'endpoints'>

const once = { retryOptions: { maxRetries: 0 } }

export function credentialOf({
  tenantId,
  clientId,
  clientSecret,
  endpoints,
}: SignIn): ClientSecretCredential {
  const options = { authorityHost: endpoints.authority, disableInstanceDiscovery: true, ...once }
  return new ClientSecretCredential(tenantId, clientId, clientSecret, options)
}

/** Microsoft's library for storage accounts. It does not ask again by itself. */
export function storageManagementOf(
  account: AzureAccount,
  credential: TokenCredential = credentialOf(account),
) {
  const options = { endpoint: account.endpoints.resourceManager, ...once }
  return new StorageManagementClient(credential, account.subscriptionId, options)
}

/** Microsoft's library for role assignments. It does not ask again by itself. */
export function authorizationOf(account: AzureAccount, credential: TokenCredential = credentialOf(account)) {
  const endpoint = account.endpoints.resourceManager
  const options = { endpoint, credentialScopes: [`${endpoint}/.default`], ...once }
  return new AuthorizationManagementClient(credential, account.subscriptionId, options)
}

/** Microsoft's library for blobs, with the key of the account: as whoever owns it. */
export function blobsOf(facade: AzureFacade, account: string): BlobServiceClient {
  const key = new StorageSharedKeyCredential(account, facade.accountKey(account))
  return new BlobServiceClient(`${facade.endpoints.blob}/${account}`, key, { retryOptions: { maxTries: 1 } })
}

/** The same with a token of a client, as a vendor reads. */
export function blobsAs(
  facade: AzureFacade,
  account: string,
  who: { readonly tenantId: string; readonly clientId: string },
): BlobServiceClient {
  const getToken = async () => ({
    token: facade.token({ ...who, audience: 'storage' }),
    expiresOnTimestamp: Date.now() + 600_000,
  })
  return new BlobServiceClient(
    `${facade.endpoints.blob}/${account}`,
    { getToken },
    { retryOptions: { maxTries: 1 } },
  )
}

export interface AzureReply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they check
  readonly body: any
}

/** One request of an application to Resource Manager (default) or Graph, with a body of JSON where there is one. */
export async function ask(
  facade: AzureFacade,
  who: Pick<AzureAccount, 'tenantId' | 'clientId'>,
  method: string,
  path: string,
  body?: unknown,
  audience: Exclude<Audience, 'storage'> = 'arm',
): Promise<AzureReply> {
  const base = audience === 'arm' ? facade.endpoints.resourceManager : facade.endpoints.graph
  const token = facade.token({ tenantId: who.tenantId, clientId: who.clientId, audience })
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: answer.status,
    headers: answer.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  }
}

/** What a browser asks before a request of a page of `origin`. */
export function preflight(
  facade: AzureFacade,
  account: string,
  origin: string,
  method: string,
  path = '/x/y',
) {
  return fetch(`${facade.endpoints.blob}/${account}${path}`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method },
  })
}

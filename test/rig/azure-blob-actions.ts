/** Which action a request to blob storage is. */

export interface BlobAction {
  /** For hooks and counts. */
  readonly operation: string
  readonly action: string
  /** One of `dataActions`, not of `actions`. */
  readonly isData: boolean
  /** Only a role at the account or above counts. */
  readonly isOfAccount: boolean
}

const SERVICE = 'Microsoft.Storage/storageAccounts/blobServices'
const CONTAINERS = `${SERVICE}/containers`

/** https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations */
export function actionOf(method: string, url: URL): BlobAction {
  const [, , container, ...blob] = decodeURIComponent(url.pathname).split('/')
  const [comp, restype] = [url.searchParams.get('comp'), url.searchParams.get('restype')]
  const isRead = method === 'GET' || method === 'HEAD'
  if (blob.length > 0) return ofBlob(method, isRead)
  if (restype === 'service' && comp === 'userdelegationkey')
    return ofAccount('delegationKey', `${SERVICE}/generateUserDelegationKey/action`)
  if (!container || restype === 'service')
    return comp === 'list'
      ? ofAccount('containers.list', `${CONTAINERS}/read`)
      : ofAccount('service', `${SERVICE}/${isRead ? 'read' : 'write'}`)
  if (comp === 'list') return { ...ofBlob('GET', true), operation: 'blobs.list' }
  const verb = isRead ? 'read' : method === 'DELETE' ? 'delete' : 'write'
  return {
    operation: `container.${verb}`,
    action: `${CONTAINERS}/${verb}`,
    isData: false,
    isOfAccount: false,
  }
}

function ofAccount(operation: string, action: string): BlobAction {
  return { operation, action, isData: false, isOfAccount: true }
}

function ofBlob(method: string, isRead: boolean): BlobAction {
  const verb = isRead ? 'read' : method === 'DELETE' ? 'delete' : 'write'
  return {
    operation: `blob.${verb}`,
    action: `${CONTAINERS}/blobs/${verb}`,
    isData: true,
    isOfAccount: false,
  }
}

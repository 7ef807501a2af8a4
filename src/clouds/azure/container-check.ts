import { FaultError } from '../../api/fault.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import type { AzureApi } from './azure-api.ts'
import { isNotFound } from './azure-errors.ts'

const NAME = 'ContainerExists'

/**
 * Whether the container is there: Azure takes role assignments for one that is not, and keeps them for it.
 * https://learn.microsoft.com/rest/api/storagerp/blob-containers/get
 *
 * Never throws for what the other side answers; throws the signal's reason when it was aborted.
 */
export async function checkContainer(
  api: AzureApi,
  { resourceGroup, name }: { readonly resourceGroup: string; readonly name: string },
  container: string,
  path: (container: string) => string,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  if (container === '') return []
  const where = `container "${container}" of storage account "${name}"`
  const isAnswer = (answer: Json | undefined) => isJsonObject(answer) && typeof answer.id === 'string'
  const request = {
    service: 'arm',
    operation: 'GetContainer',
    method: 'GET',
    path: path(container),
    isAnswer,
  } as const
  try {
    const answer = await api.send(
      request,
      { account: { resourceGroup, name, container } },
      signal,
      isNotFound,
    )
    if (answer !== undefined) return [{ name: NAME, result: 'Passed', message: `${where} exists` }]
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof FaultError)) throw error
    return [{ name: NAME, result: 'Unknown', message: `it could not be checked: ${error.message}` }]
  }
  const message = `${where} does not exist. Create it (az storage container create), or correct spec.azureBlob.container`
  return [{ name: NAME, result: 'Failed', message, reason: 'ContainerNotFound' }]
}

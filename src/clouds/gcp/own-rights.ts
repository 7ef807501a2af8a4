import { FaultError } from '../../api/fault.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import type { GcpApi } from './gcp-api.ts'
import { permissionOf } from './gcp-operation.ts'

const NAME = 'OwnPermissions'

/**
 * Whether Mooring itself may write the bucket's policy, and its metadata where it has CORS or lifecycle rules to mend: else it
 * could not take the access away again. https://docs.cloud.google.com/storage/docs/json_api/v1/buckets/testIamPermissions
 *
 * Never throws for what the other side answers; throws the signal's reason when it was aborted.
 */
export async function checkOwnRights(
  api: GcpApi,
  bucket: string,
  isPatched: boolean,
  signal: AbortSignal,
): Promise<CheckResult> {
  const needed = [permissionOf('SetBucketIamPolicy'), ...(isPatched ? [permissionOf('PatchBucket')] : [])]
  const query = needed.map((permission) => `permissions=${permission}`).join('&')
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/iam/testPermissions?${query}`
  const operation = 'TestBucketIamPermissions'
  const request = { service: 'storage', operation, method: 'GET', path, isAnswer: isPermissions } as const
  try {
    const answer = await api.send(request, { bucket }, signal)
    const granted = isJsonObject(answer) && Array.isArray(answer.permissions) ? answer.permissions : []
    return judge(
      bucket,
      needed.filter((permission) => !granted.includes(permission ?? '')),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof FaultError)) throw error
    return { name: NAME, result: 'Unknown', message: `it could not be checked: ${error.message}` }
  }
}

/** Without any permission the answer has its kind alone. */
function isPermissions(answer: Json | undefined): boolean {
  return (
    isJsonObject(answer) &&
    (answer.kind === 'storage#testIamPermissionsResponse' || Array.isArray(answer.permissions))
  )
}

function judge(bucket: string, missing: readonly (string | undefined)[]): CheckResult {
  if (missing.length === 0)
    return {
      name: NAME,
      result: 'Passed',
      message: `Mooring may change and take away access to bucket "${bucket}"`,
    }
  const message = `Mooring lacks ${missing.join(' and ')} on bucket "${bucket}", so it could not take this access away again (docs/gcp-permissions.md)`
  return { name: NAME, result: 'Failed', message, reason: 'AccessDenied' }
}

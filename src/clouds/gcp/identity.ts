import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import type { GcpApi } from './gcp-api.ts'
import { isNotOffered } from './gcp-errors.ts'

/** The project that the account speaks of. */
export interface Project {
  readonly projectId: string
  /** By which buckets name their project; undefined where a store does not say. */
  readonly number: string | undefined
}

/**
 * Asks for the project's service agent for Cloud Storage, whose e-mail has the project's number in it:
 * service-123456789012@gs-project-accounts.iam.gserviceaccount.com. The one request that shows that the project exists and
 * needs no permission for its buckets. https://docs.cloud.google.com/storage/docs/json_api/v1/projects/serviceAccount/get
 *
 * @param isCustomEndpoint stores other than Google's may lack the request.
 * @throws FaultError
 */
export async function findProject(
  api: GcpApi,
  projectId: string,
  isCustomEndpoint: boolean,
  signal: AbortSignal,
): Promise<Project> {
  const answer = await api.send(
    {
      service: 'storage',
      operation: 'GetStorageServiceAccount',
      method: 'GET',
      path: `/storage/v1/projects/${encodeURIComponent(projectId)}/serviceAccount`,
      isAnswer: (found) => isJsonObject(found) && typeof found.email_address === 'string',
    },
    {},
    signal,
    (error) => isCustomEndpoint && isNotOffered(error),
  )
  return { projectId, number: numberIn(answer) }
}

/** A bucket's name says nothing of whose it is, so what it says of its project counts. */
export function assertOwnBucket(project: Project, bucket: string, projectNumber: Json | undefined): void {
  if (project.number === undefined || projectNumber === undefined) return
  if (String(projectNumber) === project.number) return
  throw new FaultError({
    reason: 'WrongAccount',
    message: `bucket "${bucket}" belongs to the project with the number ${String(projectNumber)}, not to "${project.projectId}" (${project.number}) of the CloudAccount; nothing was written. Use a CloudAccount of the bucket's project.`,
    retry: retryOf('WrongAccount'),
  })
}

function numberIn(answer: Json | undefined): string | undefined {
  const email = isJsonObject(answer) ? answer.email_address : undefined
  return typeof email === 'string' ? /^service-(\d+)@/.exec(email)?.[1] : undefined
}

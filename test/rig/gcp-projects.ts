/** What Cloud Storage says about a project. https://cloud.google.com/storage/docs/json_api/v1/projects */
import { type Answer, ok, storageError } from './gcp-answers.ts'
import { type Call, projectNumber, type Serve, type World } from './gcp-world.ts'

export const projectOperations: Readonly<Record<string, Serve>> = {
  'storage.projects.serviceAccount.get': getServiceAgent,
}

/** The permission: https://docs.cloud.google.com/storage/docs/json_api/v1/projects/serviceAccount/get */
function getServiceAgent({ people }: World, { caller, parameters }: Call): Answer {
  const { projectId = '' } = parameters
  const permission = 'resourcemanager.projects.get'
  const { principal } = caller
  const isAllowed =
    people.mayInProject(principal, projectId, permission) && !people.isDenied(principal, permission)
  if (!isAllowed) {
    const words = `${principal} does not have ${permission} access to the Google Cloud project. Permission '${permission}' denied on resource (or it may not exist).`
    throw storageError(403, 'forbidden', words)
  }
  const email = `service-${projectNumber(projectId)}@gs-project-accounts.iam.gserviceaccount.com`
  return ok({ kind: 'storage#serviceAccount', email_address: email })
}

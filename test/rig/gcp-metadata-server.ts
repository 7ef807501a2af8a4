/** The metadata server of a machine or a GKE pod, where workload identity finds its tokens. */
import { type Answer, ok } from './gcp-answers.ts'
import type { World } from './gcp-world.ts'

/**
 * Serves `/computeMetadata/…` for the account; point GCE_METADATA_HOST to the façade's host and port.
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 */
export function askMetadata(world: World, path: string, flavor: unknown): Answer {
  const email = world.machine.account
  if (flavor !== 'Google' || email === undefined) return { status: 403 }
  const account = '/computeMetadata/v1/instance/service-accounts/default'
  const headers = { 'metadata-flavor': 'Google' }
  if (path === `${account}/token`) {
    const token = world.people.token({ principal: email })
    return { ...ok({ access_token: token, expires_in: 3599, token_type: 'Bearer' }), headers }
  }
  const texts: Readonly<Record<string, string>> = {
    '/computeMetadata/v1/instance': 'id\n',
    '/computeMetadata/v1/universe/universe-domain': 'googleapis.com',
    [`${account}/email`]: email,
    '/computeMetadata/v1/project/project-id': email.split('@')[1]?.split('.')[0] ?? '',
  }
  const text = texts[path]
  return text === undefined ? { status: 404, headers } : { status: 200, headers, bytes: Buffer.from(text) }
}

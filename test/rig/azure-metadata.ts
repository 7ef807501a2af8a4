/** The metadata service of a virtual machine, which gives tokens of its managed identity. */
import { type Answer, ok, Refusal } from './azure-answers.ts'
import { audienceOf } from './azure-entra.ts'
import type { Incoming } from './azure-incoming.ts'
import type { FindTask, World } from './azure-world.ts'

/** https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
export const metadataTask: FindTask = (world, incoming) => {
  const { method, url } = incoming
  if (method !== 'GET' || url.pathname.replace(/\/$/, '') !== '/metadata/identity/oauth2/token')
    return undefined
  return { operation: 'metadata', principal: '', serve: () => tokenOf(world, incoming) }
}

function tokenOf(world: World, { url, headers }: Incoming): Answer {
  const identity = world.settings.metadataClient
  const asked = url.searchParams.get('client_id')
  if (headers.metadata !== 'true') throw refusal('Required metadata header not specified')
  if (!identity || (asked !== null && asked !== identity.clientId)) throw refusal('Identity not found')
  const resource = url.searchParams.get('resource') ?? ''
  const audience = audienceOf(world, resource)
  const access_token = world.directory.token({ ...identity, audience })
  const expires_on = `${Math.floor(Date.now() / 1_000) + 3_600}`
  return ok({
    access_token,
    expires_on,
    expires_in: '3600',
    resource,
    token_type: 'Bearer',
    client_id: identity.clientId,
  })
}

function refusal(error_description: string): Refusal {
  return new Refusal(
    { status: 400, json: { error: 'invalid_request', error_description } },
    error_description,
  )
}

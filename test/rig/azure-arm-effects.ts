/** What Resource Manager's answers bring about elsewhere: CORS rules and containers are those that Azurite has. */
import type { CorsRule } from '@azure/storage-blob'
import type { Answer } from './azure-answers.ts'
import type { ArmCall } from './azure-arm-operations.ts'
import { type Incoming, type Json, jsonIn } from './azure-incoming.ts'
import type { World } from './azure-world.ts'

/**
 * Members of a blob service that the API has and the models of the fake servers do not know yet: the rig keeps them, as
 * a PUT gives them. https://learn.microsoft.com/en-us/rest/api/storagerp/blob-services/set-service-properties
 */
const NEWER_MEMBERS = ['staticWebsite'] as const

/** The body as the fake servers understand it. */
export function beforePassingOn(world: World, { operation }: ArmCall, { body }: Incoming): Buffer {
  if (operation.id !== 'BlobServices_SetServiceProperties') return body
  const json = jsonIn(body)
  if (!json?.properties) return body
  for (const name of Object.keys(json.properties))
    if (!KNOWN_MEMBERS.has(name)) world.violations.push(`A blob service has no member ${name}.`)
  return Buffer.from(JSON.stringify({ ...json, properties: without(json.properties, NEWER_MEMBERS) }))
}

const KNOWN_MEMBERS = new Set<string>([
  ...NEWER_MEMBERS,
  ...['cors', 'defaultServiceVersion', 'deleteRetentionPolicy', 'isVersioningEnabled', 'restorePolicy'],
  ...['automaticSnapshotPolicyEnabled', 'changeFeed', 'containerDeleteRetentionPolicy'],
  'lastAccessTimeTrackingPolicy',
])

/** The answer as it goes out, after what it says has been done. */
export async function afterSuccess(
  world: World,
  call: ArmCall,
  answer: Answer & { readonly json: Json },
  incoming: Incoming,
): Promise<Answer> {
  const { operation, account = '', container = '' } = call
  const name = account.toLowerCase()
  if (operation.id === 'BlobContainers_Create') await world.azurite.createContainer(name, container)
  if (operation.id === 'BlobContainers_Delete') await world.azurite.deleteContainer(name, container)
  if (operation.id === 'StorageAccounts_Delete') world.accounts.delete(name)
  if (operation.id === 'BlobServices_SetServiceProperties') {
    await world.azurite.setCors(name, corsOf(answer.json))
    world.beyondModels.set(name, pick(jsonIn(incoming.body)?.properties ?? {}, NEWER_MEMBERS))
  }
  return operation.id.startsWith('BlobServices_') ? withNewerMembers(world, name, answer) : answer
}

function withNewerMembers(world: World, name: string, answer: Answer & { readonly json: Json }): Answer {
  const properties = { ...answer.json.properties, ...world.beyondModels.get(name) }
  return { ...answer, json: { ...answer.json, properties } }
}

/** Resource Manager has lists where blob storage has texts with commas. */
function corsOf(service: Json): CorsRule[] {
  return (service.properties?.cors?.corsRules ?? []).map((rule: Json) => ({
    allowedOrigins: rule.allowedOrigins.join(','),
    allowedMethods: rule.allowedMethods.join(','),
    allowedHeaders: rule.allowedHeaders.join(','),
    exposedHeaders: rule.exposedHeaders.join(','),
    maxAgeInSeconds: rule.maxAgeInSeconds,
  }))
}

function pick(from: Json, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
}

function without(from: Json, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)))
}

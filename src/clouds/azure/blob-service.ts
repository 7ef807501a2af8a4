import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { BlobCorsRule } from './blob-cors.ts'

/** What names a resource and is not written. https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties#blobserviceproperties */
const NAMING = ['id', 'name', 'type', 'sku', 'etag', 'systemData']
/** Times that Azure tells and does not take. https://learn.microsoft.com/rest/api/storagerp/blob-services/set-service-properties#restorepolicyproperties */
const TOLD_TIMES = ['lastEnabledTime', 'minRestoreTime']

/**
 * The blob service to send: everything as read, also what this version does not know, with these CORS rules. A PUT replaces the
 * service's properties, so a setting that is left out may be set back.
 * https://learn.microsoft.com/rest/api/storagerp/blob-services/set-service-properties
 */
export function withCorsRules(service: JsonObject, rules: readonly BlobCorsRule[]): JsonObject {
  const properties = objectOr(service.properties)
  const cors = { ...objectOr(properties.cors), corsRules: rules }
  const restorePolicy = isJsonObject(properties.restorePolicy)
    ? { restorePolicy: without(properties.restorePolicy, TOLD_TIMES) }
    : {}
  return { ...without(service, NAMING), properties: { ...properties, ...restorePolicy, cors } }
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

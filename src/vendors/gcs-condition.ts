import type { GcsLocation } from './spec.ts'

/** An IAM condition. https://docs.cloud.google.com/iam/docs/reference/rest/v1/Expr */
export interface Condition {
  readonly title: string
  readonly description: string
  /** In Google's Common Expression Language. */
  readonly expression: string
}

/** https://docs.cloud.google.com/iam/docs/conditions-overview ("title … up to 100 bytes") */
const TITLE_LIMIT = 100

/**
 * Limits a grant to the objects under the prefix; undefined for the whole bucket. Reading an object is asked of the object's
 * own name; listing is asked of the bucket, with the prefix as an attribute of the request.
 * https://docs.cloud.google.com/storage/docs/access-control/iam#conditions,
 * https://docs.cloud.google.com/iam/docs/conditions-attribute-reference (objectListPrefix)
 *
 * @param lists whether the role has storage.objects.list.
 */
export function prefixCondition({ bucket, prefix }: GcsLocation, lists: boolean): Condition | undefined {
  if (prefix === '') return undefined
  const objects = `resource.name.startsWith(${quoted(`projects/_/buckets/${bucket}/objects/${prefix}`)})`
  const listing = `api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith(${quoted(prefix)})`
  const title =
    Buffer.byteLength(`Mooring: ${prefix}`) <= TITLE_LIMIT ? `Mooring: ${prefix}` : 'Mooring: prefix'
  return {
    title,
    description: 'Only objects under the prefix',
    expression: lists ? `${objects} || ${listing}` : objects,
  }
}

/** locate() lets no quote or backslash through. */
function quoted(text: string): string {
  return `"${text}"`
}

/** The limit of changes per bucket, applied to a request. */
import { storageError } from './gcp-answers.ts'
import type { Call, World } from './gcp-world.ts'

/**
 * Throws a 429 when the bucket's metadata was changed too often: https://cloud.google.com/storage/quotas#buckets,
 * https://cloud.google.com/storage/docs/gcs429. The policy is part of the metadata, too:
 * https://cloud.google.com/storage/docs/bucket-metadata (its table of editable metadata). The words follow those for
 * objects (https://github.com/fsspec/gcsfs/issues/650); those for buckets could not be confirmed.
 */
export function mustHaveRoom({ pace, unpaced }: World, { caller }: Call, bucket: string): void {
  if (unpaced.has(caller.principal) || pace.hasRoom(bucket)) return
  const words = `The bucket ${bucket} exceeded the rate limit for bucket metadata update operations. Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.`
  throw storageError(429, 'rateLimitExceeded', words)
}

/**
 * Counts a change that was carried out, and gives the bucket its next metageneration, which "increases each time you
 * modify the bucket's metadata": https://cloud.google.com/storage/docs/bucket-metadata
 */
export function spend({ pace, unpaced, buckets }: World, { caller }: Call, bucket: string): void {
  if (!unpaced.has(caller.principal)) pace.spend(bucket)
  const facts = buckets.get(bucket)
  if (facts) facts.metageneration += 1
}

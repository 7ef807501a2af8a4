/** What the Git repository has: the catalogue as it is in deploy/, and integrations of deploy/examples with buckets of the test. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { S3Client } from '@aws-sdk/client-s3'
import { stringify } from 'yaml'
import { putPolicy, strangersPolicy } from '../../integration/stage.ts'
import { repository } from '../../rig/cache.ts'
import { integration, newBucket } from '../story-words.ts'

export type Files = Readonly<Record<string, string>>

/** Where the examples have their integrations. */
export const NAMESPACE = 'perception'

/** deploy/vendors, in the folder platform. */
export async function catalogue(): Promise<Files> {
  const folder = join(repository, 'deploy', 'vendors')
  const files: Record<string, string> = {}
  for (const name of await readdir(folder))
    files[`platform/${name}`] = await readFile(join(folder, name), 'utf8')
  return files
}

/** An example of deploy/examples for another bucket, and for the test's account. */
export async function example(name: string, bucket: string): Promise<string> {
  const text = await readFile(join(repository, 'deploy', 'examples', `${name}.yaml`), 'utf8')
  return text.replace(/^( +account: ).*$/m, '$1aws-test').replace(/^( +bucket: ).*$/m, `$1${bucket}`)
}

/** V7 Darwin, whose access may change: Read or ReadWrite. */
export const darwin = (bucket: string, access: 'Read' | 'ReadWrite'): string =>
  stringify(integration(NAMESPACE, 'clips', { vendor: 'v7-darwin', s3: { bucket }, access }))

export const segments = (name: string, bucket: string, spec: object = {}): string =>
  stringify(integration(NAMESPACE, name, { s3: { bucket }, ...spec }))

/** With a policy that is not Mooring's. */
export async function strangersBucket(s3: S3Client): Promise<string> {
  const bucket = await newBucket(s3)
  await putPolicy(s3, bucket, strangersPolicy(bucket))
  return bucket
}

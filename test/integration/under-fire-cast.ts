/** Forty integrations of seven vendors on eight buckets, and what the vendors' pages say must be there for each. */
import { strict as assert } from 'node:assert'
import type { LifecycleRule } from '@aws-sdk/client-s3'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { BucketNow } from './account-snapshot.ts'
import type { RoleNow } from './roles.ts'
import { isMark, type Rule, type Statement } from './stage.ts'

export const CLOUDGLUE_ROLE = 'cloudglue-external-s3-access-role'
export const CLOUDGLUE_POLICY = 'CloudglueExternalS3AccessPolicy'
export const SCALE_ROLE = 'ScaleAI-Integration'
export const NAMESPACE = 'perception'

export interface Member {
  readonly name: string
  readonly vendor: string
  readonly bucket: string
  readonly spec: object
  /** Entries of this integration alone, in the bucket's three documents and in the key's policy. */
  readonly statements: readonly Statement[]
  readonly rules: readonly Rule[]
  readonly lifecycle: readonly LifecycleRule[]
  readonly keyStatements: readonly Statement[]
  /** What its role must be, if it has one. */
  readonly role?: RoleWanted
}

interface RoleWanted {
  /** Exact, or the one that status.outputs tells. */
  readonly name: string | undefined
  readonly principal: string
  /** Given, or the one that status.outputs tells. */
  readonly externalId: string | undefined
  /** Statements of its policies; of these resources others may be there, too, where the role is shared. */
  readonly grants: readonly Statement[]
}

/** Values that the vendors gave. */
export interface Given {
  readonly keyArn: string
  /** Scale AI's external ID, which is in a Secret of this name under the key `id`. */
  readonly scaleSecret: string
  readonly scaleExternalId: string
}

/** Five on each bucket. */
export function castOf(buckets: readonly string[], given: Given): Member[] {
  return buckets.flatMap((bucket, index) => [
    segmentsAi(bucket, index),
    cloudglue(bucket, index),
    v7(bucket, index),
    index % 2 === 0 ? datasaur(bucket, index) : weightsAndBiases(bucket, index, given),
    index < 4 ? scaleAi(bucket, index, given) : segment(bucket, index),
  ])
}

export function objectOf({ name, vendor, spec }: Member): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace: NAMESPACE },
    spec: { vendor, account: 'aws-test', ...spec },
  }
}

function member(
  vendor: string,
  index: number,
  bucket: string,
  prefix: string,
  parts: Partial<Member> & { readonly spec?: object },
): Member {
  const s3 = { bucket, ...(prefix === '' ? {} : { prefix }) }
  const nothing = { statements: [], rules: [], lifecycle: [], keyStatements: [] }
  return { name: `${vendor}-${index}`, vendor, bucket, ...nothing, ...parts, spec: { s3, ...parts.spec } }
}

const arn = (bucket: string, keys = '') => `arn:aws:s3:::${bucket}${keys === '' ? '' : `/${keys}`}`
const allow = (principal: string, Action: string[], ...Resource: string[]): Statement => ({
  Effect: 'Allow',
  Principal: { AWS: [principal] },
  Action,
  Resource,
})
const grant = (Action: string[], ...Resource: string[]): Statement => ({ Effect: 'Allow', Action, Resource })

function segmentsAi(bucket: string, index: number): Member {
  const user = 'arn:aws:iam::931508227573:user/segmentsai-prod-user'
  return member('segments-ai', index, bucket, 'raw/', {
    statements: [allow(user, ['s3:GetObject'], arn(bucket, 'raw/*'))],
    rules: [{ AllowedOrigins: ['https://*.segments.ai'], AllowedMethods: ['GET'], AllowedHeaders: ['*'] }],
  })
}

function cloudglue(bucket: string, index: number): Member {
  const prefix = index % 2 === 0 ? '' : 'video/'
  const read = ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation']
  const transfer = 'cloudglue-external-transfer'
  return member('cloudglue', index, bucket, prefix, {
    role: {
      name: CLOUDGLUE_ROLE,
      principal: 'arn:aws:iam::992382634011:root',
      externalId: undefined,
      grants: [
        grant(read, arn(bucket), arn(bucket, `${prefix}*`)),
        grant(['s3:PutObject'], arn(transfer), arn(transfer, '*')),
      ],
    },
  })
}

function v7(bucket: string, index: number): Member {
  const role = 'arn:aws:iam::258327614892:role/external_s3'
  const writes = index % 2 === 0
  const lists = index % 4 === 0
  return member('v7-darwin', index, bucket, 'v7/', {
    spec: {
      access: writes ? 'ReadWrite' : 'Read',
      ...(lists ? { parameters: { miraxFiles: 'true' } } : {}),
    },
    statements: [
      allow(role, ['s3:GetObject'], arn(bucket, 'v7/*')),
      ...(writes ? [allow(role, ['s3:PutObject'], arn(bucket, 'v7/*'))] : []),
      ...(lists ? [allow(role, ['s3:ListBucket'], arn(bucket))] : []),
    ],
  })
}

function datasaur(bucket: string, index: number): Member {
  const expiry = (Prefix: string): LifecycleRule => ({
    Status: 'Enabled',
    Filter: { Prefix },
    Expiration: { Days: 7 },
  })
  const actions =
    'ListBucket ListBucketVersions PutObjectAcl PutObject GetObjectAcl GetObject DeleteObjectVersion DeleteObject GetBucketLocation'
  return member('datasaur', index, bucket, 'text/', {
    spec: { parameters: { externalId: `datasaur-${index}` } },
    rules: [
      {
        AllowedOrigins: ['https://app.datasaur.ai'],
        AllowedMethods: ['GET', 'PUT', 'POST', 'HEAD', 'DELETE'],
        AllowedHeaders: ['*'],
      },
    ],
    lifecycle: [expiry('text/temp/'), expiry('text/export/')],
    role: {
      name: undefined,
      principal: 'arn:aws:iam::682361690817:root',
      externalId: `datasaur-${index}`,
      grants: [
        grant(
          actions.split(' ').map((name) => `s3:${name}`),
          arn(bucket, 'text/*'),
          arn(bucket),
        ),
      ],
    },
  })
}

function weightsAndBiases(bucket: string, index: number, { keyArn }: Given): Member {
  const role = 'arn:aws:iam::725579432336:role/WandbIntegration'
  const actions =
    'GetObject* GetEncryptionConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions AbortMultipartUpload DeleteObject PutObject GetBucketCORS GetBucketLocation GetBucketVersioning'
  const uses = ['Decrypt', 'Describe*', 'Encrypt', 'ReEncrypt*', 'GenerateDataKey*']
  const hasKey = index < 4
  return member('weights-and-biases', index, bucket, 'runs/', {
    spec: { parameters: { oldVersions: 'Expire', ...(hasKey ? { kmsKeyArn: keyArn } : {}) } },
    statements: [
      allow(
        role,
        actions.split(' ').map((name) => `s3:${name}`),
        arn(bucket),
        arn(bucket, 'runs/*'),
      ),
    ],
    rules: [
      {
        AllowedOrigins: ['*'],
        AllowedMethods: ['GET', 'HEAD', 'PUT'],
        AllowedHeaders: ['*'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: 3_000,
      },
    ],
    lifecycle: [
      {
        Status: 'Enabled',
        Filter: { Prefix: 'runs/' },
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      },
    ],
    keyStatements: hasKey
      ? [
          allow(
            role,
            uses.map((name) => `kms:${name}`),
            '*',
          ),
        ]
      : [],
  })
}

function scaleAi(bucket: string, index: number, { scaleSecret, scaleExternalId }: Given): Member {
  const prefix = `scale/${index}/`
  return member('scale-ai', index, bucket, prefix, {
    spec: { parametersFrom: [{ name: 'externalId', secretKeyRef: { name: scaleSecret, key: 'id' } }] },
    role: {
      name: SCALE_ROLE,
      principal: 'arn:aws:iam::307185671274:root',
      externalId: scaleExternalId,
      grants: [grant(['s3:GetObject', 's3:ListBucket'], arn(bucket, `${prefix}*`), arn(bucket))],
    },
  })
}

function segment(bucket: string, index: number): Member {
  return member('segment', index, bucket, '', {
    spec: { parameters: { workspaceId: `workspace-${index}` } },
    role: {
      name: undefined,
      principal: 'arn:aws:iam::595280932656:role/segment-s3-integration-production-access',
      externalId: `workspace-${index}`,
      grants: [grant(['s3:PutObject', 's3:PutObjectAcl'], arn(bucket, 'segment-logs/*'))],
    },
  })
}

/** Where the entries of integrations are looked for. */
export interface CloudNow {
  bucket(name: string): Promise<BucketNow>
  role(name: string): Promise<RoleNow | undefined>
  keyStatements(): Promise<readonly Statement[]>
}

/** Fails with the first thing that the vendor's page asks for and the cloud lacks. */
export async function assertServed(
  cloud: CloudNow,
  { name, bucket, statements, rules, lifecycle, keyStatements, role }: Member,
  { outputs = {} }: { readonly outputs?: Readonly<Record<string, string>> },
): Promise<void> {
  const { policy, cors, lifecycle: kept } = await cloud.bucket(bucket)
  const inBucket = [
    [statements, policy?.Statement ?? [], 'statement'],
    [rules, cors, 'CORS rule'],
    [lifecycle, kept?.Rules ?? [], 'lifecycle rule'],
    [keyStatements, keyStatements.length === 0 ? [] : await cloud.keyStatements(), 'statement of the key'],
  ] as const
  for (const [wanted, found, what] of inBucket) {
    const ours = entriesOf(found)
    for (const entry of wanted)
      assert.ok(ours.includes(plain(entry)), `${name} lacks its ${what} ${plain(entry)}`)
  }
  if (role === undefined) return
  const roleName = role.name ?? outputs.roleArn?.split('/').at(-1) ?? '(none told)'
  const now = await cloud.role(roleName)
  assert.ok(now, `${name} lacks its role ${roleName}`)
  assertRole(name, now, role, outputs)
}

function assertRole(
  name: string,
  now: RoleNow,
  { principal, externalId, grants }: RoleWanted,
  outputs: Readonly<Record<string, string>>,
): void {
  const id = externalId ?? outputs.externalId ?? '(none told)'
  const [trust, ...others] = now.trust
  assert.deepEqual(others, [], `${name}: exactly one trust statement`)
  const wanted = {
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': id } },
  }
  assert.equal(plain(trust ?? {}), plain(wanted), `${name}: its trust`)
  const policies = [...Object.values(now.inline), ...Object.values(now.attached)]
  const found = policies.flatMap((list) => list ?? [])
  for (const { Action, Resource } of grants) {
    const match = found.find((statement) => plain({ a: statement.Action }) === plain({ a: Action }))
    const resources = listOf(match?.Resource)
    for (const resource of listOf(Resource))
      assert.ok(resources.includes(resource), `${name}: its role does not reach ${resource}`)
  }
}

/** Mooring's own entries of a document, without their marks. */
export function entriesOf(entries: readonly object[]): string[] {
  return oursOf(entries).map(plain)
}

export function oursOf<T extends object>(entries: readonly T[]): T[] {
  return entries.filter(
    (entry) => ('Sid' in entry && isMark(entry.Sid)) || ('ID' in entry && isMark(entry.ID)),
  )
}

export function strangersOf<T extends object>(entries: readonly T[]): T[] {
  const ours = oursOf(entries)
  return entries.filter((entry) => !ours.includes(entry))
}

/** An entry as a text without its mark; lists in order of their texts, one value as a list of one. */
function plain(entry: object): string {
  const { Sid: _, ID: __, ...rest } = entry as Record<string, unknown>
  return JSON.stringify(sorted(rest))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(String).sort()
  if (typeof value !== 'object' || value === null) return [String(value)]
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && String(field) !== '')
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sorted(field)]),
  )
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
}

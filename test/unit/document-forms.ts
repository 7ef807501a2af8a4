/** Every kind of shared document as a text in the cloud: how it is taken apart, put together again, and what Mooring adds to it. */
import fc from 'fast-check'
import {
  bucketPolicyKind,
  decodeBucketPolicy,
  encodeBucketPolicy,
} from '../../src/clouds/aws/bucket-policy.ts'
import { decodeKeyPolicy, encodeKeyPolicy, keyPolicyKind } from '../../src/clouds/aws/key-policy.ts'
import { assignmentSteps } from '../../src/clouds/azure/assignment-steps.ts'
import { blobCorsKind, decodeBlobCors, encodeBlobCors } from '../../src/clouds/azure/blob-cors.ts'
import { withCorsRules } from '../../src/clouds/azure/blob-service.ts'
import { decodeAssignments, roleAssignmentsKind } from '../../src/clouds/azure/role-assignments.ts'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import { customRoleKind, decodeCustomRole } from '../../src/clouds/gcp/custom-role.ts'
import { decodeGcsCors, encodeGcsCors, gcsCorsKind } from '../../src/clouds/gcp/gcs-cors.ts'
import {
  decodeGcsLifecycle,
  encodeGcsLifecycle,
  gcsLifecycleKind,
} from '../../src/clouds/gcp/gcs-lifecycle.ts'
import { roleAfter } from '../../src/clouds/gcp/role-after.ts'
import { assertShallow } from '../../src/clouds/nesting.ts'
import { asList } from '../../src/clouds/unreadable.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import { isJsonObject, type Json, type JsonObject, parseLosslessly } from '../../src/plan/json.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { Plain } from './hostile-json.ts'

export const INSTALLATION = 'b1f1b3b2-0000-4000-8000-000000000001'
export const TARGET = 'target'

/** One kind of document, as the cloud keeps it. */
export interface DocumentForm {
  readonly label: string
  readonly kind: DocumentKind
  /** True where the cloud keeps entries without order and each once. */
  readonly isSet?: true
  /** What strangers have in it, well-formed. */
  readonly strangers: fc.Arbitrary<Plain>
  /** A document with so many strangers' entries. */
  many(count: number): Plain
  /** What integration number n wants in it. */
  wanted(n: number): unknown
  /** @throws FaultError or SyntaxError, which the session makes a fault of. */
  decode(text: string): Document
  /** The cloud's text after the write. */
  encode(after: Document, before: Document, text: string): string
}

/** As JSON over HTTP is read (json-http.ts). */
function parsed(text: string): Json {
  assertShallow(text)
  return parseLosslessly(text)
}

const word = fc.constantFrom('a', 'b', 'roles/storage.objectViewer', 'GET', 'https://a.example', '*')
const words = fc.array(word, { maxLength: 3 })
const times = (count: number, make: (n: number) => Plain): Plain[] =>
  Array.from({ length: count }, (_, n) => make(n))

// — AWS —

const statement = (n: number) => ({
  Sid: `s${n}`,
  Effect: 'Allow',
  Principal: { AWS: [`arn:aws:iam::111122223333:role/r${n}`, '444455556666'] },
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource: `arn:aws:s3:::b/${n}/*`,
  Condition: { NumericLessThan: { 's3:max-keys': 1.5 }, Bool: { 'aws:SecureTransport': true } },
})
const policy = (count: number): Plain => ({
  Version: '2012-10-17',
  Id: 'theirs',
  Statement: times(count, statement),
})
const ours = (n: number) => ({
  Effect: 'Allow',
  Principal: { AWS: ['931508227573'] },
  Action: ['s3:GetObject'],
  Resource: [`arn:aws:s3:::b/ours-${n}/*`],
})
const policies = fc.integer({ min: 0, max: 4 }).map(policy)

const BUCKET_POLICY: DocumentForm = {
  ...{
    label: 'bucket policy',
    kind: bucketPolicyKind as DocumentKind,
    strangers: policies,
    many: policy,
    wanted: ours,
  },
  decode: decodeBucketPolicy,
  encode: (after) => encodeBucketPolicy(after as never) ?? '{"Version":"2012-10-17","Statement":[]}',
}

const KEY_POLICY: DocumentForm = {
  ...{
    label: 'key policy',
    kind: keyPolicyKind as DocumentKind,
    strangers: policies,
    many: policy,
    wanted: ours,
  },
  decode: decodeKeyPolicy,
  encode: (after) =>
    after.entries.length === 0 ? '{"Version":"2012-10-17","Statement":[]}' : encodeKeyPolicy(after as never),
}

// — Google Cloud —

const binding = (n: number) => ({
  role: `roles/r${n % 7}`,
  members: [`serviceAccount:a${n}@x.iam.gserviceaccount.com`, 'user:B@x.example'],
  condition: { title: `t${n}`, expression: `resource.name == "${n}"` },
})
const BUCKET_IAM: DocumentForm = {
  label: 'bucket IAM policy',
  kind: bucketIamKind as DocumentKind,
  strangers: fc
    .integer({ min: 0, max: 4 })
    .map((n) => ({ version: 3, etag: 'BwY=', bindings: times(n, binding) })),
  many: (count) => ({ version: 3, etag: 'BwY=', bindings: times(count, binding) }),
  wanted: (n) => ({
    part: { role: 'roles/storage.objectViewer', member: `serviceAccount:o${n}@v.iam.gserviceaccount.com` },
  }),
  decode: (text) => decodeBucketIam(parsed(text), { bucket: 'b', uniformAccess: true }),
  encode: (after, _before, text) => {
    const sent = encodeBucketIam(after as never)
    return sent === undefined ? text : JSON.stringify(sent)
  },
}

const gcsRule = (n: number) => ({
  origin: [`https://${n}.example`],
  method: ['GET', 'PUT'],
  responseHeader: ['ETag'],
  maxAgeSeconds: n,
})
const GCS_CORS: DocumentForm = {
  label: 'CORS of a Google bucket',
  kind: gcsCorsKind as DocumentKind,
  strangers: fc.array(
    fc.record(
      { origin: words, method: words, responseHeader: words, maxAgeSeconds: fc.nat() },
      { requiredKeys: [] },
    ),
    { maxLength: 4 },
  ),
  many: (count) => times(count, gcsRule),
  wanted: (n) => ({ part: { origin: [`https://ours-${n}.example`], method: ['GET'], responseHeader: [] } }),
  decode: (text) => decodeGcsCors(parsed(text), '1'),
  encode: (after, _before, text) => {
    const sent = encodeGcsCors(after as never)
    return sent === undefined ? text : JSON.stringify(sent)
  },
}

const gcsLife = (n: number) => ({
  action: { type: 'Delete' },
  condition: { age: n, matchesPrefix: ['a/', 'b/'] },
})
const GCS_LIFECYCLE: DocumentForm = {
  label: 'lifecycle of a Google bucket',
  kind: gcsLifecycleKind as DocumentKind,
  strangers: fc.integer({ min: 0, max: 4 }).map((n) => ({ rule: times(n, gcsLife) })),
  many: (count) => ({ rule: times(count, gcsLife) }),
  wanted: (n) => ({
    part: { action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: [`ours-${n}/`] } },
  }),
  decode: (text) => decodeGcsLifecycle(parsed(text), '1'),
  encode: (after, _before, text) => {
    const sent = encodeGcsLifecycle(after as never)
    return sent === undefined ? text : JSON.stringify(sent ?? { rule: [] })
  },
}

const tag = installationTag(INSTALLATION, TARGET)
const customRole = (permissions: readonly string[]) => ({
  ...{
    name: 'projects/p/roles/r',
    title: 'Ours',
    description: `Ours. [mooring:${tag}]`,
    stage: 'GA',
    etag: 'BwY=',
  },
  includedPermissions: permissions,
})
const CUSTOM_ROLE: DocumentForm = {
  label: 'custom role',
  isSet: true,
  kind: customRoleKind as DocumentKind,
  strangers: fc
    .uniqueArray(fc.constantFrom('storage.objects.get', 'storage.objects.list', 'x.y.z'))
    .map(customRole),
  many: (count) => customRole(Array.from({ length: count }, (_, n) => `storage.x.p${n}`)),
  wanted: (n) => ({ part: { in: 'Permission', permission: `storage.objects.ours${n}` } }),
  decode: (text) => decodeCustomRole(parsed(text)),
  encode: (after, _before, text) => {
    const content = roleAfter(after as never)
    const read = parsed(text) as JsonObject
    if (content === undefined) return JSON.stringify({ ...read, includedPermissions: [] })
    const { permissions, ...texts } = content
    return JSON.stringify({ ...read, ...texts, includedPermissions: permissions })
  },
}

// — Azure —

const ACCOUNT = '/subscriptions/s/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/clips'
const about = {
  account: ACCOUNT,
  tenantId: 't',
  authority: 'https://login.example',
  creates: false,
  principals: {},
}
const assignment = (n: number) => ({
  id: `${ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/${n}`,
  name: String(n),
  properties: {
    scope: ACCOUNT,
    roleDefinitionId: `/x/roleDefinitions/r${n % 5}`,
    principalId: `p${n}`,
    condition: null,
  },
})
const ASSIGNMENTS: DocumentForm = {
  label: 'role assignments',
  kind: roleAssignmentsKind as DocumentKind,
  strangers: fc.integer({ min: 0, max: 4 }).map((n) => times(n, assignment)),
  many: (count) => times(count, assignment),
  wanted: (n) => ({ part: { principalId: `ours-${n}`, roleDefinitionId: 'reader', scope: '' } }),
  decode: (text) => {
    const items = asList(parsed(text), 'list')
    if (!items.every(isJsonObject)) throw new SyntaxError('no list of objects')
    return decodeAssignments(items, about as never)
  },
  encode: (after, before, text) => {
    const steps = assignmentSteps(before as never, after as never)
    const list = (parsed(text) ?? []) as readonly JsonObject[]
    const gone = new Set(steps.flatMap((step) => (step.do === 'Delete' ? [step.id] : [])))
    const made = steps
      .flatMap((step) => (step.do === 'Delete' ? [] : [step]))
      .map(({ id, body }) => ({
        id,
        properties: {
          ...(body.properties as JsonObject),
          scope: id.replace(/\/providers\/Microsoft\.Authorization.*/, ''),
        },
      }))
    return JSON.stringify([...list.filter(({ id }) => !gone.has(String(id))), ...made])
  },
}

const blobRule = (n: number) => ({
  ...{
    allowedOrigins: [`https://${n}.example`],
    allowedMethods: ['GET'],
    allowedHeaders: ['*'],
    exposedHeaders: [],
  },
  maxAgeInSeconds: n,
})
const service = (rules: Plain): Plain => ({
  id: `${ACCOUNT}/blobServices/default`,
  properties: {
    isVersioningEnabled: true,
    deleteRetentionPolicy: { enabled: true, days: 7 },
    cors: { corsRules: rules },
  },
})
const BLOB_CORS: DocumentForm = {
  label: 'CORS of a blob service',
  kind: blobCorsKind as DocumentKind,
  strangers: fc.integer({ min: 0, max: 4 }).map((n) => service(times(n, blobRule))),
  many: (count) => service(times(count, blobRule)),
  wanted: (n) => ({ part: { ...blobRule(60), allowedOrigins: [`https://ours-${n}.example`] } }),
  decode: (text) => decodeBlobCors(parsed(text)),
  encode: (after, _before, text) => {
    const sent = encodeBlobCors(after as never)
    return sent === undefined ? text : JSON.stringify(withCorsRules(parsed(text) as JsonObject, sent))
  },
}

export const FORMS: readonly DocumentForm[] = [
  ...[BUCKET_POLICY, KEY_POLICY, BUCKET_IAM, GCS_CORS, GCS_LIFECYCLE, CUSTOM_ROLE, ASSIGNMENTS, BLOB_CORS],
]

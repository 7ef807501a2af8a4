/** The CRDs, the catalogue and the examples before a real API server. */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { repository } from '../rig/cache.ts'
import { installCrds } from '../rig/install.ts'
import type { Kubectl } from '../rig/kubectl.ts'
import { cluster, uniqueName } from '../rig/shared.ts'

type Spec = Readonly<Record<string, unknown>>

const apiVersion = 'mooring.dev/v1alpha1'
const namespace = uniqueName('crds')

const integrationOf = (spec: Spec, name = 'clips') => ({
  apiVersion,
  kind: 'StorageIntegration',
  metadata: { name, namespace },
  spec,
})
const accountOf = (spec: Spec, name = 'aws-prod') => ({
  apiVersion,
  kind: 'CloudAccount',
  metadata: { name },
  spec,
})
const vendorOf = (spec: Spec, name = 'sketch') => ({
  apiVersion,
  kind: 'StorageVendor',
  metadata: { name },
  spec: {
    displayName: 'Sketch',
    revision: '1',
    documentation: { url: 'https://docs.example.com', checkedOn: '2026-11-22' },
    ...spec,
  },
})

// biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
const [PREFIX, OBJECTS] = ['${prefix}', 'arn:${partition}:s3:::${bucket}/${prefix}*']
// biome-ignore lint/suspicious/noTemplateCurlyInString: the same
const ALL_OBJECTS = 'arn:${partition}:s3:::${bucket}/*'
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of AWS policies
const POLICY_VARIABLE = '${aws:username}'

const s3 = { bucket: 'clips' }
const aws = { accountId: '123456789012', region: 'eu-west-1' }
const access = [{ name: 'Read', description: 'Reads objects.' }]
const statement = {
  name: 'read',
  principal: { aws: ['111111111111'] },
  actions: ['s3:GetObject'],
  resources: [OBJECTS],
}
const bucketPolicy = { statements: [statement] }

const integrate = (spec: Spec) => integrationOf({ vendor: 'v', s3, ...spec })
const bucketNamed = (bucket: string) => integrate({ s3: { bucket } })
const gcsNamed = (bucket: string) => integrationOf({ vendor: 'v', gcs: { bucket } })
const prefixed = (prefix: string) => integrate({ s3: { bucket: 'clips', prefix } })
const azured = (location: Spec) =>
  integrationOf({
    vendor: 'v',
    azureBlob: { resourceGroup: 'ml', storageAccount: 'streetscenes', ...location },
  })
const awsAccount = (more: Spec) => accountOf({ aws: { ...aws, ...more } })
const allowing = (...allow: readonly Spec[]) => accountOf({ aws, allow })
const vending = (more: Spec) => vendorOf({ access, s3: { bucketPolicy }, ...more })
const stating = (more: Spec, others: Spec = {}) =>
  vendorOf({ access, s3: { bucketPolicy: { statements: [{ ...statement, ...more }] } }, ...others })
const coring = (rule: Spec) =>
  vendorOf({
    access,
    s3: {
      bucketPolicy,
      cors: {
        rules: [{ name: 'r', allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], ...rule }],
      },
    },
  })
const aging = (rule: Spec) =>
  vendorOf({ access, s3: { bucketPolicy, lifecycle: { rules: [{ name: 'r', ...rule }] } } })
const trusting = (trust: Spec) =>
  vendorOf({
    access,
    s3: {
      role: {
        trust: { statements: [{ name: 'v', ...trust }] },
        inlinePolicies: [
          { name: 'p', statements: [{ name: 's', actions: ['s3:GetObject'], resources: ['arn:x'] }] },
        ],
      },
    },
  })
const granting = (grant: Spec) => vendorOf({ access, gcs: { grants: [{ name: 'g', ...grant }] } })

interface Refusal {
  readonly object: object
  /** Field, and a piece of the sentence that says what to do. */
  readonly says: readonly string[]
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'an integration without a storage location': {
    object: integrationOf({ vendor: 'v' }),
    says: ['spec: Invalid value', 'set one of spec.s3, spec.gcs or spec.azureBlob'],
  },
  'an integration with two storage locations': {
    object: integrate({ gcs: { bucket: 'clips' } }),
    says: ['spec: Invalid value', 'exactly one storage location'],
  },
  'an integration without a vendor': {
    object: integrationOf({ s3 }),
    says: ['spec.vendor', 'Required value'],
  },
  'a vendor that is a URL': {
    object: integrate({ vendor: 'https://segments.ai' }),
    says: ['spec.vendor', 'use the metadata.name of a StorageVendor'],
  },
  'an account that is an ARN': {
    object: integrate({ account: 'arn:aws:iam::123456789012:root' }),
    says: ['spec.account', 'use the metadata.name of a CloudAccount'],
  },
  'a bucket in capitals': {
    object: bucketNamed('Clips'),
    says: ['spec.s3.bucket', 'lowercase letters', 'give the bare name'],
  },
  'a bucket with an underscore': {
    object: bucketNamed('my_clips'),
    says: ['spec.s3.bucket', 'is not an S3 bucket name'],
  },
  'a bucket of two letters': { object: bucketNamed('ab'), says: ['spec.s3.bucket', '3 to 63'] },
  'a bucket of 64 letters': {
    object: bucketNamed('a'.repeat(64)),
    says: ['spec.s3.bucket', 'may not be more than 63'],
  },
  'a bucket as s3:// URL': {
    object: bucketNamed('s3://clips'),
    says: ['spec.s3.bucket', 'without s3:// or arn:'],
  },
  'a bucket that ends with a dash': {
    object: bucketNamed('clips-'),
    says: ['spec.s3.bucket', 'beginning and ending with a letter or digit'],
  },
  'a bucket with two periods in a row': {
    object: bucketNamed('my..clips'),
    says: ['spec.s3.bucket', 'two periods in a row'],
  },
  'a bucket like an IP address': {
    object: bucketNamed('192.168.5.4'),
    says: ['spec.s3.bucket', 'look like an IP address'],
  },
  'an access point alias for a bucket': {
    object: bucketNamed('clips-abc-s3alias'),
    says: ['spec.s3.bucket', 'name a general purpose bucket'],
  },
  'a bucket with a wildcard': { object: bucketNamed('clips-*'), says: ['spec.s3.bucket'] },
  'a bucket with a newline at its end': { object: bucketNamed('clips\n'), says: ['spec.s3.bucket'] },
  'a prefix without a slash at its end': {
    object: prefixed('raw'),
    says: ['spec.s3.prefix', "must end with '/'", 'write raw/'],
  },
  'an empty prefix': {
    object: prefixed(''),
    says: ['spec.s3.prefix', 'leave prefix out for the whole bucket'],
  },
  'a prefix with a slash at its beginning': {
    object: prefixed('/raw/'),
    says: ['spec.s3.prefix', "must not begin with '/'"],
  },
  'a prefix with a star': {
    object: prefixed('raw/*/'),
    says: ['spec.s3.prefix', 'would widen the grant', 'write raw/'],
  },
  'a prefix with a question mark': {
    object: prefixed('ra?/'),
    says: ['spec.s3.prefix', 'would widen the grant'],
  },
  'a prefix with a policy variable': {
    object: prefixed(`${POLICY_VARIABLE}/`),
    says: ['spec.s3.prefix', 'policy variables'],
  },
  'a prefix with a newline': { object: prefixed('raw\n/'), says: ['spec.s3.prefix', 'control characters'] },
  'a prefix of 513 characters': {
    object: prefixed(`${'a'.repeat(512)}/`),
    says: ['spec.s3.prefix', 'may not be more than 512'],
  },
  'a GCS bucket that contains google': {
    object: gcsNamed('my-google-clips'),
    says: ['spec.gcs.bucket', 'contain google'],
  },
  'a GCS bucket with a part of 64 letters': {
    object: gcsNamed(`${'a'.repeat(64)}.example.com`),
    says: ['spec.gcs.bucket', '63 between two of them'],
  },
  'a GCS prefix that would end the text of an IAM condition': {
    object: integrationOf({ vendor: 'v', gcs: { bucket: 'clips', prefix: 'a") || true || ("/' } }),
    says: ['spec.gcs.prefix', 'would end the text of an IAM condition'],
  },
  'a storage account as URL': {
    object: azured({ storageAccount: 'https://x.blob' }),
    says: ['spec.azureBlob.storageAccount', 'give the name, not the URL'],
  },
  'a container with two dashes': {
    object: azured({ container: 'my--images' }),
    says: ['spec.azureBlob.container', "single '-'"],
  },
  'a resource group as ID': {
    object: azured({ resourceGroup: '/subscriptions/x' }),
    says: ['spec.azureBlob.resourceGroup', 'not the resource ID'],
  },
  'a mode that does not exist': {
    object: integrate({ mode: 'DryRun' }),
    says: ['spec.mode', 'Unsupported value: "DryRun"', '"Enforce", "Plan"'],
  },
  'a deletion policy that does not exist': {
    object: integrate({ deletionPolicy: 'Orphan' }),
    says: ['spec.deletionPolicy', '"Revoke", "Retain"'],
  },
  'an access level in lower case': {
    object: integrate({ access: 'read' }),
    says: ['spec.access', 'CamelCase', 'leave it out for the least one'],
  },
  'an expiry that is no moment': {
    object: integrate({ expiresAt: 'next week' }),
    says: ['spec.expiresAt', 'date-time'],
  },
  'an expiry that is only a day': {
    object: integrate({ expiresAt: '2027-03-01' }),
    says: ['spec.expiresAt', 'date-time'],
  },
  'a parameter in both places': {
    object: integrate({
      parameters: { externalId: 'x' },
      parametersFrom: [{ name: 'externalId', secretKeyRef: { name: 's', key: 'k' } }],
    }),
    says: ['spec.parametersFrom', 'keep it in one of them'],
  },
  'a parameter from two Secrets': {
    object: integrate({
      parametersFrom: [
        { name: 'externalId', secretKeyRef: { name: 'a', key: 'k' } },
        { name: 'externalId', secretKeyRef: { name: 'b', key: 'k' } },
      ],
    }),
    says: ['spec.parametersFrom[1]', 'Duplicate value'],
  },
  'an empty parameter, which may be a template that went wrong': {
    object: integrate({ parameters: { externalId: '' } }),
    says: ['spec.parameters.externalId', 'at least 1 char'],
  },
  'a field that does not exist': {
    object: integrate({ bucket: 'clips' }),
    says: ['unknown field "spec.bucket"'],
  },

  'an account without a cloud': {
    object: accountOf({ allow: [] }),
    says: ['spec: Invalid value', 'set one of spec.aws, spec.gcp or spec.azure'],
  },
  'an account with two clouds': {
    object: accountOf({ aws, gcp: { projectId: 'perception-prod' } }),
    says: ['spec: Invalid value', 'exactly one cloud'],
  },
  'an account ID with dashes': {
    object: awsAccount({ accountId: '1234-5678-90' }),
    says: ['spec.aws.accountId', '12 digits in quotes'],
  },
  'an account ID that lost its leading zero as a number': {
    object: awsAccount({ accountId: 12345678901 }),
    says: ['spec.aws.accountId', 'string'],
  },
  'an account without a region': {
    object: accountOf({ aws: { accountId: '123456789012' } }),
    says: ['spec.aws.region', 'Required value'],
  },
  'a partition that does not fit the region': {
    object: awsAccount({ partition: 'aws-cn' }),
    says: ['spec.aws.partition', 'correct one of them'],
  },
  'a role to assume that is a user': {
    object: awsAccount({ assumeRole: { roleArn: 'arn:aws:iam::123456789012:user/x' } }),
    says: ['spec.aws.assumeRole.roleArn', 'it looks like arn:aws:iam::123456789012:role/mooring'],
  },
  'an endpoint without a scheme': {
    object: awsAccount({ endpoint: 'localhost:4566' }),
    says: ['spec.aws.endpoint', 'http:// or https://'],
  },
  'an endpoint with a password': {
    object: awsAccount({ endpoint: 'https://user:secret@storage.example.com' }),
    says: ['spec.aws.endpoint', 'without user name'],
  },
  'a Secret without its namespace': {
    object: awsAccount({ credentialsSecretRef: { name: 'aws' } }),
    says: ['spec.aws.credentialsSecretRef.namespace', 'Required value'],
  },
  'a project number instead of its ID': {
    object: accountOf({ gcp: { projectId: '123456789012' } }),
    says: ['spec.gcp.projectId', 'give the ID, not the number'],
  },
  'a subscription by name': {
    object: accountOf({
      azure: { tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47', subscriptionId: 'production' },
    }),
    says: ['spec.azure.subscriptionId', 'copy the ID, not the name'],
  },
  'an allow rule with both namespaces and namespaceSelector': {
    object: allowing({ namespaces: ['a'], namespaceSelector: { matchLabels: { team: 'a' } } }),
    says: ['spec.allow[0]', 'exactly one of namespaces and namespaceSelector'],
  },
  'an allow rule for nobody': {
    object: allowing({ vendors: ['v'] }),
    says: ['spec.allow[0]', 'name the namespaces, or select them by label'],
  },
  'an allow rule with an empty list, of which nobody knows whether it means any or none': {
    object: allowing({ namespaces: ['a'], vendors: [] }),
    says: ['spec.allow[0].vendors', 'at least 1'],
  },
  'a selector that compares with nothing': {
    object: allowing({ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In' }] } }),
    says: ['spec.allow[0].namespaceSelector.matchExpressions[0]', 'need values'],
  },
  'no requests per second': {
    object: accountOf({ aws, requestsPerSecond: 0 }),
    says: ['spec.requestsPerSecond', 'greater than or equal to 1'],
  },

  'a vendor without a cloud': {
    object: vendorOf({ access }),
    says: ['spec: Invalid value', 'add at least one of spec.s3, spec.gcs and spec.azureBlob'],
  },
  'a vendor without an access level': {
    object: vending({ access: [] }),
    says: ['spec.access', 'at least 1'],
  },
  'a vendor that grants nothing': {
    object: vendorOf({ access, s3: { nextStep: 'x' } }),
    says: ['spec.s3', 'at least one of bucketPolicy, role and attachToRole'],
  },
  'a principal that is everybody': {
    object: stating({ principal: { aws: ['*'] } }),
    says: ['principal.aws[0]', "name the vendor's account"],
  },
  'a principal with a wildcard': {
    object: stating({ principal: { aws: ['arn:aws:iam::111111111111:role/*'] } }),
    says: ['principal.aws[0]', 'let strangers in'],
  },
  'a retiring principal that is everybody': {
    object: stating({ principal: { aws: ['111111111111'], retiring: [{ aws: '*' }] } }),
    says: ['principal.retiring[0].aws', 'let strangers in'],
  },
  'a principal that is nobody': {
    object: stating({ principal: {} }),
    says: ['principal', 'never allows everybody'],
  },
  'a principal that is a name': {
    object: stating({ principal: { aws: ['segmentsai-prod-user'] } }),
    says: ['principal.aws[0]', 'a 12-digit account ID, an ARN'],
  },
  'every action': {
    object: stating({ actions: ['*'] }),
    says: ['actions[0]', 'name what the vendor needs'],
  },
  'every action of S3': {
    object: stating({ actions: ['s3:*'] }),
    says: ['actions[0]', 'would give it the bucket'],
  },
  'a resource that leaves the prefix': {
    object: stating({ resources: [ALL_OBJECTS] }),
    says: ['resources[0]', 'objects below the prefix'],
  },
  'two statements of one name, which would share a mark': {
    object: vendorOf({ access, s3: { bucketPolicy: { statements: [statement, statement] } } }),
    says: ['statements[1]', 'Duplicate value'],
  },
  'a statement whose name does not fit a mark': {
    object: stating({ name: 'Read Objects' }),
    says: ['statements[0].name', 'lowercase letters'],
  },
  'an access level that is not declared': {
    object: stating({ access: ['Write'] }),
    says: ['spec.s3.bucketPolicy.statements', 'declare it there, or correct the name'],
  },
  'a condition on a parameter that is not declared': {
    object: stating({ when: { parameter: 'feature', given: true } }),
    says: ['spec.s3.bucketPolicy.statements', 'declare it there, or correct the name'],
  },
  'a condition on a parameter that does not say which': {
    object: stating(
      { when: { parameter: 'feature' } },
      { parameters: [{ name: 'feature', description: 'X.', source: 'CustomerGiven', required: false }] },
    ),
    says: ['when', 'exactly one of when.values and when.given'],
  },
  'a parameter with a dash': {
    object: vending({
      parameters: [{ name: 'external-id', description: 'X.', source: 'VendorGiven', required: true }],
    }),
    says: ['spec.parameters[0].name', 'write externalId'],
  },
  'a parameter from nowhere': {
    object: vending({ parameters: [{ name: 'a', description: 'X.', source: 'Vendor', required: true }] }),
    says: ['spec.parameters[0].source', '"VendorGiven", "CustomerGiven", "Generated"'],
  },
  'a pattern without words for people': {
    object: vending({
      parameters: [
        { name: 'a', description: 'X.', source: 'VendorGiven', required: true, pattern: '[0-9a-f]{32}' },
      ],
    }),
    says: ['spec.parameters[0]', 'say in patternMessage'],
  },
  'a preflight by a method that the rule does not allow': {
    object: coring({ preflight: { origin: 'https://a.example', method: 'PUT' } }),
    says: ['preflight.method', 'not one of allowedMethods'],
  },
  'a preflight from an origin that cannot exist': {
    object: coring({ preflight: { origin: 'https://*.a.example', method: 'GET' } }),
    says: ['preflight.origin', "without '*'"],
  },
  'an origin with a path': {
    object: coring({ allowedOrigins: ['https://a.example/app'] }),
    says: ['allowedOrigins[0]', 'without a path'],
  },
  'an origin with two stars, which S3 refuses': {
    object: coring({ allowedOrigins: ['https://*.*.example'] }),
    says: ['allowedOrigins[0]', "at most one '*'"],
  },
  'a lifecycle rule that does nothing': {
    object: aging({ prefix: 'temp/' }),
    says: ['rules[0]', 'does nothing'],
  },
  "a lifecycle rule that deletes the customer's own objects": {
    object: aging({ prefix: PREFIX, expirationDays: 7 }),
    says: ['rules[0].expirationDays', 'give a prefix that only the vendor writes to'],
  },
  'a lifecycle rule that deletes everything': {
    object: aging({ expirationDays: 7 }),
    says: ['rules[0].expirationDays', "customer's own objects"],
  },
  'a role that anybody of the vendor may assume for anybody': {
    object: trusting({ principal: { aws: ['111111111111'] } }),
    says: ['trust.statements[0]', 'externalIds against the confused deputy'],
  },
  'an external ID that fits any': {
    object: trusting({ principal: { aws: ['111111111111'] }, externalIds: ['**'] }),
    says: ['externalIds[0]', 'give it whole'],
  },
  'a web identity of everybody': {
    object: trusting({ webIdentity: { issuer: 'i.example', audiences: ['a'], subjects: ['*'] } }),
    says: ['subjects[0]', "name the vendor's subject"],
  },
  'a trust in nobody': {
    object: trusting({}),
    says: ['trust.statements[0]', 'exactly one of principal and webIdentity'],
  },
  'a grant to all users': {
    object: granting({ member: 'allUsers', role: 'roles/storage.objectViewer' }),
    says: ['spec.gcs.grants[0].member', 'never allUsers'],
  },
  'a grant of a custom role that is not declared': {
    object: granting({ member: 'serviceAccount:a@b.example', customRole: 'read' }),
    says: ['spec.gcs.grants', 'does not declare'],
  },
  'an Azure application by name': {
    object: vendorOf({
      access,
      azureBlob: {
        application: { clientId: 'Segments.ai' },
        roleAssignments: [
          {
            name: 'read',
            roleDefinitionId: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
            roleName: 'Storage Blob Data Reader',
            scope: 'Container',
          },
        ],
      },
    }),
    says: ['spec.azureBlob.application.clientId', 'copy the ID, not the name'],
  },
}

const ACCEPTED: Readonly<Record<string, object>> = {
  'the shortest integration': integrate({}),
  'a bucket with dots, which S3 allows': bucketNamed('clips.example.com'),
  'a bucket that begins with a digit': bucketNamed('3d-clips'),
  'a prefix of several folders, with spaces and other alphabets': prefixed('raw/2026 März/車/'),
  'a GCS bucket with underscores': gcsNamed('street_scenes'),
  'a GCS bucket named after a domain': gcsNamed(`${'a'.repeat(63)}.example.com`),
  'a GCS bucket with a prefix': integrationOf({ vendor: 'v', gcs: { bucket: 'clips', prefix: 'raw/' } }),
  'a whole storage account': azured({}),
  'one container of a storage account': azured({ container: 'images' }),
  'an integration with everything': integrate({
    account: 'aws-prod',
    access: 'ReadWrite',
    parameters: { externalId: 'x' },
    parametersFrom: [{ name: 'token', secretKeyRef: { name: 's', key: 'k' } }],
    mode: 'Plan',
    deletionPolicy: 'Retain',
    expiresAt: '2027-03-01T00:00:00Z',
    suspend: true,
  }),
  'the shortest account': accountOf({ aws }),
  'an account in China': accountOf({ aws: { ...aws, region: 'cn-north-1', partition: 'aws-cn' } }),
  'an account in China, which its region says': awsAccount({ region: 'cn-north-1' }),
  'a store whose region only looks Chinese': awsAccount({
    region: 'cn-north-4',
    partition: 'aws',
    endpoint: 'https://obs.example.com',
  }),
  'an emulator by address and port': awsAccount({ endpoint: 'http://127.0.0.1:4566' }),
  'an account with everything': accountOf({
    aws: {
      ...aws,
      partition: 'aws',
      assumeRole: {
        roleArn: 'arn:aws:iam::123456789012:role/platform/mooring',
        externalId: 'a1',
        sessionName: 'm1',
      },
      credentialsSecretRef: { namespace: 'mooring-system', name: 'aws' },
      rolePath: '/mooring/',
      permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
    },
    allow: [
      { namespaces: ['*'], storage: ['street-*', 'clips/raw/'] },
      { namespaceSelector: {}, vendors: ['v'], access: ['Read'] },
    ],
    requestsPerSecond: 5,
  }),
  'a Google Cloud project with its endpoints': accountOf({
    gcp: {
      projectId: 'perception-prod',
      impersonateServiceAccount: 'mooring@perception-prod.iam.gserviceaccount.com',
      endpoints: { storage: 'http://127.0.0.1:9000', iam: 'https://iam.example.com/' },
    },
  }),
  'an Azure subscription with its endpoints': accountOf({
    azure: {
      tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      subscriptionId: '72f988bf-86f1-41af-91ab-2d7cd011db48',
      endpoints: { blob: 'https://127.0.0.1:10000/{account}', resourceManager: 'https://127.0.0.1:10001' },
    },
  }),
  'the shortest vendor': vending({}),
}

/** Each changes one field of the object that stands before it. */
interface Change {
  readonly from: object
  readonly to: object
  readonly says: readonly string[]
}

const remedy = 'delete this StorageIntegration (its access is revoked) and create a new one'
const gcsWith = (more: Spec) => integrationOf({ vendor: 'v', gcs: { bucket: 'clips', ...more } })
const azure = {
  tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  subscriptionId: '72f988bf-86f1-41af-91ab-2d7cd011db48',
}

const FORBIDDEN_CHANGES: Readonly<Record<string, Change>> = {
  'another vendor': {
    from: integrate({}),
    to: integrate({ vendor: 'w' }),
    says: ['spec.vendor', `cannot change: ${remedy}`],
  },
  'another account': {
    from: integrate({ account: 'a' }),
    to: integrate({ account: 'b' }),
    says: ['spec.account', remedy],
  },
  'an account that is added': {
    from: integrate({}),
    to: integrate({ account: 'b' }),
    says: ['spec.account', 'nor be added'],
  },
  'an account that is left out': {
    from: integrate({ account: 'a' }),
    to: integrate({}),
    says: ['spec.account', 'or left out later'],
  },
  'another bucket': {
    from: bucketNamed('clips'),
    to: bucketNamed('clips2'),
    says: ['spec.s3.bucket', `spec.s3.bucket cannot change: ${remedy}`],
  },
  'another prefix': {
    from: prefixed('a/'),
    to: prefixed('b/'),
    says: ['spec.s3.prefix cannot change', remedy],
  },
  'a prefix that is added': {
    from: bucketNamed('clips'),
    to: prefixed('b/'),
    says: ['spec.s3.prefix', remedy],
  },
  'a prefix that is left out': {
    from: prefixed('a/'),
    to: bucketNamed('clips'),
    says: ['spec.s3.prefix', remedy],
  },
  'another cloud': {
    from: bucketNamed('clips'),
    to: gcsNamed('clips'),
    says: ['the kind of storage', remedy],
  },
  'another GCS bucket': {
    from: gcsNamed('clips'),
    to: gcsNamed('clips2'),
    says: ['spec.gcs.bucket', remedy],
  },
  'another GCS prefix': {
    from: gcsWith({}),
    to: gcsWith({ prefix: 'a/' }),
    says: ['spec.gcs.prefix', remedy],
  },
  'another storage account': {
    from: azured({}),
    to: azured({ storageAccount: 'other' }),
    says: ['spec.azureBlob.storageAccount', remedy],
  },
  'another resource group': {
    from: azured({}),
    to: azured({ resourceGroup: 'other' }),
    says: ['spec.azureBlob.resourceGroup', remedy],
  },
  'a container that is added': {
    from: azured({}),
    to: azured({ container: 'images' }),
    says: ['spec.azureBlob.container', remedy],
  },
  'another AWS account': {
    from: accountOf({ aws }),
    to: awsAccount({ accountId: '210987654321' }),
    says: ['spec.aws.accountId', 'create another CloudAccount'],
  },
  'a region of another partition': {
    from: accountOf({ aws }),
    to: awsAccount({ region: 'cn-north-1' }),
    says: ['spec.aws.partition', 'create another CloudAccount'],
  },
  'another project': {
    from: accountOf({ gcp: { projectId: 'perception-prod' } }),
    to: accountOf({ gcp: { projectId: 'perception-test' } }),
    says: ['spec.gcp.projectId', 'create another CloudAccount'],
  },
  'another subscription': {
    from: accountOf({ azure }),
    to: accountOf({ azure: { ...azure, subscriptionId: '72f988bf-86f1-41af-91ab-2d7cd011db49' } }),
    says: ['spec.azure.subscriptionId', 'create another CloudAccount'],
  },
  'an account that moves to another cloud': {
    from: accountOf({ aws }),
    to: accountOf({ azure }),
    says: ['the cloud of a CloudAccount', 'create another'],
  },
}

interface Named {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const renamed = (object: object, name: string): Named & object => {
  const { kind, metadata } = object as Named
  return { ...object, kind, metadata: { ...metadata, name } }
}

/** A few kubectl processes at a time: each is short, and mostly waits. */
const concurrency = 4

describe('custom resource definitions', () => {
  const shared: { kubectl?: Kubectl } = {}
  const kubectl = (): Kubectl => {
    assert.ok(shared.kubectl)
    return shared.kubectl
  }

  before(async () => {
    shared.kubectl = (await cluster()).kubectl
    await installCrds(kubectl())
    await kubectl().must('create', 'namespace', namespace)
  })

  const refuses = async (object: object, says: readonly string[], ...flags: string[]) => {
    const { code, stderr } = await kubectl().tryApply(object, ...flags)
    assert.notEqual(code, 0, 'it was accepted')
    for (const piece of says) assert.ok(stderr.includes(piece), `expected "${piece}" in:\n${stderr}`)
  }

  describe('refuse, naming field and remedy', { concurrency }, () => {
    for (const [name, { object, says }] of Object.entries(REFUSALS)) {
      test(name, () => refuses(object, says, '--dry-run=server'))
    }
  })

  describe('accept', { concurrency }, () => {
    for (const [name, object] of Object.entries(ACCEPTED)) {
      test(name, async () => {
        await kubectl().apply(object, '--dry-run=server')
      })
    }
  })

  describe('refuse a change to', { concurrency }, () => {
    for (const [name, { from, to, says }] of Object.entries(FORBIDDEN_CHANGES)) {
      test(name, async () => {
        const own = uniqueName('change')
        await kubectl().apply(renamed(from, own))
        await refuses(renamed(to, own), says)
      })
    }
  })

  test('what may change, may: access, parameters, mode, deletion policy, expiry, suspension', async () => {
    const object = (spec: Spec) => integrationOf({ vendor: 'v', s3, ...spec }, 'changing')
    await kubectl().apply(object({}))
    await kubectl().apply(object({ access: 'Read', parameters: { a: 'b' }, mode: 'Plan' }))
    await kubectl().apply(
      object({ deletionPolicy: 'Retain', expiresAt: '2027-03-01T00:00:00+01:00', suspend: true }),
    )
    const stored = await kubectl().get('si', 'changing', '-n', namespace)
    assert.deepEqual(stored.spec, {
      vendor: 'v',
      s3,
      deletionPolicy: 'Retain',
      expiresAt: '2027-03-01T00:00:00+01:00',
      suspend: true,
    })
  })

  test('an integration is stored as it was written: nothing is filled in', async () => {
    const object = integrationOf({ vendor: 'v', s3 }, 'as-written')
    await kubectl().apply(object)
    assert.deepEqual((await kubectl().get('si', 'as-written', '-n', namespace)).spec, object.spec)
  })

  test('an account may leave its region for another one of its partition', async () => {
    const name = uniqueName('moving')
    await kubectl().apply(accountOf({ aws }, name))
    await kubectl().apply(
      accountOf(
        { aws: { ...aws, region: 'us-east-1', partition: 'aws' }, allow: [{ namespaces: ['a'] }] },
        name,
      ),
    )
  })

  test('the vendor schema can say what the most different vendors need', async () => {
    const text = await readFile(join(repository, 'test/integration/vendor-sketches.yaml'), 'utf8')
    for (const [sentence, spec] of Object.entries(parse(text) as Record<string, Spec>)) {
      const { code, stderr } = await kubectl().tryApply(vendorOf(spec), '--dry-run=server')
      assert.equal(code, 0, `${sentence}: ${stderr}`)
    }
  })

  test('the catalogue and the examples apply, and a second time change nothing', async () => {
    await kubectl().run(['create', 'namespace', 'perception'])
    const files = ['-f', 'deploy/vendors', '-f', 'deploy/examples'].map((part) =>
      part.startsWith('deploy') ? join(repository, part) : part,
    )
    await kubectl().must('apply', ...files)
    const again = (await kubectl().must('apply', ...files)).trim().split('\n')
    assert.ok(again.length >= 4)
    for (const line of again) assert.match(line, / unchanged$/)
  })

  test('server-side apply of the catalogue a second time changes nothing either', async () => {
    const files = join(repository, 'deploy/vendors')
    const flags = ['apply', '--server-side', '--force-conflicts', '-f', files, '-o', 'json']
    const first = await kubectl().must(...flags)
    assert.equal(resourceVersion(await kubectl().must(...flags)), resourceVersion(first))
  })

  test('kubectl explain tells what a field means', async () => {
    const explained = await kubectl().must('explain', 'si.spec.s3.prefix')
    assert.match(explained, /Limits access to keys that begin with this/)
    assert.match(explained, /Absent:\s+the whole bucket/)
  })

  test('kubectl get prints what people look for', async () => {
    await kubectl().apply(integrationOf({ vendor: 'segments-ai', s3, mode: 'Enforce' }, 'printed'))
    await patchStatus(kubectl(), {
      observedGeneration: 1,
      storage: 's3://clips/',
      conditions: [
        condition('Ready', 'False', 'BucketNotFound', 'bucket "clips" does not exist'),
        condition('Verified', 'Unknown', 'NotApplied', 'nothing to verify'),
      ],
    })
    const line = await row(kubectl(), 'si', 'printed', '-n', namespace)
    assert.match(line.header, /^NAME +VENDOR +STORAGE +READY +REASON +AGE$/)
    assert.match(line.body, /^printed +segments-ai +s3:\/\/clips\/ +False +BucketNotFound +\S+$/)
    const wide = await row(kubectl(), 'si', 'printed', '-n', namespace, '-o', 'wide')
    assert.match(wide.header, /AGE +ACCOUNT +MODE +VERIFIED +MESSAGE$/)
    assert.match(wide.body, /Enforce +Unknown +bucket "clips" does not exist$/)
  })

  test('kubectl get prints vendors and accounts', async () => {
    await kubectl().apply(vendorOf({ access, s3: { bucketPolicy } }, 'printed'))
    const name = uniqueName('printed')
    await kubectl().apply(accountOf({ aws }, name))
    assert.match(
      (await row(kubectl(), 'storagevendor', 'printed')).header,
      /^NAME +DISPLAY NAME +READY +REASON +REVISION +AGE$/,
    )
    assert.match((await row(kubectl(), 'cloudaccount', name)).header, /^NAME +IDENTITY +READY +REASON +AGE$/)
  })

  test('kubectl get mooring lists what belongs together', async () => {
    const listed = await kubectl().must('get', 'mooring', '-n', namespace, '-o', 'name')
    assert.match(listed, /^storageintegration\.mooring\.dev\//m)
    assert.match(listed, /^cloudaccount\.mooring\.dev\//m)
  })

  test('kubectl wait sees the Ready condition', async () => {
    await kubectl().must(
      'wait',
      '--for=condition=Ready=False',
      'si/printed',
      '-n',
      namespace,
      '--timeout=10s',
    )
  })

  test('spec is not changed by a write to status, nor status by a write to spec', async () => {
    const patch = JSON.stringify({ spec: { suspend: true }, status: { storage: 's3://elsewhere/' } })
    await kubectl().must('patch', 'si', 'printed', '-n', namespace, '--type=merge', '-p', patch)
    const { spec, status } = await kubectl().get('si', 'printed', '-n', namespace)
    assert.equal(spec.suspend, true)
    assert.equal(status.storage, 's3://clips/')
  })
})

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: '2026-11-22T00:00:00Z',
})

async function patchStatus(kubectl: Kubectl, status: object): Promise<void> {
  const patch = JSON.stringify({ status })
  const which = ['si', 'printed', '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]
  await kubectl.must('patch', ...which)
}

async function row(kubectl: Kubectl, ...args: string[]): Promise<{ header: string; body: string }> {
  const [header = '', body = ''] = (await kubectl.must('get', ...args)).split('\n')
  return { header: header.trimEnd(), body: body.trimEnd() }
}

const resourceVersion = (json: string): string =>
  (JSON.parse(json) as { metadata: { resourceVersion: string } }).metadata.resourceVersion

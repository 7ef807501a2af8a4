/** Integrations and accounts that the API server must refuse, with the words that say field and remedy. */
import {
  accountOf,
  allowing,
  aws,
  awsAccount,
  azured,
  bucketNamed,
  gcsNamed,
  integrate,
  integrationOf,
  POLICY_VARIABLE,
  prefixed,
  s3,
} from './crds-objects.ts'

export interface Refusal {
  readonly object: object
  /** Field, and a piece of the sentence that says what to do. */
  readonly says: readonly string[]
}

export const REFUSALS: Readonly<Record<string, Refusal>> = {
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
}

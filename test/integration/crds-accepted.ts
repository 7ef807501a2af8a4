/** What the API server must accept, and changes to it that it must refuse. */
import {
  accountOf,
  acting,
  aws,
  awsAccount,
  azured,
  bucketNamed,
  gcsNamed,
  integrate,
  integrationOf,
  policy,
  prefixed,
  type Spec,
  stating,
  vending,
} from './crds-objects.ts'

export const ACCEPTED: Readonly<Record<string, object>> = {
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
  'a role that acts by customer-managed policies alone': acting({ customerPolicies: [policy] }),
  'policy names with every sign that IAM takes, and one as long as it may be': acting({
    inlinePolicies: [{ ...policy, policyName: 'a_Z0+=,.@-' }],
    customerPolicies: [
      { ...policy, name: 'a', policyName: 'a'.repeat(128), description: 'Read by a vendor.' },
      { ...policy, name: 'b' },
    ],
  }),
  'one policy name as inline and as customer-managed policy, which IAM keeps apart': acting({
    inlinePolicies: [{ ...policy, policyName: 'Access' }],
    customerPolicies: [{ ...policy, policyName: 'Access' }],
  }),
  'an entry that is in by default': stating(
    { when: { parameter: 'feature', exceptValues: ['Off'] } },
    { parameters: [{ name: 'feature', description: 'X.', source: 'CustomerGiven', required: false }] },
  ),
}

/** Each changes one field of the object that stands before it. */
export interface Change {
  readonly from: object
  readonly to: object
  readonly says: readonly string[]
}

export const remedy = 'delete this StorageIntegration (its access is revoked) and create a new one'
export const gcsWith = (more: Spec) => integrationOf({ vendor: 'v', gcs: { bucket: 'clips', ...more } })
export const azure = {
  tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  subscriptionId: '72f988bf-86f1-41af-91ab-2d7cd011db48',
}

export const FORBIDDEN_CHANGES: Readonly<Record<string, Change>> = {
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

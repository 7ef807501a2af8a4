/** What the pages of vendors ask for, as the cloud has it afterwards; and what is told for their forms. */
import type { Statement } from './stage.ts'

/** Where an integration is applied. */
export interface Place {
  readonly bucket: string
  readonly accountId: string
  readonly region: string
  readonly keyArn: string
  /** Of the role, if there is one. */
  readonly roleArn: string
}

/** The parts of the world that an integration changes; marks are left out. */
export interface Changed {
  /** Name, path and content of the one role. */
  readonly role?: {
    readonly name: RegExp
    readonly path: string
    readonly trust: object[]
    readonly inline: Readonly<Record<string, object[]>>
  }
  readonly policy?: object[]
  readonly key?: object[]
  readonly cors?: object[]
  readonly lifecycle?: object[]
}

export interface Page {
  readonly vendor: string
  readonly says: string
  readonly spec: (place: Place) => {
    readonly s3?: object
    readonly access?: string
    readonly parameters?: object
  }
  readonly changes: (place: Place) => Changed
  readonly outputs: (place: Place) => Readonly<Record<string, string>>
  readonly nextStep: RegExp
}

const V7 = { AWS: ['arn:aws:iam::258327614892:role/external_s3'] }
const LOGPUSH = { AWS: ['arn:aws:iam::391854517948:user/cloudflare-logpush'] }
const WANDB = { AWS: ['arn:aws:iam::725579432336:role/WandbIntegration'] }

function trusting(principal: string, externalId: string): Statement {
  return {
    Sid: 'MooringVendor',
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': externalId } },
  }
}

const segment = (...more: object[]) => ({
  name: /^mooring-perception-page-\d+-[0-9a-f]{8}$/,
  path: '/vendors/',
  trust: [
    trusting('arn:aws:iam::595280932656:role/segment-s3-integration-production-access', 'wS4nKqFD8dd2LyR'),
  ],
  inline: { 'mooring-access': more },
})

const putLogs = ({ bucket }: Place) => ({
  Sid: 'PutObjectsInBucket',
  Effect: 'Allow',
  Action: ['s3:PutObject', 's3:PutObjectAcl'],
  Resource: [`arn:aws:s3:::${bucket}/segment-logs/*`],
})

const reading = ({ bucket }: Place, prefix = '') => ({
  Effect: 'Allow',
  Principal: V7,
  Action: ['s3:GetObject'],
  Resource: [`arn:aws:s3:::${bucket}/${prefix}*`],
})

const wandb = ({ bucket }: Place, prefix = '') => ({
  Effect: 'Allow',
  Principal: WANDB,
  Action: [
    's3:GetObject*',
    's3:GetEncryptionConfiguration',
    's3:ListBucket',
    's3:ListBucketMultipartUploads',
    's3:ListBucketVersions',
    's3:AbortMultipartUpload',
    's3:DeleteObject',
    's3:PutObject',
    's3:GetBucketCORS',
    's3:GetBucketLocation',
    's3:GetBucketVersioning',
  ],
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/${prefix}*`],
})

const wandbCors = {
  AllowedOrigins: ['*'],
  AllowedMethods: ['GET', 'HEAD', 'PUT'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag'],
  MaxAgeSeconds: 3_000,
}

const pushingLogs = ({ bucket }: Place, path = '') => ({
  Effect: 'Allow',
  Principal: LOGPUSH,
  Action: ['s3:PutObject'],
  Resource: [`arn:aws:s3:::${bucket}/${path}*`],
})

export const pages: readonly Page[] = [
  {
    vendor: 'cloudflare-logpush',
    says: 'to put objects into the bucket, and no lifecycle rule that nobody asked for',
    spec: () => ({}),
    changes: (place) => ({ policy: [pushingLogs(place)] }),
    outputs: ({ bucket, region }) => ({ bucket, path: '', region }),
    nextStep: /Choose the destination Amazon S3, .* copy its token, enter it as Ownership Token/,
  },
  {
    vendor: 'cloudflare-logpush',
    says: 'to put objects below a path, whose unfinished uploads are given up where that is asked for',
    spec: ({ bucket }) => ({ s3: { bucket, prefix: 'logs/' }, parameters: { unfinishedUploads: 'Abort' } }),
    changes: (place) => ({
      policy: [pushingLogs(place, 'logs/')],
      lifecycle: [
        {
          Filter: { Prefix: 'logs/' },
          Status: 'Enabled',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    }),
    outputs: ({ bucket, region }) => ({ bucket, path: 'logs/', region }),
    nextStep: /Mooring neither reads this file nor deletes it/,
  },
  {
    vendor: 'scale-ai',
    says: 'a role of the exact name, at the path / whatever the account wants',
    spec: ({ bucket }) => ({ s3: { bucket, prefix: 'raw/' }, parameters: { externalId: 'scale-9f2c' } }),
    changes: ({ bucket }) => ({
      role: {
        name: /^ScaleAI-Integration$/,
        path: '/',
        trust: [trusting('arn:aws:iam::307185671274:root', 'scale-9f2c')],
        inline: {
          'mooring-access': [
            {
              Sid: 'scales3access',
              Effect: 'Allow',
              Action: ['s3:GetObject', 's3:ListBucket'],
              Resource: [`arn:aws:s3:::${bucket}/raw/*`, `arn:aws:s3:::${bucket}`],
            },
          ],
        },
      },
    }),
    outputs: ({ accountId }) => ({ accountId }),
    nextStep: /enter the AWS account ID \d{12} .* as s3:\/\/street-[0-9a-f]+\/raw\/<key>/,
  },
  {
    vendor: 'segment',
    says: 'a role that the workspace opens, for segment-logs/ only',
    spec: () => ({ parameters: { workspaceId: 'wS4nKqFD8dd2LyR' } }),
    changes: (place) => ({ role: segment(putLogs(place)) }),
    outputs: ({ region, bucket, roleArn }) => ({ region, bucket, roleArn }),
    nextStep: /add the destination AWS S3 \(not Amazon S3\)/,
  },
  {
    vendor: 'segment',
    says: 'the key in the role’s policy, where one is named',
    spec: ({ keyArn }) => ({ parameters: { workspaceId: 'wS4nKqFD8dd2LyR', kmsKeyArn: keyArn } }),
    changes: (place) => ({
      role: segment(putLogs(place), {
        Sid: 'AllowKMS',
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: [place.keyArn],
      }),
    }),
    outputs: ({ region, bucket, roleArn }) => ({ region, bucket, roleArn }),
    nextStep: /click Validate/i,
  },
  {
    vendor: 'v7-darwin',
    says: 'to read, by bucket policy',
    spec: () => ({}),
    changes: (place) => ({ policy: [reading(place)] }),
    outputs: ({ bucket, region }) => ({ bucket, region, prefix: '' }),
    nextStep: /Set the CORS rule of bucket/,
  },
  {
    vendor: 'v7-darwin',
    says: 'to write and to list, where that is asked for',
    spec: ({ bucket }) => ({
      s3: { bucket, prefix: 'scans/' },
      access: 'ReadWrite',
      parameters: { miraxFiles: 'true' },
    }),
    changes: (place) => ({
      policy: [
        reading(place, 'scans/'),
        { ...reading(place, 'scans/'), Action: ['s3:PutObject'] },
        { ...reading(place), Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${place.bucket}`] },
      ],
    }),
    outputs: ({ bucket, region }) => ({ bucket, region, prefix: 'scans/' }),
    nextStep: /external storage of your V7 team/,
  },
  {
    vendor: 'weights-and-biases',
    says: 'a bucket policy and CORS',
    spec: () => ({}),
    changes: (place) => ({ policy: [wandb(place)], cors: [wandbCors] }),
    outputs: ({ bucket, region }) => ({ bucket, prefix: '', region }),
    nextStep: /Create a team to collaborate/,
  },
  {
    vendor: 'weights-and-biases',
    says: 'also the key’s policy and the expiry of old versions, where these are asked for',
    spec: ({ bucket, keyArn }) => ({
      s3: { bucket, prefix: 'runs/' },
      parameters: { kmsKeyArn: keyArn, oldVersions: 'Expire' },
    }),
    changes: (place) => ({
      policy: [wandb(place, 'runs/')],
      key: [
        {
          Effect: 'Allow',
          Principal: WANDB,
          Action: ['kms:Decrypt', 'kms:Describe*', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
          Resource: '*',
        },
      ],
      cors: [wandbCors],
      lifecycle: [
        {
          Filter: { Prefix: 'runs/' },
          Status: 'Enabled',
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        },
      ],
    }),
    outputs: ({ bucket, region }) => ({ bucket, prefix: 'runs/', region }),
    nextStep: /Add bucket with the Cloud provider AWS/,
  },
]

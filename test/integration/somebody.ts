/** People with keys in an AWS that enforces policies, and what they try there. */
import { strict as assert } from 'node:assert'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Aws } from '../rig/rig.ts'
import { uniqueName } from '../rig/shared.ts'
import type { Statement } from './stage.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Somebody who can be refused. Every method ends with the answer; a refusal is an error named AccessDenied. */
export interface Somebody {
  readonly aws: Omit<Aws, 'credentials'> & { readonly credentials: Keys }
  readonly iam: IAMClient
  readonly s3: S3Client
  whoAmI(): Promise<string>
  /** Takes on a role and becomes its session; every call is a new one. */
  assume(roleArn: string, externalId?: string): Promise<Somebody>
  read(bucket: string, key: string): Promise<string>
  list(bucket: string, prefix?: string): Promise<string[]>
  write(bucket: string, key: string): Promise<void>
  remove(bucket: string, key: string): Promise<void>
  /** Makes a bucket; one of its own of that name that is there is taken. */
  makeBucket(bucket: string): Promise<void>
  putPolicy(bucket: string, ...statements: Statement[]): Promise<void>
}

export function somebody(aws: Somebody['aws']): Somebody {
  const settings = { ...aws, maxAttempts: 1 }
  const s3 = new S3Client({ ...settings, forcePathStyle: true })
  const sts = new STSClient(settings)
  return {
    aws,
    iam: new IAMClient(settings),
    s3,
    whoAmI: async () => (await sts.send(new GetCallerIdentityCommand({}))).Arn ?? '',
    assume: async (RoleArn, ExternalId) => {
      const call = { RoleArn, RoleSessionName: 'vendor', ExternalId }
      const { Credentials } = await sts.send(new AssumeRoleCommand(call))
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
      const credentials = {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
      }
      return somebody({ ...aws, accountId: RoleArn.split(':')[4] ?? '', credentials })
    },
    read: async (Bucket, Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
      return (await Body?.transformToString()) ?? '' // one that is not read to its end keeps its connection open
    },
    list: async (Bucket, Prefix) => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }))
      return Contents.map(({ Key = '' }) => Key)
    },
    write: async (Bucket, Key) => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
    },
    remove: async (Bucket, Key) => {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }))
    },
    makeBucket: async (Bucket) => {
      await s3.send(new CreateBucketCommand({ Bucket })).catch(ifThere)
    },
    putPolicy: async (Bucket, ...statements) => {
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: documentOf(statements) }))
    },
  }
}

/** A user with access keys. */
export interface User {
  readonly somebody: Somebody
  readonly keys: Keys
  /** Everything that the user may do from now on. */
  may(...statements: Statement[]): Promise<void>
  switchOff(keys: Keys): Promise<void>
  moreKeys(): Promise<Keys>
}

/** Makes a user in the account of its root; nothing is allowed yet. */
export async function newUser({ aws, iam }: Somebody, ...statements: Statement[]): Promise<User> {
  const UserName = uniqueName('user')
  await iam.send(new CreateUserCommand({ UserName }))
  const moreKeys = async (): Promise<Keys> => {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }
  }
  const may = async (...statements: Statement[]) => {
    const PolicyDocument = documentOf(statements)
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument }))
  }
  const keys = await moreKeys()
  if (statements.length > 0) await may(...statements)
  return {
    somebody: somebody({ ...aws, credentials: keys }),
    keys,
    may,
    moreKeys,
    switchOff: async ({ accessKeyId: AccessKeyId }) => {
      await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }))
    },
  }
}

/** Makes a role that its own account may take on, and becomes its session. A role of that name that is there is taken. */
export async function inRole(
  root: Somebody,
  RoleName: string,
  ...statements: Statement[]
): Promise<Somebody> {
  const { accountId } = root.aws
  const own = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: 'sts:AssumeRole',
  }
  const role = { RoleName, AssumeRolePolicyDocument: documentOf([own]) }
  await root.iam.send(new CreateRoleCommand(role)).catch(ifThere)
  const policy = { RoleName, PolicyName: 'all', PolicyDocument: documentOf(statements) }
  await root.iam.send(new PutRolePolicyCommand(policy))
  return root.assume(`arn:aws:iam::${accountId}:role/${RoleName}`)
}

function ifThere(error: unknown): void {
  const isThere = /^(EntityAlreadyExists|BucketAlreadyOwnedByYou)/
  if (!(error instanceof Error && isThere.test(error.name))) throw error
}

/** Passes when all of it is refused. */
export async function assertRefused(...tries: Promise<unknown>[]): Promise<void> {
  await Promise.all(tries.map((tried) => assert.rejects(tried, { name: 'AccessDenied' })))
}

export function allow(Action: string | string[], Resource: string | string[] = '*'): Statement {
  return { Effect: 'Allow', Action, Resource }
}

export function documentOf(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

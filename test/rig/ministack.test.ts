/** What the test AWS with enforcement does, and where it differs from the real one. Other tests rely on all of it. */
import { strict as assert } from 'node:assert'
import { before, describe, it } from 'node:test'
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAccessKeyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketOwnershipControlsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { type Aws, ministackAccount } from './rig.ts'
import { ministack, uniqueAccountId, uniqueName } from './shared.ts'

interface Person {
  readonly id: string
  readonly iam: IAMClient
  readonly s3: S3Client
  readonly sts: STSClient
}

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

function person(aws: Omit<Aws, 'credentials'> & { readonly credentials: Keys }): Person {
  const settings = { ...aws, maxAttempts: 1 }
  const s3 = new S3Client({ ...settings, forcePathStyle: true })
  return { id: aws.accountId, iam: new IAMClient(settings), s3, sts: new STSClient(settings) }
}

const world = {} as { endpoint: string }
before(async () => {
  world.endpoint = (await ministack()).endpoint
})

/** The root of a new account. */
const newAccount = () => person(ministackAccount(world.endpoint, uniqueAccountId()))

const withKeys = (id: string, credentials: Keys) =>
  person({ ...ministackAccount(world.endpoint, id), credentials })

type Statement = Readonly<Record<string, unknown>>

const documentOf = (...Statement: Statement[]) => JSON.stringify({ Version: '2012-10-17', Statement })

const allow = (Action: string | string[], ...Resource: string[]) =>
  documentOf({ Effect: 'Allow', Action, Resource })

const trust = (principal: string, externalId: string) =>
  documentOf({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': externalId } },
  })

const root = (account: string) => `arn:aws:iam::${account}:root`
const refused = { name: 'AccessDenied' }

async function newBucket({ s3 }: Person): Promise<string> {
  const Bucket = uniqueName('data')
  await s3.send(new CreateBucketCommand({ Bucket }))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a.txt', Body: 'hello' }))
  return Bucket
}

async function read({ s3 }: Person, Bucket: string): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a.txt' }))
  assert.equal(await Body?.transformToString(), 'hello') // an object that is not read to its end keeps its connection open
}

const write = ({ s3 }: Person, Bucket: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key: 'b.txt', Body: 'x' }))

/** Takes the role and becomes its session. */
async function assume(who: Person, RoleArn: string, ExternalId?: string): Promise<Person> {
  const call = { RoleArn, RoleSessionName: 'vendor', ...(ExternalId && { ExternalId }) }
  const { Credentials } = await who.sts.send(new AssumeRoleCommand(call))
  assert.ok(Credentials)
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  return withKeys(RoleArn.split(':')[4] ?? '', keys)
}

/** A role that the vendor takes with the external ID `right`, and two buckets of the role's account. */
async function customerAndVendor() {
  const [customer, vendor] = [newAccount(), newAccount()]
  const RoleName = uniqueName('vendor')
  const arn = `arn:aws:iam::${customer.id}:role/vendors/${RoleName}`
  const AssumeRolePolicyDocument = trust(root(vendor.id), 'right')
  await customer.iam.send(new CreateRoleCommand({ RoleName, Path: '/vendors/', AssumeRolePolicyDocument }))
  const [bucket, other] = [await newBucket(customer), await newBucket(customer)]
  const grant = (PolicyDocument: string) =>
    customer.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'grant', PolicyDocument }))
  return { customer, vendor, RoleName, arn, bucket, other, grant }
}

const forReading = (bucket: string) =>
  allow(['s3:GetObject', 's3:ListBucket'], `arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`)

describe('who may take a role', () => {
  it('the vendor with the right external ID', async () => {
    const { customer, vendor, arn, RoleName } = await customerAndVendor()
    const session = await assume(vendor, arn, 'right')
    const { Account, Arn } = await session.sts.send(new GetCallerIdentityCommand())
    const sessionArn = `arn:aws:sts::${customer.id}:assumed-role/${RoleName}/vendor`
    assert.deepEqual([Account, Arn], [customer.id, sessionArn])
  })

  for (const [whom, who, externalId] of [
    ['the vendor with a wrong external ID', 'vendor', 'wrong'],
    ['the vendor without an external ID', 'vendor', undefined],
    ['the role’s own account with the right external ID', 'customer', 'right'],
    ['another account with the right external ID', 'stranger', 'right'],
  ] as const) {
    it(`not ${whom}`, async () => {
      const { arn, ...people } = await customerAndVendor()
      const everybody = { ...people, stranger: newAccount() }
      await assert.rejects(assume(everybody[who], arn, externalId), refused)
    })
  }

  it('not even the vendor when the role says no to everybody', async () => {
    const { customer, vendor, arn, RoleName } = await customerAndVendor()
    const PolicyDocument = documentOf({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' })
    await customer.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
    await assert.rejects(assume(vendor, arn, 'right'), refused)
  })

  it('nobody when there is no such role, told in the same words', async () => {
    const vendor = newAccount()
    await assert.rejects(assume(vendor, `arn:aws:iam::${uniqueAccountId()}:role/none`, 'right'), refused)
  })

  it('a role of the vendor, when the trust policy names it', async () => {
    const { customer, vendor, RoleName, arn } = await customerAndVendor()
    const middle = { RoleName: 'middle', AssumeRolePolicyDocument: trust(root(vendor.id), 'own') }
    await vendor.iam.send(new CreateRoleCommand(middle))
    const PolicyDocument = allow('sts:AssumeRole', '*')
    await vendor.iam.send(new PutRolePolicyCommand({ RoleName: 'middle', PolicyName: 'p', PolicyDocument }))
    const middleArn = `arn:aws:iam::${vendor.id}:role/middle`
    const toMiddle = { RoleName, PolicyDocument: trust(middleArn, 'right') }
    await customer.iam.send(new UpdateAssumeRolePolicyCommand(toMiddle))
    await assert.rejects(assume(vendor, arn, 'right'), refused)
    await assume(await assume(vendor, middleArn, 'own'), arn, 'right')
  })
})

describe('what the session of a role may do', () => {
  it('nothing without a policy', async () => {
    const { vendor, arn, bucket } = await customerAndVendor()
    await assert.rejects(read(await assume(vendor, arn, 'right'), bucket), refused)
  })

  it('what the inline policy says, and neither more nor elsewhere', async () => {
    const { vendor, arn, bucket, other, grant } = await customerAndVendor()
    const session = await assume(vendor, arn, 'right')
    await grant(forReading(bucket))
    await read(session, bucket)
    await session.s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    await assert.rejects(write(session, bucket), refused)
    await assert.rejects(read(session, other), refused)
  })

  it('nothing more once the inline policy is gone, in a session that is open already', async () => {
    const { customer, vendor, RoleName, arn, bucket, grant } = await customerAndVendor()
    await grant(forReading(bucket))
    const session = await assume(vendor, arn, 'right')
    await read(session, bucket)
    await customer.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'grant' }))
    await assert.rejects(read(session, bucket), refused)
  })

  it('what the default version of an attached policy says, as long as it is attached', async () => {
    const { customer, vendor, RoleName, arn, bucket } = await customerAndVendor()
    const session = await assume(vendor, arn, 'right')
    const first = { PolicyName: 'p', PolicyDocument: allow('s3:PutObject', '*') }
    const { Policy } = await customer.iam.send(new CreatePolicyCommand(first))
    const PolicyArn = Policy?.Arn
    await customer.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
    await assert.rejects(read(session, bucket), refused)
    const second = { PolicyArn, PolicyDocument: forReading(bucket), SetAsDefault: true }
    await customer.iam.send(new CreatePolicyVersionCommand(second))
    await read(session, bucket)
    await assert.rejects(write(session, bucket), refused)
    await customer.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
    await assert.rejects(read(session, bucket), refused)
  })

  it('only what the permissions boundary allows, too', async () => {
    const { customer, vendor, RoleName, arn, bucket, grant } = await customerAndVendor()
    await grant(allow('s3:*', '*'))
    const boundary = { PolicyName: 'boundary', PolicyDocument: allow('s3:GetObject', '*') }
    const { Policy } = await customer.iam.send(new CreatePolicyCommand(boundary))
    const bounded = { RoleName, PermissionsBoundary: Policy?.Arn }
    await customer.iam.send(new PutRolePermissionsBoundaryCommand(bounded))
    const session = await assume(vendor, arn, 'right')
    await read(session, bucket)
    await assert.rejects(write(session, bucket), refused)
  })

  it('nothing that the bucket policy denies', async () => {
    const { customer, vendor, arn, bucket, grant } = await customerAndVendor()
    await grant(allow('s3:*', '*'))
    const session = await assume(vendor, arn, 'right')
    const no = {
      Effect: 'Deny',
      Principal: { AWS: arn },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
    }
    await customer.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: documentOf(no) }))
    await assert.rejects(read(session, bucket), refused)
    await write(session, bucket)
  })

  it('nothing after the role is deleted, and nobody takes it again', async () => {
    const { customer, vendor, RoleName, arn, bucket, grant } = await customerAndVendor()
    await grant(forReading(bucket))
    const session = await assume(vendor, arn, 'right')
    await customer.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'grant' }))
    await customer.iam.send(new DeleteRoleCommand({ RoleName }))
    await assert.rejects(read(session, bucket), refused)
    await assert.rejects(assume(vendor, arn, 'right'), refused)
  })
})

describe('a bucket policy', () => {
  const granting = (Bucket: string, principal: string) => ({
    Bucket,
    Policy: documentOf({
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    }),
  })

  it('lets another account read, and nobody else', async () => {
    const { customer, vendor, bucket } = await customerAndVendor()
    await customer.s3.send(new PutBucketPolicyCommand(granting(bucket, root(vendor.id))))
    await read(vendor, bucket)
    await assert.rejects(write(vendor, bucket), refused)
    await assert.rejects(read(newAccount(), bucket), refused)
  })

  it('(unlike the real one) lets no single role of another account read', async () => {
    const { customer, vendor, bucket } = await customerAndVendor()
    const role = { RoleName: 'reader', AssumeRolePolicyDocument: trust(root(vendor.id), 'own') }
    await vendor.iam.send(new CreateRoleCommand(role))
    const reads = { RoleName: 'reader', PolicyName: 'p', PolicyDocument: allow('s3:*', '*') }
    await vendor.iam.send(new PutRolePolicyCommand(reads))
    const arn = `arn:aws:iam::${vendor.id}:role/reader`
    await customer.s3.send(new PutBucketPolicyCommand(granting(bucket, arn)))
    await assert.rejects(read(await assume(vendor, arn, 'own'), bucket), refused)
  })
})

describe('an access key of a user', () => {
  async function newUser() {
    const account = newAccount()
    await account.iam.send(new CreateUserCommand({ UserName: 'operator' }))
    const { AccessKey } = await account.iam.send(new CreateAccessKeyCommand({ UserName: 'operator' }))
    const accessKeyId = AccessKey?.AccessKeyId ?? ''
    return { account, accessKeyId, secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }
  const identity = ({ sts }: Person) => sts.send(new GetCallerIdentityCommand())

  it('may do nothing but ask who it is', async () => {
    const { account, ...keys } = await newUser()
    const user = withKeys(account.id, keys)
    assert.equal((await identity(user)).Account, account.id)
    await assert.rejects(user.iam.send(new GetRoleCommand({ RoleName: 'any' })), refused)
    await assert.rejects(read(user, await newBucket(account)), refused)
  })

  it('needs its secret', async () => {
    const { account, accessKeyId } = await newUser()
    const thief = withKeys(account.id, { accessKeyId, secretAccessKey: 'guessed' })
    await assert.rejects(identity(thief), { name: 'SignatureDoesNotMatch' })
  })

  it('is unknown at once when it is switched off', async () => {
    const { account, ...keys } = await newUser()
    const off = { UserName: 'operator', AccessKeyId: keys.accessKeyId, Status: 'Inactive' } as const
    await account.iam.send(new UpdateAccessKeyCommand(off))
    await assert.rejects(identity(withKeys(account.id, keys)), { name: 'InvalidClientTokenId' })
  })
})

describe('a role', () => {
  it('keeps everything it is given', async () => {
    const { id, iam } = newAccount()
    const policy = { PolicyName: 'boundary', Path: '/limits/', PolicyDocument: allow('s3:*', '*') }
    await iam.send(new CreatePolicyCommand(policy))
    const given = {
      RoleName: 'R',
      Path: '/vendors/',
      Description: 'For a vendor',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'mooring.dev/owner', Value: 'a b' }],
    }
    const PermissionsBoundary = `arn:aws:iam::${id}:policy/limits/boundary`
    const AssumeRolePolicyDocument = trust(root(id), 'a+b=c%20/@')
    await iam.send(new CreateRoleCommand({ ...given, PermissionsBoundary, AssumeRolePolicyDocument }))
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'R' }))
    const { RoleName, Path, Description, MaxSessionDuration, Tags } = Role ?? {}
    assert.deepEqual({ RoleName, Path, Description, MaxSessionDuration, Tags }, given)
    assert.equal(Role?.Arn, `arn:aws:iam::${id}:role/vendors/R`)
    assert.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, PermissionsBoundary)
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), AssumeRolePolicyDocument)
  })

  it('takes tags and gives them back', async () => {
    const { customer, RoleName } = await customerAndVendor()
    const tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ]
    await customer.iam.send(new TagRoleCommand({ RoleName, Tags: tags }))
    await customer.iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['a', 'never-there'] }))
    const { Tags } = await customer.iam.send(new ListRoleTagsCommand({ RoleName }))
    assert.deepEqual(Tags, [{ Key: 'b', Value: '' }])
  })

  it('gives its inline policy back in percent-encoding', async () => {
    const { customer, RoleName, grant } = await customerAndVendor()
    const sent = `{ "Version": "2012-10-17", "Statement": [${JSON.stringify({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/a+b %2F&ü/*' })}] }`
    await grant(sent)
    const named = { RoleName, PolicyName: 'grant' }
    const { PolicyDocument = '' } = await customer.iam.send(new GetRolePolicyCommand(named))
    assert.notEqual(PolicyDocument, sent)
    assert.equal(decodeURIComponent(PolicyDocument), sent)
    const { PolicyNames } = await customer.iam.send(new ListRolePoliciesCommand({ RoleName }))
    assert.deepEqual(PolicyNames, ['grant'])
  })

  it('is not deleted while it has a policy', async () => {
    const { customer, RoleName, grant } = await customerAndVendor()
    await grant(allow('s3:*', '*'))
    await assert.rejects(customer.iam.send(new DeleteRoleCommand({ RoleName })), {
      name: 'DeleteConflictException',
    })
  })

  it('is made once', async () => {
    const { customer, RoleName } = await customerAndVendor()
    const again = { RoleName, AssumeRolePolicyDocument: trust(root(customer.id), 'x') }
    await assert.rejects(customer.iam.send(new CreateRoleCommand(again)), {
      name: 'EntityAlreadyExistsException',
    })
  })

  it('does not take a policy that is none', async () => {
    const { grant } = await customerAndVendor()
    await assert.rejects(grant('{'), { name: 'MalformedPolicyDocumentException' })
  })
})

describe('a managed policy', () => {
  async function newPolicy() {
    const { iam } = newAccount()
    const PolicyDocument = allow('s3:GetObject', 'arn:aws:s3:::b/%2F*')
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument }))
    const PolicyArn = Policy?.Arn
    const save = () =>
      iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }))
    return { iam, PolicyArn, PolicyDocument, save }
  }

  it('has five versions at most, and room for another when one is deleted', async () => {
    const { iam, PolicyArn, save } = await newPolicy()
    for (let version = 2; version <= 5; version++) await save()
    await assert.rejects(save(), { name: 'LimitExceededException' })
    const isDefault = { PolicyArn, VersionId: 'v5' }
    await assert.rejects(iam.send(new DeletePolicyVersionCommand(isDefault)), {
      name: 'DeleteConflictException',
    })
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
    await save()
    const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))
    const ids = Versions.map(
      ({ VersionId, IsDefaultVersion }) => `${VersionId}${IsDefaultVersion ? ' default' : ''}`,
    )
    assert.deepEqual(ids, ['v2', 'v3', 'v4', 'v5', 'v6 default'])
  })

  it('gives its document back in percent-encoding', async () => {
    const { iam, PolicyArn, PolicyDocument } = await newPolicy()
    const version = { PolicyArn, VersionId: 'v1' }
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version))
    assert.notEqual(PolicyVersion?.Document, PolicyDocument)
    assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), PolicyDocument)
  })

  it('is not deleted while it is attached', async () => {
    const { iam, PolicyArn } = await newPolicy()
    const role = { RoleName: 'R', AssumeRolePolicyDocument: trust('*', 'x') }
    await iam.send(new CreateRoleCommand(role))
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'R', PolicyArn }))
    await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), {
      name: 'DeleteConflictException',
    })
    await iam.send(new DetachRolePolicyCommand({ RoleName: 'R', PolicyArn }))
    await iam.send(new DeletePolicyCommand({ PolicyArn }))
    await assert.rejects(iam.send(new GetPolicyCommand({ PolicyArn })), { name: 'NoSuchEntityException' })
  })
})

describe('what is not there is told by name', () => {
  const missing = { RoleName: 'none', PolicyName: 'none' }
  for (const [what, call] of [
    ['GetRole', new GetRoleCommand(missing)],
    ['GetRolePolicy', new GetRolePolicyCommand(missing)],
    ['DeleteRole', new DeleteRoleCommand(missing)],
    ['ListRoleTags', new ListRoleTagsCommand(missing)],
    ['DetachRolePolicy', new DetachRolePolicyCommand({ ...missing, PolicyArn: 'arn:aws:iam::aws:policy/x' })],
  ] as const) {
    it(`${what}: NoSuchEntity`, async () => {
      const { iam } = newAccount()
      await assert.rejects(iam.send(call as GetRoleCommand), { name: 'NoSuchEntityException' })
    })
  }

  for (const [name, Command] of [
    ['NoSuchBucketPolicy', GetBucketPolicyCommand],
    ['NoSuchCORSConfiguration', GetBucketCorsCommand],
    ['NoSuchLifecycleConfiguration', GetBucketLifecycleConfigurationCommand],
    ['NoSuchPublicAccessBlockConfiguration', GetPublicAccessBlockCommand],
    ['OwnershipControlsNotFoundError', GetBucketOwnershipControlsCommand],
  ] as const) {
    it(`a bucket without it: ${name}; no bucket: NoSuchBucket`, async () => {
      const account = newAccount()
      const Bucket = await newBucket(account)
      await account.s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
      await account.s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }))
      const ask = (bucket: string) =>
        account.s3.send(new Command({ Bucket: bucket }) as GetBucketPolicyCommand)
      await assert.rejects(ask(Bucket), { name })
      await assert.rejects(ask(uniqueName('none')), { name: 'NoSuchBucket' })
    })
  }
})

describe('a bucket', () => {
  it('is encrypted, private and owns its objects from the start', async () => {
    const account = newAccount()
    const Bucket = await newBucket(account)
    const { ServerSideEncryptionConfiguration: encryption } = await account.s3.send(
      new GetBucketEncryptionCommand({ Bucket }),
    )
    const { PublicAccessBlockConfiguration: blocked } = await account.s3.send(
      new GetPublicAccessBlockCommand({ Bucket }),
    )
    const { OwnershipControls } = await account.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
    const algorithm = encryption?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm
    assert.equal(algorithm, 'AES256')
    assert.deepEqual(new Set(Object.values(blocked ?? {})), new Set([true]))
    assert.equal(OwnershipControls?.Rules?.[0]?.ObjectOwnership, 'BucketOwnerEnforced')
  })

  it('takes no public policy while those are blocked', async () => {
    const account = newAccount()
    const Bucket = await newBucket(account)
    const everybody = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    }
    const put = new PutBucketPolicyCommand({ Bucket, Policy: documentOf(everybody) })
    await assert.rejects(account.s3.send(put), refused)
  })

  it('(unlike the real one) forgets the prefix of a lifecycle rule of the old form', async () => {
    const account = newAccount()
    const Bucket = await newBucket(account)
    const old = { ID: 'old', Status: 'Enabled', Prefix: 'old/', Expiration: { Days: 7 } } as const
    const put = { Bucket, LifecycleConfiguration: { Rules: [old] } }
    await account.s3.send(new PutBucketLifecycleConfigurationCommand(put))
    const { Rules } = await account.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
    const { Prefix, ...rest } = old
    assert.deepEqual(Rules, [{ ...rest, Filter: {} }])
  })
})

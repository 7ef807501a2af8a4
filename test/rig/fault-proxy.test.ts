import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts'
import { ministackAccount } from './rig.ts'
import { ministack, uniqueAccountId, uniqueName } from './shared.ts'

/** A proxy that ends with the test. */
async function proxyOf(target: string, options: FaultProxyOptions, t: { after(end: () => unknown): void }) {
  const proxy = await startFaultProxy(target, options)
  t.after(() => proxy.stop())
  return proxy
}

describe('in front of AWS', () => {
  const world = {} as {
    endpoint: string
    accountId: string
    keys: { accessKeyId: string; secretAccessKey: string }
  }

  /** A user, because the signatures of a user are checked. */
  before(async () => {
    const { endpoint } = await ministack()
    const accountId = uniqueAccountId()
    const iam = new IAMClient(ministackAccount(endpoint, accountId))
    const UserName = 'user'
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    await iam.send(new CreateUserCommand({ UserName }))
    await iam.send(
      new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: JSON.stringify(everything) }),
    )
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {}
    Object.assign(world, { endpoint, accountId, keys: { accessKeyId, secretAccessKey } })
  })

  function clients(endpoint: string, maxAttempts = 1) {
    const settings = { endpoint, region: 'us-east-1', credentials: world.keys, maxAttempts }
    const s3 = new S3Client({ ...settings, forcePathStyle: true })
    return { s3, iam: new IAMClient(settings), sts: new STSClient(settings), kms: new KMSClient(settings) }
  }
  const newRole = () => ({
    RoleName: uniqueName('role'),
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
  })

  it('requests pass with their signatures, queries and bodies', async (t) => {
    const proxy = await proxyOf(world.endpoint, {}, t)
    const { s3, iam, sts, kms } = clients(proxy.endpoint)
    const Bucket = uniqueName('data')
    const Body = Buffer.alloc(3_000_000, 'mooring ')
    await s3.send(new CreateBucketCommand({ Bucket }))
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+c/ü', Body }))
    const object = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b+c/ü' }))
    assert.ok(Body.equals((await object.Body?.transformToByteArray()) ?? new Uint8Array()))
    await s3.send(new HeadBucketCommand({ Bucket }))
    await iam.send(new CreateRoleCommand(newRole()))
    await kms.send(new CreateKeyCommand())
    assert.equal((await sts.send(new GetCallerIdentityCommand())).Account, world.accountId)
    assert.deepEqual(proxy.counts, { requests: 7, throttled: 0, lost: 0 })
  })

  it('what is throttled is said in the words of each service', async (t) => {
    const { s3, iam, sts, kms } = clients((await proxyOf(world.endpoint, { throttle: 1 }, t)).endpoint)
    const Bucket = uniqueName('data')
    const is =
      (status: number, name: string) => (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
        assert.deepEqual([error.$metadata?.httpStatusCode, error.name], [status, name])
        return true
      }
    await assert.rejects(s3.send(new CreateBucketCommand({ Bucket })), is(503, 'SlowDown'))
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })), is(503, 'Unknown'))
    await assert.rejects(iam.send(new CreateRoleCommand(newRole())), is(400, 'Throttling'))
    await assert.rejects(sts.send(new GetCallerIdentityCommand()), is(400, 'Throttling'))
    await assert.rejects(kms.send(new ListKeysCommand()), is(400, 'ThrottlingException'))
  })

  it('what is throttled is not carried out', async (t) => {
    const proxy = await proxyOf(world.endpoint, { throttle: 1 }, t)
    const { iam } = clients(proxy.endpoint)
    const role = newRole()
    await assert.rejects(iam.send(new CreateRoleCommand(role)), { name: 'Throttling' })
    proxy.set({ throttle: 0 })
    await assert.rejects(iam.send(new GetRoleCommand(role)), { name: 'NoSuchEntityException' })
    assert.deepEqual(proxy.counts, { requests: 2, throttled: 1, lost: 0 })
  })

  it('a lost answer cuts the connection, after the request was carried out', async (t) => {
    const proxy = await proxyOf(world.endpoint, { loseAnswer: 1 }, t)
    const { iam } = clients(proxy.endpoint)
    const role = newRole()
    await assert.rejects(iam.send(new CreateRoleCommand(role)), { code: 'ECONNRESET' })
    proxy.set({ loseAnswer: 0 })
    assert.equal((await iam.send(new GetRoleCommand(role))).Role?.RoleName, role.RoleName)
    assert.deepEqual(proxy.counts, { requests: 2, throttled: 0, lost: 1 })
  })
})

describe('in front of a server that says yes', () => {
  const cloud = createServer((incoming, outgoing) => incoming.resume().on('end', () => outgoing.end('yes')))
  before(async () => {
    await once(cloud.listen(0, '127.0.0.1').unref(), 'listening')
  })
  after(() => cloud.close())

  /** The fates of that many requests, one after the other. */
  async function fates(options: FaultProxyOptions, count: number, t: { after(end: () => unknown): void }) {
    const target = `http://127.0.0.1:${(cloud.address() as AddressInfo).port}`
    const { endpoint, counts } = await proxyOf(target, options, t)
    const list: (number | string)[] = []
    for (let n = 0; n < count; n++) list.push(await statusOf(endpoint))
    return { list, counts }
  }

  async function statusOf(endpoint: string): Promise<number | string> {
    try {
      const [answer] = await once(request(endpoint).end(), 'response')
      await answer.toArray()
      return answer.statusCode
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'broken'
    }
  }

  const badDay = { throttle: 0.2, loseAnswer: 0.05 }

  it('the same seed brings the same faults, another seed brings others', async (t) => {
    const first = await fates({ ...badDay, seed: 7 }, 60, t)
    const again = await fates({ ...badDay, seed: 7 }, 60, t)
    const other = await fates({ ...badDay, seed: 8 }, 60, t)
    assert.deepEqual(again.list, first.list)
    assert.notDeepEqual(other.list, first.list)
  })

  it('a changed rate leaves the other fault where it was', async (t) => {
    const lost = (list: readonly (number | string)[]) => list.map((fate) => fate === 'ECONNRESET')
    const few = await fates({ seed: 7, loseAnswer: 0.3 }, 60, t)
    const more = await fates({ seed: 7, loseAnswer: 0.3, throttle: 0.2 }, 60, t)
    assert.deepEqual(
      lost(more.list),
      lost(few.list).map((was, n) => was && more.list[n] !== 503),
    )
  })

  it('the faults are as many as was ordered, and each is counted', async (t) => {
    const { list, counts } = await fates(badDay, 1_000, t)
    const throttled = list.filter((fate) => fate === 503).length
    const lost = list.filter((fate) => fate === 'ECONNRESET').length
    assert.deepEqual(counts, { requests: 1_000, throttled, lost })
    assert.equal(list.filter((fate) => fate === 200).length, 1_000 - throttled - lost)
    assert.ok(throttled > 160 && throttled < 240, `${throttled} throttled`)
    assert.ok(lost > 20 && lost < 60, `${lost} lost`)
  })
})

it('when the cloud is not there, the connection is cut', async (t) => {
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  await new Promise((done) => nobody.close(done))
  const { endpoint } = await proxyOf(`http://127.0.0.1:${port}`, {}, t)
  await assert.rejects(once(request(endpoint).end(), 'response'), { code: 'ECONNRESET' })
})

it('a client that goes away while it waits breaks nothing for the next one', async (t) => {
  const cloud = createServer()
  await once(cloud.listen(0, '127.0.0.1').unref(), 'listening')
  t.after(() => cloud.close())
  const { port } = cloud.address() as AddressInfo
  const { endpoint } = await proxyOf(`http://127.0.0.1:${port}`, {}, t)
  const impatient = request(endpoint).on('error', () => undefined)
  const [, [, tooLate]] = await Promise.all([impatient.end(), once(cloud, 'request')])
  impatient.destroy()
  tooLate.end('too late')
  cloud.on('request', (_, outgoing) => outgoing.end('in time'))
  const [answer] = await once(request(endpoint).end(), 'response')
  assert.equal(Buffer.concat(await answer.toArray()).toString(), 'in time')
})

/** Vendors of the catalogue against the cloud: applied, the cloud is as the page says; deleted, as it was. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { type Changed, type Place, pages } from './catalogue-pages.ts'
import { lifecycleOf, putLifecycle, strangersLifecycle } from './lifecycle-rules.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { rolesOf } from './roles.ts'
import {
  account,
  corsOf,
  isMark,
  policyOf,
  putCors,
  putPolicy,
  readyOf,
  type Stage,
  type Statement,
  setStage,
  strangersPolicy,
  strangersRule,
} from './stage.ts'

describe('the catalogue', () => {
  let stage: Stage
  let operator: Operator
  let kms: KMSClient
  let roles: ReturnType<typeof rolesOf>
  let keyArn: string

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    const { aws } = stage.rig
    roles = rolesOf(aws)
    kms = new KMSClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials })
    keyArn = await makeKey()
    const { spec } = account(stage.rig)
    await stage.rig.kubectl.apply(account(stage.rig, { aws: { ...spec.aws, rolePath: '/vendors/' } }))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const connect = (name: string, bucket: string, spec: object) =>
    stage.rig.kubectl.apply(stage.integration(name, bucket, spec))
  async function bucketWithStrangers(): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await putCors(stage.s3, bucket, [strangersRule])
    await putLifecycle(stage.s3, bucket, [strangersLifecycle])
    return bucket
  }
  const makeKey = async () => (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  async function keyStatements(KeyId = keyArn): Promise<Statement[]> {
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
    return JSON.parse(Policy ?? '').Statement
  }
  /** Everything that an integration could change. */
  const world = async (bucket: string) => ({
    roles: await Promise.all((await roles.names()).map((name) => roles.read(name))),
    managed: await managedPoliciesOf(stage.rig.aws).arns(),
    policy: (await policyOf(stage.s3, bucket))?.Statement ?? [],
    key: await keyStatements(),
    cors: await corsOf(stage.s3, bucket),
    lifecycle: await lifecycleOf(stage.s3, bucket),
  })
  type World = Awaited<ReturnType<typeof world>>

  function assertChanged(before: World, now: World, { role, ...documents }: Changed): void {
    const ours = (list: readonly object[], mark: 'Sid' | 'ID') =>
      list.flatMap((entry) => {
        const { [mark]: text, ...rest } = entry as Readonly<Record<string, unknown>>
        return isMark(text) ? [rest] : []
      })
    const theirs = (list: readonly object[], mark: 'Sid' | 'ID') =>
      list.filter((entry) => !isMark((entry as Readonly<Record<string, unknown>>)[mark]))
    for (const [name, mark] of [
      ['policy', 'Sid'],
      ['key', 'Sid'],
      ['cors', 'ID'],
      ['lifecycle', 'ID'],
    ] as const) {
      assert.deepEqual(theirs(now[name], mark), before[name], `${name} of strangers`)
      assert.deepEqual(ours(now[name], mark), documents[name] ?? [], name)
    }
    assert.deepEqual(now.managed, [])
    const [made, ...more] = now.roles
    assert.deepEqual(more, [])
    assert.equal(made === undefined, role === undefined)
    if (made === undefined || role === undefined) return
    const { trust, inline, path, attached } = made
    assert.deepEqual(
      { trust, inline, path, attached },
      { trust: role.trust, inline: role.inline, path: role.path, attached: {} },
    )
    assert.match(made.arn.replace(/.*\//, ''), role.name)
  }

  for (const [number, page] of pages.entries()) {
    it(`${page.vendor} gets ${page.says}; deleted, nothing of it is left`, async () => {
      const bucket = await bucketWithStrangers()
      const { accountId, region } = stage.rig.aws
      const place: Place = { bucket, accountId, region, keyArn, roleArn: '' }
      const before = await world(bucket)
      const name = `page-${number}`
      await connect(name, bucket, { vendor: page.vendor, ...page.spec(place) })
      const { status } = await stage.untilReady(name, 'True', 'Verified')
      const now = await world(bucket)
      assertChanged(before, now, page.changes(place))
      const roleArn = now.roles[0]?.arn ?? ''
      assert.deepEqual(status?.outputs, page.outputs({ ...place, roleArn }))
      assert.match(status?.nextStep, page.nextStep)
      await stage.leave(name)
      assert.deepEqual(await world(bucket), before)
    })
  }

  describe('the key that an integration names', () => {
    const oursAt = async (KeyId: string) =>
      (await keyStatements(KeyId)).filter(({ Sid }) => isMark(Sid)).length
    const named = (kmsKeyArn: string) => ({ parameters: { kmsKeyArn } })

    it('can be exchanged for another one, and left out again', async () => {
      const other = await makeKey()
      await connect('moving', await stage.bucket(), { vendor: 'weights-and-biases', ...named(keyArn) })
      await stage.untilReady('moving', 'True', 'Verified')
      assert.deepEqual([await oursAt(keyArn), await oursAt(other)], [1, 0])
      await stage.change('moving', named(other))
      await stage.untilReady('moving', 'True', 'Verified')
      assert.deepEqual([await oursAt(keyArn), await oursAt(other)], [0, 1])
      await stage.change('moving', { parameters: null })
      await stage.untilReady('moving', 'True', 'Verified')
      assert.deepEqual([await oursAt(keyArn), await oursAt(other)], [0, 0])
    })

    it('can be shared: each integration has its statement, and takes only that away', async () => {
      for (const name of ['one', 'two'])
        await connect(name, await stage.bucket(), { vendor: 'weights-and-biases', ...named(keyArn) })
      for (const name of ['one', 'two']) await stage.untilReady(name, 'True', 'Verified')
      assert.equal(await oursAt(keyArn), 2)
      await stage.leave('one')
      assert.equal(await oursAt(keyArn), 1)
      await stage.untilReady('two', 'True', 'Verified')
      await stage.leave('two')
      assert.equal(await oursAt(keyArn), 0)
    })

    it('that does not exist is named, and does not hold a deletion', async () => {
      const gone = keyArn.replace(/[^/]+$/, '00000000-0000-0000-0000-000000000000')
      const bucket = await stage.bucket()
      await connect('keyless', bucket, { vendor: 'weights-and-biases', ...named(gone) })
      const object = await stage.untilReady('keyless', 'False', 'KeyNotFound')
      assert.ok(readyOf(object)?.message.includes(gone))
      await stage.leave('keyless')
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })
  })

  describe('what the page rules out', () => {
    const refused: Readonly<Record<string, [spec: object, reason: string, why: RegExp]>> = {
      'segment with a prefix': [
        { vendor: 'segment', s3: { prefix: 'a/' }, parameters: { workspaceId: 'abc' } },
        'InvalidSpec',
        /spec.s3.prefix: this vendor cannot be limited to a prefix/,
      ],
      'segment without a workspace': [
        { vendor: 'segment' },
        'InvalidParameter',
        /workspaceId: is required: ID of your Segment workspace/,
      ],
      'segment with an alias for a key': [
        { vendor: 'segment', parameters: { workspaceId: 'abc', kmsKeyArn: 'alias/data' } },
        'InvalidParameter',
        /Give the ARN of the key itself/,
      ],
      'scale-ai without an external ID': [
        { vendor: 'scale-ai' },
        'InvalidParameter',
        /externalId: is required: Shown in the AWS section/,
      ],
      'weights-and-biases with a key of another account': [
        {
          vendor: 'weights-and-biases',
          parameters: {
            kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
          },
        },
        'InvalidParameter',
        /belongs to account 111122223333, and this CloudAccount is/,
      ],
      'v7-darwin with a level that it does not know': [
        { vendor: 'v7-darwin', access: 'Delete' },
        'InvalidSpec',
        /knows Read, ReadWrite, not Delete/,
      ],
    }
    for (const [number, [what, [spec, reason, why]]] of Object.entries(refused).entries()) {
      it(`is refused, and nothing written: ${what}`, async () => {
        const bucket = await bucketWithStrangers()
        const before = await world(bucket)
        const { s3 = {}, ...rest } = spec as { s3?: object }
        await connect(`refused-${number}`, bucket, { ...rest, s3: { bucket, ...s3 } })
        const object = await stage.untilReady(`refused-${number}`, 'False', reason)
        assert.match(readyOf(object)?.message ?? '', why)
        assert.deepEqual(await world(bucket), before)
      })
    }

    it('is refused, and nothing written: v7-darwin with dots in the name of the bucket', async () => {
      const bucket = uniqueName('street.scenes')
      await stage.s3.send(new CreateBucketCommand({ Bucket: bucket }))
      await connect('dotted', bucket, { vendor: 'v7-darwin' })
      const object = await stage.untilReady('dotted', 'False', 'InvalidSpec')
      assert.match(readyOf(object)?.message ?? '', /V7 does not work with bucket names that hold dots/)
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })
  })
})

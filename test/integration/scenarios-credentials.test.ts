/** Credentials and parameters from Secrets, and clouds that cannot be reached; nothing of a Secret is ever shown. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { reading, vendorOf, withStatements } from './recipe.ts'
import { account, deletePolicy, oursIn, policyOf, readyOf, type Stage, setStage } from './stage.ts'

/** Never to be seen anywhere but in Secrets, and in the cloud where the recipe puts it. */
const CANARY = 'canary-4f7c1d9e'
const TOKEN = `tok-${CANARY}`

describe('credentials and secret parameters', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    operator = await stage.operator({
      MOORING_LEADER_ELECTION: 'false',
      MOORING_RESYNC: '1s',
      MOORING_LOG_LEVEL: 'trace',
    })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const apply = (...objects: KubernetesObject[]) => stage.rig.kubectl.apply(objects)
  const leave = (name: string) => stage.rig.kubectl.delete('si', name, '-n', stage.namespace, '--timeout=30s')
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''

  const secret = (name: string, stringData: object): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: stage.namespace },
    stringData,
  })
  /** LocalStack takes twelve digits for that account, and anything else for its own. */
  const keys = (accessKeyId: string) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: `secret-${CANARY}`,
  })
  const withSecret = (name: string, spec: object = {}): KubernetesObject => {
    const { aws } = account(stage.rig).spec
    const credentialsSecretRef = { namespace: stage.namespace, name: `${name}-keys` }
    return { ...account(stage.rig, { aws: { ...aws, credentialsSecretRef, ...spec } }), metadata: { name } }
  }

  async function integrate(name: string, spec: object): Promise<string> {
    const bucket = await stage.bucket()
    await apply(stage.integration(name, bucket, spec))
    return bucket
  }

  /** Everything that people can read of Mooring: log, Events, statuses, metrics. */
  async function assertNoCanaryShown(): Promise<void> {
    const { kubectl } = stage.rig
    const objects = await kubectl.must(
      'get',
      'events.events.k8s.io,si,cloudaccounts,storagevendors',
      '-A',
      '-o',
      'json',
    )
    const metrics = await (await fetch(`${operator.url}/metrics`)).text()
    for (const [where, text] of Object.entries({
      log: readFileSync(operator.logFile, 'utf8'),
      objects,
      metrics,
    })) {
      assert.ok(
        !text.includes(CANARY),
        `${where}: ${text.slice(Math.max(0, text.indexOf(CANARY) - 300)).slice(0, 400)}`,
      )
    }
  }

  it('keys from a Secret: missing, incomplete, of another account, then right, and rotated without a restart', async () => {
    await apply(withSecret('secretive'))
    const bucket = await integrate('guarded', { account: 'secretive' })
    await stage.untilReady('guarded', 'False', 'SecretNotFound')
    assert.match(await message('guarded'), /Secret "secretive-keys" does not exist in namespace perception/)

    await apply(secret('secretive-keys', { AWS_SECRET_ACCESS_KEY: `secret-${CANARY}` }))
    await stage.untilReady('guarded', 'False', 'CredentialsRejected')
    assert.match(await message('guarded'), /no value under AWS_ACCESS_KEY_ID/)

    await apply(secret('secretive-keys', keys('111122223333')))
    await stage.untilReady('guarded', 'False', 'WrongAccount')
    assert.match(
      await message('guarded'),
      /belong to account 111122223333 .* spec.aws.accountId says 000000000000/,
    )
    assert.equal(await policyOf(stage.s3, bucket), undefined)

    await apply(secret('secretive-keys', keys('test')))
    await stage.untilReady('guarded', 'True', 'Verified')

    await apply(secret('secretive-keys', keys('444455556666')))
    await stage.untilReady('guarded', 'False', 'WrongAccount')
    await deletePolicy(stage.s3, bucket)
    await consistently(async () => assert.equal(await policyOf(stage.s3, bucket), undefined), {
      forMs: 1_500,
    })
    await apply(secret('secretive-keys', keys('test')))
    await stage.untilReady('guarded', 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await assertNoCanaryShown()
  })

  it('a deletion waits for the Secret rather than leave access behind', async () => {
    await apply(withSecret('forgetful'), secret('forgetful-keys', keys('test')))
    const bucket = await integrate('stuck', { account: 'forgetful' })
    await stage.untilReady('stuck', 'True', 'Verified')
    await stage.rig.kubectl.delete('secret', 'forgetful-keys', '-n', stage.namespace)
    await stage.delete('stuck')
    await stage.untilReady('stuck', 'False', 'SecretNotFound')
    assert.match(await message('stuck'), /Until then not all of it is taken away/)
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await apply(secret('forgetful-keys', keys('test')))
    await stage.untilGone('stuck')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
  })

  it('a deletion with the keys of another account leaves nothing behind unseen', async () => {
    await apply(withSecret('mistaken'), secret('mistaken-keys', keys('test')))
    const bucket = await integrate('mixed-up', { account: 'mistaken' })
    await stage.untilReady('mixed-up', 'True', 'Verified')
    await apply(secret('mistaken-keys', keys('111122223333')))
    await stage.delete('mixed-up')
    await stage.untilReady('mixed-up', 'False', 'WrongAccount')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await apply(secret('mistaken-keys', keys('test')))
    await stage.untilGone('mixed-up')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
  })

  it('an endpoint that refuses connections is CloudUnavailable, holds deletions, and comes back', async () => {
    const proxy = await startTcpProxy(Number(new URL(stage.rig.aws.endpoint).port))
    const endpoint = `http://127.0.0.1:${proxy.port}`
    const { aws } = account(stage.rig).spec
    await apply({ ...account(stage.rig, { aws: { ...aws, endpoint } }), metadata: { name: 'shaky' } })
    await proxy.refuse()
    const bucket = await integrate('patient', { account: 'shaky' })
    await stage.untilReady('patient', 'False', 'CloudUnavailable')
    await proxy.pass()
    await stage.untilReady('patient', 'True', 'Verified')
    await proxy.refuse()
    await stage.untilReady('patient', 'False', 'CloudUnavailable')
    await stage.delete('patient')
    await consistently(() => stage.si('patient'), { forMs: 1_500, everyMs: 200 })
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await proxy.pass()
    await stage.untilGone('patient')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    await proxy.stop()
  })

  it('a sensitive parameter from a Secret reaches the condition in the cloud, and nothing else', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of a recipe
    const condition = { operator: 'StringEquals', key: 'aws:UserAgent', values: ['${parameters.token}'] }
    const token = {
      name: 'token',
      description: 'Shown once in the console.',
      source: 'VendorGiven',
      required: true,
      sensitive: true,
      pattern: 'tok-[0-9a-z-]+',
      patternMessage: 'tok- and letters or digits',
    }
    await apply(
      vendorOf('tokens', { parameters: [token], ...withStatements({ ...reading, conditions: [condition] }) }),
    )
    const parametersFrom = [{ name: 'token', secretKeyRef: { name: 'vendor-token', key: 'token' } }]
    const bucket = await integrate('tokened', { vendor: 'tokens', parametersFrom })
    await stage.untilReady('tokened', 'False', 'SecretNotFound')

    await apply(secret('vendor-token', { other: TOKEN }))
    await eventually(async () => assert.match(await message('tokened'), /has no key "token"/))

    await apply(secret('vendor-token', { token: `wrong-${CANARY}` }))
    await stage.untilReady('tokened', 'False', 'InvalidParameter')
    assert.match(await message('tokened'), /spec.parameters.token: its value .*tok- and letters or digits/)
    assert.equal(await policyOf(stage.s3, bucket), undefined)

    await apply(secret('vendor-token', { token: TOKEN }))
    await stage.untilReady('tokened', 'True', 'Verified')
    const [statement] = await oursIn(stage.s3, bucket)
    assert.deepEqual(statement?.Condition, { StringEquals: { 'aws:UserAgent': [TOKEN] } })

    await apply(secret('vendor-token', { token: `${TOKEN}-2` }))
    await eventually(async () => {
      const [changed] = await oursIn(stage.s3, bucket)
      assert.deepEqual(changed?.Condition, { StringEquals: { 'aws:UserAgent': [`${TOKEN}-2`] } })
    })

    await stage.rig.kubectl.delete('secret', 'vendor-token', '-n', stage.namespace)
    await stage.untilReady('tokened', 'False', 'SecretNotFound')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1, 'it keeps what it has')
    await stage.change('tokened', { mode: 'Plan' })
    await leave('tokened')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    await assertNoCanaryShown()
  })

  it('the log is JSON, line by line', () => {
    const raw = operator.logs().filter(({ level }) => level === 'raw')
    assert.deepEqual(raw, [])
    assert.ok(operator.logs().length > 0)
  })
})

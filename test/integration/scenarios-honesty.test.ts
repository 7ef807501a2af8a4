/** What must never be said although it is not so, and nobody who may be let go while access stays behind. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { openEmptyStore } from './empty-store.ts'
import { reading, vendorOf, withStatements } from './recipe.ts'
import {
  account,
  oursIn,
  policyOf,
  putPolicy,
  readyOf,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

describe('what must not be said, shown or left behind', () => {
  let stage: Stage
  let operator: Operator

  const settings = { MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' }
  before(async () => {
    stage = await setStage()
    operator = await stage.operator(settings)
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const apply = (...objects: KubernetesObject[]) => stage.rig.kubectl.apply(objects)

  it('a level of access for which the recipe grants nothing is never Ready=True', async () => {
    const levels = [
      { name: 'Read', description: 'Reads.' },
      { name: 'Write', description: 'Writes.' },
    ]
    await apply(vendorOf('half', { access: levels, ...withStatements({ ...reading, access: ['Read'] }) }))
    const bucket = await stage.bucket()
    await apply(stage.integration('nothing', bucket, { vendor: 'half', access: 'Write' }))
    await eventually(async () => assert.ok(readyOf(await stage.si('nothing'))))
    await consistently(
      async () => {
        const ready = readyOf(await stage.si('nothing'))
        assert.equal(await policyOf(stage.s3, bucket), undefined)
        assert.notEqual(ready?.status, 'True', `nothing is granted, yet: ${ready?.message}`)
      },
      { forMs: 3_000, everyMs: 200 },
    )
  })

  it('a recipe whose every statement is left out by `when` is never Ready=True', async () => {
    const how = { name: 'how', description: 'How.', source: 'CustomerGiven', required: false }
    const statement = { ...reading, when: { parameter: 'how', values: ['policy'] } }
    await apply(vendorOf('choosy', { parameters: [how], ...withStatements(statement) }))
    const bucket = await stage.bucket()
    await apply(stage.integration('chosen', bucket, { vendor: 'choosy' }))
    await eventually(async () => assert.ok(readyOf(await stage.si('chosen'))))
    await consistently(
      async () => {
        const ready = readyOf(await stage.si('chosen'))
        assert.notEqual(ready?.status, 'True', `nothing is granted, yet: ${ready?.message}`)
      },
      { forMs: 3_000, everyMs: 200 },
    )
  })

  describe('an account that points to another store', () => {
    let store: { endpoint: string; close(): void }
    before(async () => {
      store = await openEmptyStore()
    })
    after(() => store.close())

    async function movedAway(name: string): Promise<string> {
      const moved: KubernetesObject = { ...account(stage.rig), metadata: { name } }
      const { aws } = account(stage.rig).spec
      await apply(moved)
      const bucket = await stage.bucket()
      await apply(stage.integration(name, bucket, { account: name }))
      await stage.untilReady(name, 'True', 'Verified')
      await apply({ ...moved, spec: { ...moved.spec, aws: { ...aws, endpoint: store.endpoint } } })
      return bucket
    }

    it('has the bucket looked at there: Ready is not True where nobody has looked', async () => {
      await movedAway('unseen')
      await eventually(async () => assert.notEqual(readyOf(await stage.si('unseen'))?.status, 'True'), {
        timeoutMs: 8_000,
      })
    })

    it('holds a deletion that comes after a restart, too', async () => {
      const bucket = await movedAway('forgotten')
      await operator.stop()
      operator = await stage.operator(settings)
      await stage.delete('forgotten')
      await assertHeldOrRevoked('forgotten', bucket)
    })

    it('holds a deletion, although that store lacks the bucket', async () => {
      const bucket = await movedAway('left-behind')
      await stage.delete('left-behind')
      await assertHeldOrRevoked('left-behind', bucket)
    })
  })

  const assertHeldOrRevoked = (name: string, bucket: string) =>
    consistently(
      async () => {
        const { code } = await stage.rig.kubectl.run(['get', 'si', name, '-n', stage.namespace])
        const left = await oursIn(stage.s3, bucket)
        assert.ok(code === 0 || left.length === 0, 'the object is gone, its access is still there')
      },
      { forMs: 4_000, everyMs: 200 },
    )

  it('another default account in another store holds a deletion too', async () => {
    const store = await openEmptyStore()
    const mark = { annotations: { 'mooring.dev/is-default-account': 'true' } }
    const first: KubernetesObject = { ...account(stage.rig), metadata: { name: 'first', ...mark } }
    const second: KubernetesObject = { ...first, metadata: { name: 'second' } }
    await apply(first, {
      ...second,
      spec: { ...first.spec, aws: { ...first.spec.aws, endpoint: store.endpoint } },
    })
    const { spec, ...object } = stage.integration('defaulted', await stage.bucket())
    const { account: _, ...rest } = spec
    await apply({ ...object, spec: rest })
    await stage.untilReady('defaulted', 'True', 'Verified')
    await stage.rig.kubectl.must('annotate', 'cloudaccount', 'first', 'mooring.dev/is-default-account-')
    await stage.rig.kubectl.must('annotate', 'cloudaccount', 'second', 'mooring.dev/is-default-account=true')
    await eventually(async () =>
      assert.equal(readyOf(await stage.si('defaulted'))?.reason, 'TargetOutOfReach'),
    )
    await stage.delete('defaulted')
    await assertHeldOrRevoked('defaulted', spec.s3.bucket)
    store.close()
  })

  it('expiry does not claim that access is gone while an adopted statement still grants it', async () => {
    const bucket = await stage.bucket()
    const byHand = {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'byHand',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::931508227573:user/segmentsai-prod-user' },
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${bucket}/*`,
        },
      ],
    }
    await putPolicy(stage.s3, bucket, byHand)
    await apply(stage.integration('adopted', bucket))
    await stage.untilReady('adopted', 'True')
    await stage.change('adopted', { expiresAt: '2020-01-01T00:00:00Z' })
    const expired = await stage.untilReady('adopted', 'False', 'Expired')
    assert.deepEqual(await policyOf(stage.s3, bucket), byHand)
    const message = readyOf(expired)?.message ?? ''
    assert.doesNotMatch(message, /^The access was taken away/, 'a stranger’s equal statement still grants it')
  })

  it('mode Plan on a policy without room says so, and not that there is nothing to change', async () => {
    const bucket = await stage.bucket()
    const [deny] = strangersPolicy(bucket).Statement
    const padding = 'x'.repeat(
      20_480 - JSON.stringify({ Version: '2012-10-17', Statement: [deny] }).length - 40,
    )
    await putPolicy(stage.s3, bucket, {
      Version: '2012-10-17',
      Statement: [
        { ...deny, Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/${padding.slice(60)}*`] },
      ],
    })
    await apply(stage.integration('full', bucket, { mode: 'Plan' }))
    const object = await eventually(async () => {
      const found = await stage.si('full')
      assert.ok(['False', 'True'].includes(readyOf(found)?.status ?? ''))
      return found
    })
    assert.doesNotMatch(readyOf(object)?.message ?? '', /^Nothing to change/)
    assert.match(readyOf(object)?.message ?? '', /20480 bytes/)
  })

  it('a sensitive parameter in a principal, a resource or an origin is shown to nobody, or the recipe is refused', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
    const OBJECT = 'arn:${partition}:s3:::${bucket}/${prefix}${parameters.token}/*'
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
    const ORIGIN = 'https://${parameters.token}.example.com'
    const token = {
      name: 'token',
      description: 'Secret.',
      source: 'VendorGiven',
      required: true,
      sensitive: true,
    }
    const rule = {
      name: 'browser',
      allowedOrigins: [ORIGIN],
      allowedMethods: ['GET'],
      preflight: { origin: ORIGIN, method: 'GET' },
    }
    const s3 = {
      bucketPolicy: { statements: [{ ...reading, resources: [OBJECT] }] },
      cors: { rules: [rule] },
    }
    await apply(vendorOf('leaky', { parameters: [token], s3 }), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'leak', namespace: stage.namespace },
      stringData: { token: 'canary77' },
    })
    const parametersFrom = [{ name: 'token', secretKeyRef: { name: 'leak', key: 'token' } }]
    await apply(stage.integration('leaking', await stage.bucket(), { vendor: 'leaky', parametersFrom }))
    await eventually(async () =>
      assert.ok(['True', 'False'].includes(readyOf(await stage.si('leaking'))?.status ?? '')),
    )
    await consistently(
      async () => {
        const shown = {
          log: readFileSync(operator.logFile, 'utf8'),
          status: JSON.stringify(await stage.si('leaking')),
          events: await stage.rig.kubectl.must('get', 'events.events.k8s.io', '-A', '-o', 'json'),
        }
        const where = Object.entries(shown).flatMap(([name, text]) =>
          text.includes('canary77') ? [name] : [],
        )
        assert.deepEqual(where, [])
      },
      { forMs: 1_500, everyMs: 300 },
    )
  })

  it('an orphan on a bucket that no integration names any more is counted too', async () => {
    const bucket = await stage.bucket()
    await apply(stage.integration('sole', bucket))
    await stage.untilReady('sole', 'True', 'Verified')
    await stage.change('sole', { suspend: true })
    operator.kill('SIGSTOP')
    await stage.forceAway('sole')
    operator.kill('SIGCONT')
    await eventually(
      async () => {
        const { orphans } = (await stage.rig.kubectl.get('cloudaccount', 'aws-test')).status
        assert.ok(JSON.stringify(orphans ?? '').includes(bucket), JSON.stringify(orphans))
      },
      { timeoutMs: 8_000 },
    )
  })

  it('a wiped status of a vendor comes back', async () => {
    const wipe = JSON.stringify({ status: null })
    await eventually(async () =>
      assert.ok(readyOf(await stage.rig.kubectl.get('storagevendor', 'segments-ai'))),
    )
    const { must } = stage.rig.kubectl
    await must('patch', 'storagevendor', 'segments-ai', '--subresource=status', '--type=merge', '-p', wipe)
    await eventually(
      async () => assert.ok(readyOf(await stage.rig.kubectl.get('storagevendor', 'segments-ai'))),
      { timeoutMs: 8_000 },
    )
  })

  for (const spec of [{ suspend: true }, { mode: 'Plan' }]) {
    it(`an expiry that has passed, with ${JSON.stringify(spec)}, does not keep the operator from everything else`, async () => {
      await apply(
        stage.integration('past', await stage.bucket(), { ...spec, expiresAt: '2020-01-01T00:00:00Z' }),
      )
      const late = await stage.bucket()
      await apply(stage.integration('other', late))
      try {
        await stage.untilReady('other', 'True', 'Verified')
        assert.equal(
          (await fetch(`${operator.url}/livez`, { signal: AbortSignal.timeout(2_000) })).status,
          200,
        )
      } finally {
        operator.kill('SIGKILL')
        await stage.forceAway('past')
        await stage.forceAway('other')
        operator = await stage.operator(settings)
      }
    })
  }
})

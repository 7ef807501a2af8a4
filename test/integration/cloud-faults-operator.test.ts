/**
 * The operator while a cloud misbehaves: whoever is not concerned is served, what happens is told once and does not flap, a pause
 * that the cloud asks for is kept, and a request that hangs holds up no shutdown.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { type Fate, type HttpProxy, PASS, type ProxiedRequest, startHttpProxy } from '../rig/http-proxy.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { ministackAccount } from '../rig/rig.ts'
import { ministack, uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { reading, vendorOf } from './recipe.ts'
import { account, oursIn, readyOf, type Stage, setStage } from './stage.ts'

/** What is done to requests that speak of a bucket, and when such requests came. */
interface Trouble {
  fate: Fate
  readonly cameAt: number[]
}

const HTML = '<!DOCTYPE html><html><body>Sign in</body></html>'
const page = (status: number): Fate => ({
  do: 'answer',
  status,
  headers: { 'content-type': 'text/html' },
  body: HTML,
})
const slowDown = (headers: Readonly<Record<string, string>>): Fate => ({
  do: 'answer',
  status: 503,
  headers: { 'content-type': 'application/xml', ...headers },
  body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
})

describe('an operator whose cloud misbehaves', () => {
  const troubles = new Map<string, Trouble>()
  let stage: Stage
  let proxy: HttpProxy
  let other: HttpProxy
  let operator: Operator

  before(async () => {
    const { endpoint } = await ministack()
    stage = await setStage(ministackAccount(endpoint, uniqueAccountId()))
    const { kubectl } = stage.rig
    proxy = await startHttpProxy(endpoint, { decide: ({ url }) => fateOf(url) })
    other = await startHttpProxy(endpoint, { decide: (): Fate => ({ do: 'hang' }) })
    const at = (address: string) => ({ ...stage.rig, aws: { ...stage.rig.aws, endpoint: address } })
    const hanging = account(at(other.endpoint))
    await kubectl.apply([
      account(at(proxy.endpoint)),
      { ...hanging, metadata: { name: 'aws-hanging' } },
      vendorOf('reader', { s3: { bucketPolicy: { statements: [reading] } } }),
    ])
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '2s' })
  })
  after(async () => {
    await operator?.stop()
    await proxy?.stop()
    await other?.stop()
    await stage?.rig.stop()
  })

  function fateOf(url: ProxiedRequest['url']): Fate {
    const trouble = troubles.get(new URL(url, 'http://s3').pathname.split('/')[1] ?? '')
    trouble?.cameAt.push(performance.now())
    return trouble?.fate ?? PASS
  }

  async function troubled(fate: Fate): Promise<{ readonly bucket: string; readonly trouble: Trouble }> {
    const bucket = await stage.bucket()
    const trouble = { fate, cameAt: [] }
    troubles.set(bucket, trouble)
    return { bucket, trouble }
  }

  const asks = (name: string, bucket: string, spec: object = {}): KubernetesObject =>
    stage.integration(name, bucket, { vendor: 'reader', ...spec })

  /** Waits until the bucket was looked at so many times more. */
  async function moreRounds({ cameAt }: Trouble, count: number): Promise<void> {
    const wanted = roundsIn(cameAt).length + count
    await eventually(() => assert.ok(roundsIn(cameAt).length >= wanted), { timeoutMs: 60_000 })
  }

  const STABLE: readonly (readonly [string, Fate, string])[] = [
    ['an error', page(500), 'CloudUnavailable'],
    ['a sign-in page', page(200), 'UnreadableDocument'],
    ['a reset', { do: 'reset' }, 'CloudUnavailable'],
  ]
  for (const [index, [name, fate, reason]] of STABLE.entries())
    it(`says it once while there is always ${name}, serves the others, and goes on when it is over`, async () => {
      const [broken, well] = [`broken-${index}`, `well-${index}`]
      const { bucket, trouble } = await troubled(fate)
      await stage.rig.kubectl.apply([asks(broken, bucket), asks(well, await stage.bucket())])
      const [told] = await Promise.all([
        stage.untilReady(broken, 'False', reason),
        stage.untilReady(well, 'True'),
      ])
      await moreRounds(trouble, 2)
      const still = await stage.si(broken)
      assert.deepEqual(readyOf(still), readyOf(told))
      assert.deepEqual(await oursIn(stage.s3, bucket), [])
      trouble.fate = PASS
      await stage.untilReady(broken, 'True', 'Verified')
      await stage.leave(broken, well)
      assert.deepEqual(await oursIn(stage.s3, bucket), [])
    })

  it('waits as long as the cloud says, and serves others meanwhile', async () => {
    const { bucket, trouble } = await troubled(slowDown({ 'retry-after': '6' })) // longer than a read waits in place
    await stage.rig.kubectl.apply([asks('asked-to-wait', bucket), asks('not-asked', await stage.bucket())])
    await stage.untilReady('not-asked', 'True')
    await moreRounds(trouble, 2)
    const rounds = roundsIn(trouble.cameAt)
    const pauses = rounds.slice(1).map((at, nth) => Math.round(at - (rounds[nth] ?? 0)))
    assert.ok(
      pauses.every((pause) => pause >= 5_900),
      `${pauses} ms`,
    )
    trouble.fate = PASS
    await stage.untilReady('asked-to-wait', 'True')
    await stage.leave('asked-to-wait', 'not-asked')
  })

  it('serves an account although another one answers nothing at all', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `hanging-${n}`)
    const buckets = await Promise.all(names.map(() => stage.bucket()))
    await stage.rig.kubectl.apply(
      names.map((name, n) => asks(name, buckets[n] ?? '', { account: 'aws-hanging' })),
    )
    await eventually(() => assert.ok(other.underWay > 0, 'nobody asked'))
    await stage.rig.kubectl.apply(asks('beside', await stage.bucket()))
    await stage.untilReady('beside', 'True')
    await stage.leave('beside')
    assert.ok(other.underWay > 0, 'requests hang no more')
  })

  it('shuts down although requests hang: they get their 25 seconds, and are aborted', async () => {
    await eventually(() => assert.ok(other.underWay > 0, 'nobody asked'), { timeoutMs: 60_000 })
    assert.deepEqual(await operator.stop(60_000), { code: 0, signal: null })
    await eventually(() => assert.equal(other.underWay, 0))
  })
})

/** Times at which the first request of a look came: one that was turned away is asked again in place, within half a second. */
function roundsIn(times: readonly number[]): number[] {
  return times.filter((at, nth) => nth === 0 || at - (times[nth - 1] ?? 0) > 500)
}

import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import type { Lease } from '../../src/kube/lease-record.ts'
import type { Cluster } from '../rig/rig.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { adminRest, createThing, installThings, makeNamespace } from './kube-things.ts'

const script = fileURLToPath(new URL('./kube-operator-process.ts', import.meta.url))

describe('an operator process on a real API server', () => {
  let world: Cluster
  let rest: HttpRest
  const children: ChildProcess[] = []

  before(async () => {
    world = await cluster()
    await installThings(world.kubectl)
    rest = await adminRest(world.kubeconfigPath)
  })

  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await rest.close()
  })

  /** Starts the operator and waits until it is amid its first pass. */
  async function startAmidPass(settings: { passMs: number; graceMs: number; obedient: boolean }) {
    const namespace = await makeNamespace(world.kubectl, uniqueName('kube-process'))
    await createThing(rest, namespace, 'thing')
    const env = { PATH: process.env.PATH, KUBECONFIG: world.kubeconfigPath }
    const child = spawn(process.execPath, [script, JSON.stringify({ namespace, ...settings })], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const story: string[] = []
    child.stdout?.on('data', (text: Buffer) => story.push(...text.toString().trim().split('\n')))
    const exited = once(child, 'close')
    await eventually(() => assert.ok(story.includes(`pass ${namespace}/thing begins`)), { timeoutMs: 30_000 })
    const holder = async () => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/mooring`
      return (await rest.request<Lease>({ method: 'GET', path })).spec?.holderIdentity
    }
    return { child, story, exited, holder, pass: `pass ${namespace}/thing` }
  }

  it('on SIGTERM lets the pass end, releases the lease last and exits with 0', async () => {
    const { child, story, exited, holder, pass } = await startAmidPass({
      passMs: 1_000,
      graceMs: 20_000,
      obedient: true,
    })
    assert.equal(await holder(), 'child')
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    const end = ['not ready', `${pass} ends`, 'events flushed', 'lease released', 'closed']
    assert.deepEqual(story, [`${pass} begins`, ...end])
    assert.equal(await holder(), '')
  })

  it('on SIGTERM aborts a pass that outlives the grace', async () => {
    const { child, story, exited, holder, pass } = await startAmidPass({
      passMs: 60_000,
      graceMs: 300,
      obedient: true,
    })
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.ok(story.includes(`${pass} was aborted`))
    assert.equal(await holder(), '')
  })

  it('keeps the lease when a pass does not even obey its abort signal, so that nobody works beside it', async () => {
    const { child, story, exited, holder } = await startAmidPass({
      passMs: 60_000,
      graceMs: 100,
      obedient: false,
    })
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.ok(!story.includes('lease released'))
    assert.equal(await holder(), 'child')
  })

  it('exits at once on a second signal', async () => {
    const { child, story, exited } = await startAmidPass({ passMs: 60_000, graceMs: 60_000, obedient: true })
    child.kill('SIGTERM')
    await eventually(() => assert.ok(story.includes('not ready')))
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [1, null])
  })
})

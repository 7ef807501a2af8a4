import { strict as assert } from 'node:assert'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/kube/connection.ts'
import { HttpRest } from '../../src/kube/http-rest.ts'
import { inClusterConnection } from '../../src/kube/in-cluster.ts'
import { KubeError } from '../../src/kube/kube-error.ts'
import { listPages } from '../../src/kube/list-pages.ts'
import { collectionPath, type ResourceType } from '../../src/kube/resource-type.ts'
import { getSecret } from '../../src/kube/secrets.ts'
import { readKubeconfig } from '../rig/kubeconfig.ts'
import type { Cluster } from '../rig/rig.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { adminRest, makeNamespace } from './kube-things.ts'

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
}

describe('Rest on a real API server', () => {
  let world: Cluster
  let namespace: string
  let proxy: TcpProxy
  let rest: HttpRest

  before(async () => {
    world = await cluster()
    namespace = await makeNamespace(world.kubectl, uniqueName('kube-rest'))
    proxy = await startTcpProxy(Number(new URL((await readKubeconfig(world.kubeconfigPath)).server).port))
    rest = await adminRest(world.kubeconfigPath, proxy.port)
  })

  after(async () => {
    await rest.close()
    await proxy.stop()
  })

  const makeConfigMap = (name: string, data = {}) =>
    rest.request({
      method: 'POST',
      path: collectionPath(configMaps, namespace),
      body: { metadata: { name }, data },
    })

  it('sends two hundred requests at a time over at most eight connections', async () => {
    const path = collectionPath(configMaps, namespace)
    await Promise.all(Array.from({ length: 200 }, () => rest.request({ method: 'GET', path })))
    assert.ok(proxy.connections() <= 8, `${proxy.connections()} connections`)
  })

  it('renews leases on a connection of their own', async () => {
    const before = proxy.connections()
    await rest.request({ method: 'GET', path: '/version', pool: 'lease' })
    assert.equal(proxy.connections(), before + 1)
  })

  it('reads a list page by page, whole and without doubles', async () => {
    const names = Array.from({ length: 23 }, (_, index) => `page-${index}`)
    await Promise.all(names.map((name) => makeConfigMap(name)))
    const sizes: number[] = []
    const seen = new Set<string>()
    for await (const page of listPages(rest, { path: collectionPath(configMaps, namespace), pageSize: 5 })) {
      sizes.push(page.items.length)
      for (const item of page.items) seen.add(item.metadata.name)
    }
    assert.deepEqual(sizes, [5, 5, 5, 5, 3])
    assert.deepEqual([...seen].sort(), names.sort())
  })

  it('understands answers large enough for the API server to compress them', async () => {
    const text = 'x'.repeat(300_000)
    await makeConfigMap('large', { text })
    const path = `${collectionPath(configMaps, namespace)}/large`
    const read = await rest.request<{ data: { text: string } }>({ method: 'GET', path })
    assert.equal(read.data.text, text)
  })

  it('says what failed without quoting what was sent', async () => {
    const body = { metadata: { name: 'Bad Name' }, data: { password: 'hunter2' } }
    const path = collectionPath(configMaps, namespace)
    await assert.rejects(rest.request({ method: 'POST', path, body }), (error: unknown) => {
      assert.ok(error instanceof KubeError)
      assert.deepEqual([error.status, error.reason, error.fields], [422, 'Invalid', ['metadata.name']])
      assert.ok(!error.message.includes('hunter2') && !error.message.includes('Bad Name'), error.message)
      return true
    })
  })

  it('reads Secrets decoded, and types what is missing or forbidden', async () => {
    const { kubectl } = world
    await kubectl.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace },
      stringData: { id: 'käse', empty: '' },
    })
    assert.deepEqual(await getSecret(rest, namespace, 'keys'), { id: 'käse', empty: '' })
    await assert.rejects(getSecret(rest, namespace, 'none'), {
      name: 'KubeError',
      status: 404,
      reason: 'NotFound',
    })
    const pod = await asServiceAccount('reader', await tokenOf('reader'))
    await assert.rejects(getSecret(pod.rest, namespace, 'keys'), {
      name: 'KubeError',
      status: 403,
      reason: 'Forbidden',
    })
    await pod.close()
  })

  it('uses a rotated token at once when the old one is refused', async () => {
    const good = await tokenOf('rotated')
    const pod = await asServiceAccount('rotated', good)
    await whoAmI(pod.rest)
    await pod.write('token', 'no longer valid')
    await pod.renew()
    await assert.rejects(whoAmI(pod.rest), { status: 401 })
    await pod.write('token', good)
    assert.equal(await whoAmI(pod.rest), `system:serviceaccount:${namespace}:rotated`)
    await pod.close()
  })

  it('asks the credential plugin of the kubeconfig again when its token is refused', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plugin-'))
    const credential = join(directory, 'credential.json')
    const give = (token: string) =>
      writeFile(
        credential,
        JSON.stringify({
          apiVersion: 'client.authentication.k8s.io/v1',
          kind: 'ExecCredential',
          status: { token, expirationTimestamp: '2999-01-01T00:00:00Z' },
        }),
      )
    const config = JSON.parse(await readFile(world.kubeconfigPath, 'utf8'))
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/cat', args: [credential] }
    config.users[0].user = { exec: { ...exec, interactiveMode: 'Never' } }
    const kubeconfig = join(directory, 'kubeconfig')
    await writeFile(kubeconfig, JSON.stringify(config))
    await give('refused')
    const plugged = await adminRest(kubeconfig)
    await assert.rejects(whoAmI(plugged), { status: 401 })
    await give(await tokenOf('plugged'))
    assert.equal(await whoAmI(plugged), `system:serviceaccount:${namespace}:plugged`)
    await plugged.close()
    await rm(directory, { recursive: true })
  })

  it('makes new connections with a rotated CA when the old one does not match any more', async () => {
    const pod = await asServiceAccount('authority', await tokenOf('authority'))
    const { authority } = await readKubeconfig(world.kubeconfigPath)
    await pod.write('ca.crt', strangersAuthority)
    await pod.renew()
    await assert.rejects(whoAmI(pod.rest), { name: 'KubeError', status: 0, reason: 'TlsFailed' })
    await pod.write('ca.crt', authority)
    assert.equal(await whoAmI(pod.rest), `system:serviceaccount:${namespace}:authority`)
    await pod.close()
  })

  it('gives a request on a dead connection up in time, and the next one passes on a new connection', async () => {
    await rest.request({ method: 'GET', path: '/version', pool: 'lease' })
    proxy.abandon()
    const request = { method: 'GET', path: '/version', pool: 'lease', timeoutMs: 500 } as const
    await assert.rejects(rest.request(request), { status: 0, reason: 'TimedOut' })
    await rest.request({ ...request, timeoutMs: 5_000 })
  })

  it('gives a request up when its caller does', async () => {
    proxy.freeze()
    const stop = new AbortController()
    const pending = rest.request({ method: 'GET', path: '/version', signal: stop.signal })
    stop.abort()
    await assert.rejects(pending, { status: 0, reason: 'Aborted' })
    await proxy.pass()
  })

  it('gives a request up in time even while its connection is still being made, and does not send it later', async () => {
    proxy.freeze()
    const fresh = await adminRest(world.kubeconfigPath, proxy.port)
    const body = { metadata: { name: 'too-late' } }
    const path = collectionPath(configMaps, namespace)
    const late = fresh.request({ method: 'POST', path, body, timeoutMs: 300 })
    await assert.rejects(late, { status: 0, reason: 'TimedOut' })
    await proxy.pass()
    await fresh.request({ method: 'GET', path: '/version' })
    await assert.rejects(fresh.request({ method: 'GET', path: `${path}/too-late` }), { status: 404 })
    await fresh.close()
  })

  it('reads again by itself after a reset connection, but does not write again', async () => {
    await rest.request({ method: 'GET', path: '/version' })
    await proxy.refuse()
    const read = rest.request({ method: 'GET', path: '/version' })
    await assert.rejects(makeConfigMap('once'), { status: 0, reason: 'ConnectionFailed' })
    await proxy.pass()
    await read.catch((error: unknown) => assert.ok(error instanceof KubeError && error.status === 0))
    await eventually(() => rest.request({ method: 'GET', path: '/version' }))
  })

  it('says what to do when there is no way to an API server', async () => {
    await assert.rejects(connect({ KUBECONFIG: '/does/not/exist' }), {
      name: 'ConnectionError',
      message: /Set KUBECONFIG/,
    })
    const nowhere = { host: '127.0.0.1', port: '1', directory: '/does/not/exist' }
    await assert.rejects(inClusterConnection(nowhere), {
      name: 'ConnectionError',
      message: /automountServiceAccountToken/,
    })
  })

  async function tokenOf(name: string): Promise<string> {
    await world.kubectl.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
    return (await world.kubectl.must('create', 'token', name, '-n', namespace)).trim()
  }

  /** A pod as seen from inside: the files of its service account, and the connection made from them. */
  async function asServiceAccount(name: string, token: string) {
    const directory = await mkdtemp(join(tmpdir(), `${name}-`))
    const { server, authority } = await readKubeconfig(world.kubeconfigPath)
    const write = (file: string, content: string) => writeFile(join(directory, file), `${content}\n`)
    await Promise.all([write('token', token), write('ca.crt', authority), write('namespace', namespace)])
    const connection = await inClusterConnection({ host: '127.0.0.1', port: new URL(server).port, directory })
    assert.deepEqual([connection.namespace, connection.inCluster], [namespace, true])
    const podRest = new HttpRest(connection)
    return {
      rest: podRest,
      write,
      renew: () => Promise.all([connection.tls(true), connection.authorization(true)]),
      close: () => Promise.all([podRest.close(), rm(directory, { recursive: true })]),
    }
  }
})

async function whoAmI(rest: HttpRest): Promise<string> {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  type Review = { readonly status: { readonly userInfo: { readonly username: string } } }
  return (await rest.request<Review>({ method: 'POST', path, body })).status.userInfo.username
}

/** Somebody else's certificate; it has signed nothing here. */
const strangersAuthority = `-----BEGIN CERTIFICATE-----
MIIBfDCCASOgAwIBAgIUTC6YtWuW4YECNRPAUF4EZSbu11QwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTIyMTQ1NzI5WhgPMjEyNjEwMjkx
NDU3MjlaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEz8EyGO2eAZyNvbjbfsjIfOnqbyo8lHdVivPZ0ErYxfNkswk4KmpV5d+P
5rRGXbi9+NrHpHLTiRyX9rvpZa/tI6NTMFEwHQYDVR0OBBYEFKj37sRbcOqHwvxW
NkjE6llrFs3rMB8GA1UdIwQYMBaAFKj37sRbcOqHwvxWNkjE6llrFs3rMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgTtRs0Aia6GGCrWCaSk+DzbwH
H3wD0i6tIdaJrWnOSbMCIC+VrneKlC1GpnKNIL0akQyRVUJFZfnRNAWFJIKwlDJm
-----END CERTIFICATE-----`

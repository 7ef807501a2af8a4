/** Clouds that say again what they were sent: no credential of any of them is to be read in anything that Mooring says. */
import { strict as assert } from 'node:assert'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { azureAccount } from '../rig/azure.ts'
import { installCatalogue, installCrds } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import type { OwnCluster } from '../rig/rig.ts'
import { azure, ownCluster } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { readyOf } from './stage.ts'

const NAMESPACE = 'perception'
/** As AWS makes them, with signs that end a word: a pattern alone would not know them. */
const AWS_SECRET = 'canary/aws+secret.key~1'
const AWS_TOKEN = 'canary-aws-token=='
const ACCESS_TOKEN = 'canary-google-token.1'
const PARAMETER = 'canary-parameter'
const { privateKey: PEM } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const LINES = PEM.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))

/** Everything that was planted, in every spelling in which a cloud may say it again. */
function planted(clientSecret: string): string[] {
  return [AWS_SECRET, AWS_TOKEN, ACCESS_TOKEN, PARAMETER, clientSecret, ...LINES]
}

/** Clouds that refuse everything, and say again what each may have learnt of its customer. */
async function startEcho(): Promise<Server> {
  const said = [AWS_SECRET, encodeURIComponent(AWS_SECRET), AWS_TOKEN].join(', ')
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url?.startsWith('/token') === true) {
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({ error: 'invalid_grant', error_description: `${LINES.at(-1)} of key ${PEM}` }),
        )
      } else if (/^\/(storage|v1)\//.test(request.url ?? '')) {
        response.writeHead(400, { 'content-type': 'application/json' })
        const error = { code: 400, message: `token ${ACCESS_TOKEN} is odd`, errors: [{ reason: 'invalid' }] }
        response.end(JSON.stringify({ error }))
      } else {
        response.writeHead(403, { 'content-type': 'text/xml' })
        const error = `<Error><Code>AccessDenied</Code><Message>not allowed because ${said}</Message></Error>`
        response.end(request.method === 'POST' ? `<ErrorResponse>${error}</ErrorResponse>` : error)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.unref()
}

describe('credentials of all clouds', () => {
  let cluster: OwnCluster
  let operator: Operator
  let echo: Server
  let clientSecret: string

  before(async () => {
    const cloud = await azure()
    const me = await azureAccount(cloud)
    clientSecret = me.clientSecret
    cloud.fail(
      10_000,
      401,
      ({ operation }) => operation === 'token',
      `invalid_client: the secret "${clientSecret}" is not right`,
    )
    cluster = await ownCluster()
    echo = await startEcho()
    const endpoint = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`
    const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
    const key = {
      ...{ type: 'service_account', client_email: 'mooring@p.iam.gserviceaccount.com', private_key: PEM },
      ...{ private_key_id: 'k1', token_uri: `${endpoint}/token` },
    }
    const { kubectl } = cluster
    await installCrds(kubectl)
    await installCatalogue(kubectl)
    await kubectl.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      secret('aws', {
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: AWS_SECRET,
        AWS_SESSION_TOKEN: AWS_TOKEN,
      }),
      secret('gcp-key', { 'credentials.json': JSON.stringify(key) }),
      secret('gcp-token', { accessToken: ACCESS_TOKEN }),
      secret('azure', { AZURE_CLIENT_ID: me.clientId, AZURE_CLIENT_SECRET: clientSecret }),
      secret('parameter', { externalId: PARAMETER }),
      account('aws', { aws: { accountId: '123456789012', region: 'eu-west-1', endpoint } }),
      account('gcp-key', { gcp: { projectId: 'project', endpoints } }),
      account('gcp-token', { gcp: { projectId: 'project', endpoints } }),
      account('azure', {
        azure: { tenantId: me.tenantId, subscriptionId: me.subscriptionId, endpoints: me.endpoints },
      }),
      integration('aws', { s3: { bucket: 'clips' } }),
      integration('gcp-key', {
        gcs: { bucket: 'clips' },
        parameters: { serviceAccount: 'a@b.iam.gserviceaccount.com' },
      }),
      integration('gcp-token', {
        gcs: { bucket: 'clips' },
        parameters: { serviceAccount: 'a@b.iam.gserviceaccount.com' },
      }),
      integration('azure', {
        azureBlob: { resourceGroup: me.resourceGroup, storageAccount: me.storageAccount },
      }),
      integration('parameter', {
        account: 'aws',
        vendor: 'cloudglue',
        s3: { bucket: 'clips' },
        parametersFrom: [{ name: 'externalId', secretKeyRef: { name: 'parameter', key: 'externalId' } }],
      }),
    ])
    operator = await startOperator({
      kubeconfigPath: cluster.kubeconfigPath,
      env: {
        MOORING_LEADER_ELECTION: 'false',
        MOORING_RESYNC: '2s',
        MOORING_LOG_LEVEL: 'trace',
        ...cloud.environment,
      },
    })
    await operator.ready()
  })
  after(async () => {
    await operator?.stop()
    echo?.close()
    await cluster?.stop()
  })

  const messageOf = async (name: string): Promise<string> => {
    const ready = readyOf(await cluster.kubectl.get('si', name, '-n', NAMESPACE))
    assert.equal(ready?.status, 'False', ready?.message)
    return ready?.message ?? ''
  }

  for (const name of ['aws', 'gcp-key', 'gcp-token', 'azure', 'parameter']) {
    it(`are said again by the cloud and are hidden in what people read: ${name}`, async () => {
      const message = await eventually(() => messageOf(name), { timeoutMs: 60_000 })
      assert.match(message, /\[hidden\]|\[removed\]/)
    })
  }

  it('are nowhere in logs, Events, statuses and metrics', async () => {
    for (const name of ['aws', 'gcp-key', 'gcp-token', 'azure'])
      await cluster.kubectl.must(
        'wait',
        '--for=jsonpath={.status.observedGeneration}=1',
        `cloudaccount/${name}`,
        '--timeout=60s',
      )
    await eventually(async () => {
      const events = await cluster.kubectl.must('get', 'events.events.k8s.io', '-A', '-o', 'json')
      assert.match(events, /\[hidden\]/)
    })
    const kinds = 'events.events.k8s.io,si,cloudaccounts,storagevendors'
    const shown = {
      objects: await cluster.kubectl.must('get', kinds, '-A', '-o', 'json'),
      metrics: await (await fetch(`${operator.url}/metrics`)).text(),
      log: readFileSync(operator.logFile, 'utf8'),
    }
    for (const [where, text] of Object.entries(shown)) {
      assert.ok(text.length > 500, `${where} says hardly anything`)
      for (const secretText of planted(clientSecret)) {
        const at = text.indexOf(secretText)
        assert.equal(at, -1, `${where}: ${text.slice(Math.max(0, at - 200), at + 100)}`)
      }
    }
  })
})

function secret(name: string, stringData: object): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData }
}

function account(name: string, spec: Readonly<Record<string, object>>): KubernetesObject {
  const credentialsSecretRef = { namespace: NAMESPACE, name }
  const clouds = Object.entries(spec).map(([cloud, fields]) => [cloud, { ...fields, credentialsSecretRef }])
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name },
    spec: { ...Object.fromEntries(clouds), allow: [{ namespaces: [NAMESPACE] }] },
  }
}

function integration(name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace: NAMESPACE },
    spec: { vendor: 'segments-ai', account: name, ...spec },
  }
}

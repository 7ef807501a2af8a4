/** Random objects of the schemas before a real API server: what it takes is decided on, and it takes every status made of that. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { CloudAccount } from '../../src/api/generated/cloud-account.ts'
import type { StorageIntegration } from '../../src/api/generated/storage-integration.ts'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import { jsonEqual } from '../../src/kube/json-equal.ts'
import { isNotFound, KubeError } from '../../src/kube/kube-error.ts'
import type { KubeObject } from '../../src/kube/object.ts'
import { collectionPath, objectPath, type ResourceType } from '../../src/kube/resource-type.ts'
import { reportStatus } from '../../src/reconcile/report.ts'
import { CLOUD_ACCOUNTS, STORAGE_INTEGRATIONS, STORAGE_VENDORS } from '../../src/reconcile/resources.ts'
import { vendorStatus } from '../../src/reconcile/vendor.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { installCrds } from '../rig/install.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { recipeFor, specOf } from '../unit/crd-arbitraries.ts'
import { type CrdKind, crdSchema, faultsOf } from '../unit/crd-schema.ts'
import { fuzz } from '../unit/fuzz-runs.ts'
import { answersTo } from '../unit/planned.ts'
import { adminRest, makeNamespace } from './kube-things.ts'

const NOW = '2026-11-22T12:00:00Z'
const CLOUDS = [
  ['s3', 'aws'],
  ['gcs', 'gcp'],
  ['azureBlob', 'azure'],
] as const

type Spec = Readonly<Record<string, unknown>>

describe('random objects before an API server', () => {
  let rest: HttpRest
  const namespace = uniqueName('random')

  before(async () => {
    const { kubectl, kubeconfigPath } = await cluster()
    await installCrds(kubectl)
    await makeNamespace(kubectl, namespace)
    rest = await adminRest(kubeconfigPath)
  })
  after(() => rest?.close())

  /** Undefined where the API server refuses it. */
  async function created<T extends KubeObject>(
    type: ResourceType,
    name: string,
    spec: Spec,
  ): Promise<T | undefined> {
    const place = type.namespaced ? { name, namespace } : { name }
    const apiVersion = 'mooring.dev/v1alpha1'
    const body = { apiVersion, kind: type.kind, metadata: place, spec }
    try {
      return await rest.request<T>({ method: 'POST', path: collectionPath(type, place.namespace), body })
    } catch (error) {
      assert.ok(error instanceof KubeError && error.status === 422, String(error))
      return undefined
    }
  }

  async function removed(type: ResourceType, name: string): Promise<void> {
    const path = objectPath(type, type.namespaced ? { name, namespace } : { name })
    await rest.request({ method: 'DELETE', path }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  /** Writes the status, and reads of the answer that it was taken as it is: else it would be written at every pass. */
  async function takes(type: ResourceType, name: string, status: object): Promise<void> {
    const path = objectPath(type, type.namespaced ? { name, namespace } : { name }, 'status')
    const body = [{ op: 'add', path: '/status', value: status }]
    const contentType = 'application/json-patch+json'
    const answer = await rest.request<{ status: object }>({ method: 'PATCH', path, contentType, body })
    assert.ok(
      jsonEqual(answer.status, JSON.parse(JSON.stringify(status))),
      'the API server made something else of it',
    )
  }

  /** The field that says which cloud it is about. */
  const FIELDS: Readonly<Record<CrdKind, 0 | 1>> = {
    storageintegrations: 0,
    storagevendors: 0,
    cloudaccounts: 1,
  }
  const TYPES: Readonly<Record<CrdKind, ResourceType>> = {
    storageintegrations: STORAGE_INTEGRATIONS,
    storagevendors: STORAGE_VENDORS,
    cloudaccounts: CLOUD_ACCOUNTS,
  }

  for (const kind of ['storageintegrations', 'storagevendors', 'cloudaccounts'] as const) {
    it(`${kind} that it takes are those of our own reading of the schema`, async () => {
      const specs = fc.oneof(
        ...CLOUDS.map((names) =>
          kind === 'storagevendors' ? recipeFor(names[0]) : specOf(kind, names[FIELDS[kind]]),
        ),
      )
      const counts = { accepted: 0, refused: 0 }
      await fc.assert(
        fc.asyncProperty(specs, async (spec) => {
          const name = uniqueName('any')
          const taken = await created(TYPES[kind], name, spec)
          counts[taken === undefined ? 'refused' : 'accepted'] += 1
          if (taken === undefined) return
          assert.deepEqual(faultsOf(crdSchema(kind, 'spec'), JSON.parse(JSON.stringify(spec)), 'spec'), [])
          await removed(TYPES[kind], name)
        }),
        { ...fuzz(kind, 25), endOnFailure: true },
      )
      console.log(`# ${kind}: ${JSON.stringify(counts)}`)
      assert.ok(counts.accepted > 0 && counts.refused > 0)
    })
  }

  it('every status of what it takes is taken as it is, and is the same when read again', async () => {
    const triples = fc.oneof(
      ...CLOUDS.map(([storage, cloud]) =>
        fc.record({
          integration: specOf('storageintegrations', storage),
          vendor: recipeFor(storage),
          account: specOf('cloudaccounts', cloud),
        }),
      ),
    )
    const counts = { written: 0 }
    await fc.assert(
      fc.asyncProperty(triples, async (specs) => {
        const name = uniqueName('any')
        const integration = await created<StorageIntegration>(STORAGE_INTEGRATIONS, name, specs.integration)
        if (integration === undefined) return
        const vendor = await created<StorageVendor>(STORAGE_VENDORS, name, specs.vendor)
        const account = await created<CloudAccount>(CLOUD_ACCOUNTS, name, specs.account)
        const resolution = resolve({
          ...{
            integration,
            vendor,
            account,
            namespaceLabels: {},
            installation: 'test',
            now: Date.parse(NOW),
          },
          parameters: { ok: true, value: { values: integration.spec.parameters ?? {}, secret: new Set() } },
        })
        for (const answer of answersTo(resolution)) {
          await takes(STORAGE_INTEGRATIONS, name, reportStatus(undefined, resolution, answer, NOW))
          counts.written += 1
        }
        if (vendor !== undefined) await takes(STORAGE_VENDORS, name, vendorStatus(vendor, NOW))
        for (const type of Object.values(TYPES)) await removed(type, name)
      }),
      { ...fuzz('statuses', 40), endOnFailure: true },
    )
    console.log(`# ${counts.written} statuses`)
    assert.ok(counts.written > 0)
  })
})

/** Random objects of the three kinds, legal and hostile: deciding about them never throws, and what is said fits the schema. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Fault } from '../../src/api/fault.ts'
import type { CloudAccount } from '../../src/api/generated/cloud-account.ts'
import type { StorageIntegration } from '../../src/api/generated/storage-integration.ts'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { REASONS } from '../../src/api/reasons.ts'
import { reportStatus } from '../../src/reconcile/report.ts'
import { vendorStatus } from '../../src/reconcile/vendor.ts'
import { type Resolution, resolve } from '../../src/vendors/resolve.ts'
import { HOSTILE, recipeFor, specOf } from './crd-arbitraries.ts'
import { crdSchema, faultsOf } from './crd-schema.ts'
import { fuzz } from './fuzz-runs.ts'
import { answersTo } from './planned.ts'
import { NOW } from './things.ts'

const metadata = {
  uid: '5f0c1a52-0000-4000-8000-000000000001',
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: '2026-11-22T10:00:00Z',
}

const annotations = fc.dictionary(
  fc.constantFrom('mooring.dev/applied-at', 'mooring.dev/external-id', 'mooring.dev/ledger'),
  fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.json({ maxDepth: 3 }),
    fc.constantFrom(
      '{"s3://another at aws":["BucketPolicy"]}',
      '["s3://another at aws"]',
      '{"__proto__":["Cors"],"constructor":[]}',
      'perception/x 0123456789abcdef0123456789abcdef',
    ),
  ),
  { maxKeys: 2 },
)

const CLOUDS = [
  ['s3', 'aws'],
  ['gcs', 'gcp'],
  ['azureBlob', 'azure'],
] as const

/** Nobody looks at what is suspended or has expired, so few are; and a recipe's own levels and parameters fit more often. */
function awake(spec: Readonly<Record<string, unknown>>, n: number): Readonly<Record<string, unknown>> {
  const { suspend: _, expiresAt: __, access: ___, parametersFrom: ____, ...rest } = spec
  return n === 0 ? spec : n < 3 ? { ...spec, suspend: false } : rest
}

/** Mostly of one cloud, since those of different ones are told apart first. */
const world = fc.oneof(
  ...CLOUDS.map(([storage, cloud]) => ({ arbitrary: worldOf(storage, cloud), weight: 10 })),
  { arbitrary: worldOf(), weight: 1 },
)

function worldOf(storage?: string, cloud?: string) {
  return fc.record({
    integration: fc
      .record({
        spec: fc
          .tuple(specOf('storageintegrations', storage), fc.integer({ min: 0, max: 7 }))
          .map(([spec, n]) => awake(spec, n)),
        annotations: fc.oneof({ arbitrary: fc.constant(undefined), weight: 6 }, annotations),
        deleted: fc.oneof(
          { arbitrary: fc.constant({}), weight: 5 },
          fc.constant({ deletionTimestamp: '2026-11-22T11:00:00Z' }),
        ),
        finalizers: fc.constantFrom([], [], [], ['mooring.dev/revoke']),
      })
      .map(({ spec, deleted, ...meta }) => ({
        ...{ apiVersion: 'mooring.dev/v1alpha1', kind: 'StorageIntegration', spec },
        metadata: { ...metadata, ...meta, ...deleted, name: 'x', namespace: 'perception' },
      })),
    vendor: recipeFor(storage).map((spec) => ({ metadata: { ...metadata, name: 'sketch' }, spec })),
    account: specOf('cloudaccounts', cloud).map((spec) => ({
      metadata: { ...metadata, name: 'prod' },
      spec,
    })),
    /** Most of what is random is not allowed; then the rest would not be looked at. */
    isAllowed: fc.boolean(),
    /** As from a Secret: nothing but Kubernetes' size limits what is in it. */
    secret: fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom(...HOSTILE, 'x'.repeat(100_000))),
  })
}

type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function resolved({ integration, vendor, account, isAllowed, secret }: World): Resolution {
  const { parameters = {}, parametersFrom = [] } = integration.spec as unknown as StorageIntegration['spec']
  const names = parametersFrom.map(({ name }) => name)
  const values = { ...parameters, ...Object.fromEntries(names.map((name) => [name, secret])) }
  const allow = [{ namespaces: ['*'], kmsKeys: ['*'] }]
  return resolve({
    integration: integration as unknown as StorageIntegration,
    vendor: vendor as unknown as StorageVendor,
    account: (isAllowed
      ? { ...account, spec: { ...account.spec, allow } }
      : account) as unknown as CloudAccount,
    namespaceLabels: {},
    parameters: { ok: true, value: { values, secret: new Set(names) } },
    installation: 'test',
    now: NOW,
  })
}

const FIELD = /\bspec\.|\bStorageVendor\b|\bCloudAccount\b|\bSecret\b|\bannotation\b|ARN|name of a role/

function assertSpeaks(fault: Fault): void {
  assert.ok(fault.reason in REASONS, `no reason: ${fault.reason}`)
  assert.match(fault.message, FIELD)
}

const statusSchema = crdSchema('storageintegrations', 'status')

describe('objects that the schemas let through', () => {
  it('deciding never throws; a fault says which field or object is wrong; every status fits the schema', () => {
    const counted = { all: 0, granted: 0, entries: 0, faults: new Map<string, number>() }
    fc.assert(
      fc.property(world, (given) => {
        const resolution = resolved(given)
        counted.all += 1
        if (resolution.fault !== undefined) {
          assertSpeaks(resolution.fault)
          counted.faults.set(resolution.fault.reason, (counted.faults.get(resolution.fault.reason) ?? 0) + 1)
        } else counted.granted += 1
        counted.entries += resolution.claims.flatMap(({ entries }) => entries).length
        for (const answer of answersTo(resolution)) {
          const status = reportStatus(undefined, resolution, answer, '2026-11-22T12:00:00Z')
          assert.deepEqual(faultsOf(statusSchema, status, 'status'), [])
        }
      }),
      fuzz('resolve', 300),
    )
    console.log(
      `# ${counted.granted} of ${counted.all} granted, with ${counted.entries} entries; ${JSON.stringify([...counted.faults])}`,
    )
    assert.ok(counted.entries > 0, 'nothing random was ever granted: the test looks at faults only')
  })

  it('a vendor’s own status fits the schema, whatever is in the recipe', () => {
    const schema = crdSchema('storagevendors', 'status')
    fc.assert(
      fc.property(world, ({ vendor }) => {
        const status = vendorStatus(vendor as unknown as StorageVendor, '2026-11-22T12:00:00Z')
        assert.deepEqual(faultsOf(schema, status, 'status'), [])
      }),
      fuzz('vendors', 100),
    )
  })
})

/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reportStatus } from '../../src/reconcile/report.ts'
import type { OwnerReport } from '../../src/reconcile/target-report.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { crdSchema, faultsOf } from './crd-schema.ts'
import { plannedFor } from './planned.ts'
import { anInput, anIntegration, aStatement, aVendor, given } from './things.ts'

const NOW = '2026-11-22T12:00:00Z'
const schema = crdSchema('storageintegrations', 'status')
const parameter = { name: 'a', description: 'x', source: 'VendorGiven', required: true } as const

/** A pass that found everything in place. */
const found: OwnerReport = {
  ...{ question: '', present: true, pending: [], checks: [], facts: {}, settling: false },
  documents: [{ document: 'BucketPolicy', label: 'bucket policy', state: 'Applied' }],
}

describe('a status as the API server takes it', () => {
  const long = '${parameters.a}'.repeat(60)
  const resources = Array.from(
    { length: 8 },
    (_, n) => `arn:\${partition}:s3:::\${bucket}/\${prefix}${n}${'x'.repeat(400)}/*`,
  )
  const outputs = [
    { name: 'all', label: 'All', value: long },
    { name: 'one', label: 'One', value: '${parameters.a}' },
  ]
  const vendor = aVendor({
    parameters: [parameter],
    s3: { bucketPolicy: { statements: [aStatement({ resources })] }, outputs, nextStep: long },
  })
  const s3 = { bucket: 'street-scenes', prefix: `${'p'.repeat(511)}/` }
  const parameters = given({ a: 'é'.repeat(2_048) })

  it('is whole, however long parameters make what is told; an output that has no room is left out', () => {
    const resolution = resolve(anInput({ vendor, integration: anIntegration({ s3 }), parameters }))
    const status = reportStatus(undefined, resolution, found, NOW)
    assert.deepEqual(faultsOf(schema, status, 'status'), [])
    assert.deepEqual(Object.keys(status.outputs ?? {}), ['one'])
    assert.match(status.nextStep ?? '', /^é+ …$/)
  })

  it('is whole, however long a change is to tell', () => {
    const resolution = resolve(
      anInput({ vendor, integration: anIntegration({ s3, mode: 'Plan' }), parameters }),
    )
    const pending = plannedFor(resolution)
    assert.ok(pending.some(({ summary }) => summary.length > 2_048))
    const status = reportStatus(undefined, resolution, { ...found, pending }, NOW)
    assert.deepEqual(faultsOf(schema, status, 'status'), [])
  })

  it('never shows a value of a Secret, though a cloud said it', () => {
    const secret = 'x-"7f9c\u00e9'
    const conditions = [{ operator: 'StringEquals', key: 'aws:UserAgent', values: ['${parameters.a}'] }]
    const recipe = aVendor({
      parameters: [parameter],
      s3: { bucketPolicy: { statements: [aStatement({ conditions })] } },
    })
    const resolution = resolve(anInput({ vendor: recipe, parameters: given({ a: secret }, ['a']) }))
    assert.equal(resolution.fault, undefined)
    const echo = `refused: ${secret} as ${JSON.stringify({ secret })} at /?id=${encodeURIComponent(secret)}`
    const fault = { reason: 'InvalidDocument', message: echo, retry: 'Slow' } as const
    const checks = [{ name: 'CorsPreflight', result: 'Failed', message: echo } as const]
    const text = JSON.stringify(
      reportStatus(undefined, resolution, { ...found, fault, checks, documents: [] }, NOW),
    )
    assert.ok(!text.includes('7f9c'), text)
    assert.match(text, /refused: \[hidden\] as/)
  })
})

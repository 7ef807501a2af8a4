/** CORS rules of a blob service at driver level, with a real preflight of what was applied through Resource Manager. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { type AzureStage, askArm, azureStage, leaves, passAt, wants } from './azure-stage.ts'
import { never } from './ledger-pass.ts'

const NAMES = ['Cors'] as const
const ORIGINS = ['https://app.segments.ai', 'https://webgpu.segments.ai']
const SEGMENTS = {
  allowedOrigins: ORIGINS,
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposedHeaders: [],
  maxAgeInSeconds: 3_600,
}
const foreign = (n: number) => ({
  ...{
    allowedOrigins: [`https://stranger${n}.example`],
    allowedMethods: ['PUT', 'GET'],
    allowedHeaders: ['x-ms-*'],
  },
  ...{ exposedHeaders: ['x-ms-meta-*'], maxAgeInSeconds: n },
})
/** What others have set: soft delete, versioning, change feed, restore policy, a static website. */
const SETTINGS = {
  deleteRetentionPolicy: { enabled: true, days: 9 },
  containerDeleteRetentionPolicy: { enabled: true, days: 8 },
  isVersioningEnabled: true,
  changeFeed: { enabled: true, retentionInDays: 30 },
  restorePolicy: { enabled: true, days: 5 },
  defaultServiceVersion: '2021-04-10',
  lastAccessTimeTrackingPolicy: {
    enable: true,
    name: 'AccessTimeTracking',
    trackingGranularityInDays: 1,
    blobType: ['blockBlob'],
  },
  staticWebsite: { enabled: true, indexDocument: 'index.html' },
}

async function prepared(stage: AzureStage, foreignRules: number): Promise<void> {
  const corsRules = Array.from({ length: foreignRules }, (_, n) => foreign(n + 1))
  const { status, body } = await askArm(stage, 'PUT', '/blobServices/default', {
    properties: { ...SETTINGS, cors: { corsRules } },
  })
  assert.equal(status, 200, JSON.stringify(body))
}

async function serviceOf(stage: AzureStage) {
  const { body } = await askArm(stage, 'GET', '/blobServices/default')
  return body.properties
}

describe('CORS rules of a blob service', () => {
  it('are added to strangers’, and every other setting is as it was, before and after', async (test) => {
    const stage = await azureStage(test)
    await prepared(stage, 2)
    const before = await serviceOf(stage)
    assert.equal(before.isVersioningEnabled, true)
    assert.deepEqual(before.staticWebsite, SETTINGS.staticWebsite)
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    await pass.run(driver, [wants('Cors', SEGMENTS)])
    const after = await serviceOf(stage)
    assert.deepEqual(after, { ...before, cors: { corsRules: [...before.cors.corsRules, SEGMENTS] } })
    await pass.run(driver, [leaves()])
    assert.deepEqual(await serviceOf(stage), before)
  })

  it('let a browser in, and without them it is refused in Azure’s words', async (test) => {
    const stage = await azureStage(test)
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const probe = {
      kind: 'CorsPreflight',
      origin: ORIGINS[1] ?? '',
      method: 'GET',
      requestHeaders: [],
    } as const
    await pass.look(driver)
    const [refused] = await driver.probe(probe, never)
    assert.equal(refused?.result, 'Failed')
    assert.match(refused.message, /storage account "\w+" is refused: status 403 \(.*CORS/)
    assert.doesNotMatch(refused.message, /\d{4}-\d\d-\d\dT|[0-9a-f]{8}-[0-9a-f]{4}/)
    await pass.run(driver, [wants('Cors', SEGMENTS)])
    assert.deepEqual(
      (await driver.probe(probe, never)).map(({ result }) => result),
      ['Passed'],
    )
    const [other] = await driver.probe({ ...probe, origin: 'https://evil.example' }, never)
    assert.equal(other?.result, 'Failed')
  })

  it('that two integrations need alike take one place, and go with the last of them', async (test) => {
    const stage = await azureStage(test)
    await prepared(stage, 4)
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const [x, y] = ['a/x', 'a/y'].map((owner) => wants('Cors', SEGMENTS, { owner }))
    assert.ok(x && y)
    await pass.run(driver, [x])
    await pass.run(driver, [x, y])
    assert.equal((await serviceOf(stage)).cors.corsRules.length, 5)
    await pass.run(driver, [leaves('a/x'), y])
    assert.deepEqual((await serviceOf(stage)).cors.corsRules.at(-1), SEGMENTS)
    await pass.run(driver, [leaves('a/y')])
    assert.equal((await serviceOf(stage)).cors.corsRules.length, 4)
  })

  it('of five strangers leave no room: that is said with counts, and nothing is written', async (test) => {
    const stage = await azureStage(test)
    await prepared(stage, 5)
    const before = await serviceOf(stage)
    const driver = stage.session.open(stage.account)
    const { refused } = await passAt(stage, NAMES).run(driver, [wants('Cors', SEGMENTS)])
    assert.deepEqual(refused.get('a/x'), {
      reason: 'TooManyRules',
      detail: '6 of at most 5 rules, 5 of them made by others',
      document: 'CORS rules of the blob service',
    })
    assert.deepEqual(await serviceOf(stage), before)
    assert.equal(stage.calls.filter(({ operation }) => operation === 'PutBlobService').length, 0)
  })

  it('that somebody changes in between are not written over; other settings that change meanwhile stay changed', async (test) => {
    const stage = await azureStage(test)
    const driver = stage.session.open(stage.account)
    const parties = [wants('Cors', SEGMENTS)]
    const pass = passAt(stage, NAMES)
    const [plan] = pass.plan(await pass.look(driver), parties).documents
    assert.ok(plan)
    await prepared(stage, 1)
    await assert.rejects(driver.write(plan, never), (error) => {
      assert.ok(error instanceof FaultError)
      assert.deepEqual([error.fault.reason, error.fault.notWritten], ['LostRace', true])
      return true
    })
    const [again] = pass.plan(await pass.look(driver), parties).documents
    assert.ok(again)
    const { cors } = await serviceOf(stage)
    const settings = { ...SETTINGS, isVersioningEnabled: false, restorePolicy: { enabled: false } }
    await askArm(stage, 'PUT', '/blobServices/default', { properties: { ...settings, cors } })
    await driver.write(again, never)
    const { isVersioningEnabled, cors: now } = await serviceOf(stage)
    assert.deepEqual([isVersioningEnabled, now.corsRules.length], [false, 2])
  })
})

/** What Argo CD and Flux show of an integration, by the interpreters that they have: never well unless it is. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Verdict } from '../../src/api/conditions.ts'
import { REASONS, type Reason } from '../../src/api/reasons.ts'
import { repository } from '../rig/cache.ts'
import { gitopsVerdicts } from '../rig/gitops-verdicts.ts'

const KINDS = ['StorageIntegration', 'CloudAccount', 'StorageVendor'] as const
const reasons = Object.keys(REASONS) as Reason[]

function anObject(conditions: readonly Verdict[], rest: object = {}, kind: string = KINDS[0]) {
  const metadata = { name: 'street-scenes', namespace: 'perception', generation: 3, ...rest }
  const status = { observedGeneration: 3, conditions }
  return { apiVersion: 'mooring.dev/v1alpha1', kind, metadata, status }
}

const ready = (status: Verdict['status'], reason: Reason): Verdict => ({
  type: 'Ready',
  status,
  reason,
  message: 'What is so, and what to do.',
})
const stalled = (reason: Reason): Verdict => ({
  type: 'Stalled',
  status: 'True',
  reason,
  message: 'What is so, and what to do.',
})

/** The reasons that docs/gitops.md names beside this health. */
function documented(health: string): string[] {
  const page = readFileSync(join(repository, 'docs', 'gitops.md'), 'utf8')
  const line = page.split('\n').find((text) => text.startsWith(`| ${health} `)) ?? ''
  return [...line.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, reason = '']) => reason).sort()
}

describe('an integration in GitOps tools', () => {
  it('is Healthy and Current when Ready is True, whatever its kind, and the tools say why', async () => {
    const objects = KINDS.map((kind) => anObject([ready('True', 'Verified')], {}, kind))
    for (const { argo, flux } of await gitopsVerdicts(objects)) {
      assert.deepEqual(argo, { status: 'Healthy', message: 'Verified: What is so, and what to do.' })
      assert.equal(flux.status, 'Current')
    }
  })

  it('is neither for any reason while Ready is not True', async () => {
    const objects = reasons.flatMap((reason) => [
      anObject([ready('False', reason)]),
      anObject([ready('Unknown', reason)]),
      anObject([ready('False', reason), stalled(reason)]),
    ])
    for (const [at, { argo, flux }] of (await gitopsVerdicts(objects)).entries()) {
      const shown = JSON.stringify({ argo, flux, object: objects[at] })
      assert.notEqual(argo.status, 'Healthy', shown)
      assert.notEqual(flux.status, 'Current', shown)
    }
  })

  it('is neither before Mooring has looked, or while it has looked at an older version only', async () => {
    const fresh = { ...anObject([]), status: { observedGeneration: -1 } } // the default that the CRDs give
    const changed = anObject([ready('True', 'Verified')], { generation: 4 })
    for (const { argo, flux } of await gitopsVerdicts([fresh, changed])) {
      assert.equal(argo.status, 'Progressing')
      assert.notEqual(argo.message, '')
      assert.equal(flux.status, 'InProgress')
    }
  })

  it('is going while it is being deleted', async () => {
    const leaving = anObject([ready('True', 'Verified')], { deletionTimestamp: '2026-11-23T00:00:00Z' })
    const [verdict] = await gitopsVerdicts([leaving])
    assert.equal(verdict?.argo.status, 'Progressing')
    assert.equal(verdict?.flux.status, 'Terminating')
  })

  it('has failed for Flux when a person must act, and is in progress when it is tried again', async () => {
    const [stopped, trying] = await gitopsVerdicts([
      anObject([ready('False', 'NotAllowed'), stalled('NotAllowed')]),
      anObject([ready('False', 'Throttled')]),
    ])
    assert.equal(stopped?.flux.status, 'Failed')
    assert.equal(trying?.flux.status, 'InProgress')
  })

  for (const health of ['Suspended', 'Progressing', 'Degraded']) {
    it(`is ${health} in Argo CD for the reasons that docs/gitops.md names`, async () => {
      const verdicts = await gitopsVerdicts(reasons.map((reason) => anObject([ready('False', reason)])))
      const found = reasons.filter((_, at) => verdicts[at]?.argo.status === health).sort()
      if (health === 'Degraded')
        assert.deepEqual(
          reasons
            .filter((reason) => ![...documented('Suspended'), ...documented('Progressing')].includes(reason))
            .sort(),
          found,
        )
      else assert.deepEqual(documented(health), found)
    })
  }
})

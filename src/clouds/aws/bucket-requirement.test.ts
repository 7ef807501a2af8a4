import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reason } from '../../api/reasons.ts'
import type { BucketRequirement } from '../cloud.ts'
import { unmetIn } from './bucket-requirement.ts'
import type { BucketSettings } from './bucket-settings.ts'

const signal = new AbortController().signal
const target = { kind: 'S3Bucket', key: 'k', name: 's3://street-scenes', bucket: 'street-scenes' } as const

interface Found {
  readonly region?: string
  readonly versioning?: string
  readonly isLocked?: boolean
}

/** The fault of a bucket that is so, and which settings were read for it. */
async function look(demanded: Omit<BucketRequirement, 'target'>, found: Found) {
  const asked: string[] = []
  const settings = {
    versioning: async () => {
      asked.push('versioning')
      return found.versioning
    },
    hasObjectLock: async () => {
      asked.push('lock')
      return found.isLocked === true
    },
  } as unknown as BucketSettings
  const fault = await unmetIn({ target, ...demanded }, found.region ?? 'eu-west-1', settings, signal)
  return { fault, asked }
}

describe('a bucket is not what a vendor demands', () => {
  const cases: readonly (readonly [
    string,
    Omit<BucketRequirement, 'target'>,
    Found,
    (readonly [Reason, RegExp])?,
  ])[] = [
    ['not where nothing is demanded', {}, { versioning: 'Enabled', isLocked: true }],
    ['not in a region that is listed', { regions: ['eu-west-1'] }, {}],
    [
      'in a region that is not listed',
      { regions: ['us-east-1', 'us-west-2'] },
      {},
      ['InvalidSpec', /spec\.s3\.bucket: .* in region eu-west-1, .* only us-east-1, us-west-2\./],
    ],
    ['not outside of excluded regions', { excludedRegions: ['cn-north-1'] }, {}],
    [
      'in an excluded region',
      { excludedRegions: ['cn-north-1'] },
      { region: 'cn-north-1' },
      ['InvalidSpec', /region cn-north-1, and this vendor accepts no bucket in cn-north-1/],
    ],
    ['not with the versioning that is demanded', { versioning: 'Enabled' }, { versioning: 'Enabled' }],
    ['not with suspended versioning where none is', { versioning: 'Disabled' }, { versioning: 'Suspended' }],
    ['not without versioning where none is', { versioning: 'Disabled' }, {}],
    [
      'without versioning',
      { versioning: 'Enabled' },
      {},
      ['RequirementNotMet', /versioning of bucket street-scenes is off.*Status=Enabled/],
    ],
    [
      'with suspended versioning',
      { versioning: 'Enabled' },
      { versioning: 'Suspended' },
      ['RequirementNotMet', /is suspended/],
    ],
    [
      'with versioning where none is demanded',
      { versioning: 'Disabled' },
      { versioning: 'Enabled' },
      ['RequirementNotMet', /is on.*Status=Suspended/],
    ],
    ['not without Object Lock', { retention: 'Forbidden' }, {}],
    [
      'with Object Lock',
      { retention: 'Forbidden' },
      { isLocked: true },
      ['RequirementNotMet', /has Object Lock, .* cannot turn off/],
    ],
  ]
  for (const [name, demanded, found, expected] of cases)
    it(name, async () => {
      const { fault } = await look(demanded, found)
      assert.equal(fault?.reason, expected?.[0], fault?.message)
      if (expected !== undefined) {
        assert.match(fault?.message ?? '', expected[1])
        assert.match(fault?.message ?? '', /Nothing of this integration was changed/)
      }
    })

  it('reads only the settings of which something is demanded', async () => {
    assert.deepEqual((await look({ regions: ['eu-west-1'] }, {})).asked, [])
    assert.deepEqual((await look({ versioning: 'Disabled' }, {})).asked, ['versioning'])
    assert.deepEqual((await look({ retention: 'Forbidden' }, {})).asked, ['lock'])
  })
})

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Fault } from '../api/fault.ts'
import { type Reason, retryOf } from '../api/reasons.ts'
import type { CheckResult } from '../clouds/cloud.ts'
import { Patience } from './patience.ts'
import type { DocumentOutcome, OwnerReport, TargetReport } from './target-report.ts'

const passed: CheckResult = { name: 'BucketAnswers', result: 'Passed', message: 'it answers' }
const untried: CheckResult = { name: 'CorsPreflight', result: 'Unknown', message: 'it could not be tried' }
const failed: CheckResult = { name: 'CorsPreflight', result: 'Failed', message: 'it was refused' }
const applied: DocumentOutcome = { document: 'BucketPolicy', label: 'bucket policy', state: 'Applied' }

const well: OwnerReport = {
  ...{ question: 'q', documents: [applied], present: true, pending: [], checks: [passed], facts: {} },
  settling: false,
}
const faultOf = (reason: Reason, more: Partial<Fault> = {}): Fault => ({
  ...{ reason, message: 'what is so', retry: retryOf(reason), ...more },
})
const blind = (reason: Reason, more?: Partial<Fault>): OwnerReport => ({
  ...{ ...well, documents: [], checks: [], fault: faultOf(reason, more), blind: true },
})
const report = (found: OwnerReport): TargetReport => ({
  owners: new Map([['a/x', found]]),
  orphans: new Map(),
})
const oneOf = ({ owners }: TargetReport): OwnerReport | undefined => owners.get('a/x')

/** What is told of a series of looks, the first of which found everything well. */
function tellings(...looks: readonly OwnerReport[]): ('well' | 'as found')[] {
  const patience = new Patience()
  let told = report(well)
  return looks.map((look) => {
    told = patience.told('s3://b', told, report(look))
    return oneOf(told) === look ? 'as found' : 'well'
  })
}

describe('a look that came to nothing', () => {
  const throttled = blind('Throttled')
  const table: [string, OwnerReport[], ('well' | 'as found')[]][] = [
    ['twice in a row is not told', [throttled, blind('CloudUnavailable')], ['well', 'well']],
    ['three times in a row is', [throttled, throttled, throttled], ['well', 'well', 'as found']],
    [
      'is not told again and again, when others lie between',
      [throttled, throttled, well, throttled],
      ['well', 'well', 'as found', 'well'],
    ],
    [
      'for a check that could not be tried is not told either',
      [{ ...well, checks: [passed, untried] }],
      ['well'],
    ],
    [
      'is told at once when the cloud asks for a long pause',
      [blind('Throttled', { retryAfterMs: 60_000 })],
      ['as found'],
    ],
    ['is told at once when it is nothing that passes', [blind('AccessDenied')], ['as found']],
    ['is told at once when the bucket is gone', [blind('BucketNotFound')], ['as found']],
  ]
  for (const [name, looks, expected] of table) it(name, () => assert.deepEqual(tellings(...looks), expected))

  it('is told at once where it found something otherwise before it failed', () => {
    const { blind: _, ...seeing } = throttled
    assert.deepEqual(tellings(seeing), ['as found'])
    const missing: DocumentOutcome = { ...applied, state: 'Missing', fault: faultOf('Throttled') }
    assert.deepEqual(tellings({ ...well, fault: faultOf('Throttled'), documents: [missing] }), ['as found'])
    assert.deepEqual(tellings({ ...well, documents: [missing], checks: [untried] }), ['as found'])
    assert.deepEqual(tellings({ ...well, checks: [untried, failed] }), ['as found'])
  })

  it('is not told where nothing is known yet, as after a restart, or nothing of what is asked now: the status stays', () => {
    for (const known of [undefined, report({ ...well, question: 'another' })]) {
      const patience = new Patience()
      assert.equal(oneOf(patience.told('s3://b', known, report(throttled))), undefined)
      assert.equal(oneOf(patience.told('s3://b', report(well), report(throttled))), well)
      assert.equal(oneOf(patience.told('s3://b', undefined, report(throttled))), throttled)
    }
  })

  const before: [string, TargetReport][] = [
    ['it was not well', report({ ...well, checks: [failed] })],
    ['something could not be tried', report({ ...well, checks: [untried] })],
    ['an entry was missing', report({ ...well, documents: [{ ...applied, state: 'Missing' }] })],
    ['it failed', report(throttled)],
    ['it was a plan', report({ ...well, documents: [], checks: [] })],
  ]
  for (const [name, known] of before)
    it(`is told at once where before ${name}`, () =>
      assert.equal(oneOf(new Patience().told('s3://b', known, report(throttled))), throttled))
})

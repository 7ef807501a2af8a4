import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import type { CheckResult, GcsGrantProbe } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import { checkGcsGrant } from './gcs-grant-checks.ts'
import type { MemberPart } from './iam-bindings.ts'

const READER = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
const condition = { title: 'Mooring: raw/', description: '', expression: 'true' }
const GRANT = { role: 'roles/x', member: READER, condition }
const PROBE: GcsGrantProbe = { kind: 'GcsGrant', grants: [GRANT], prefix: 'raw/' }

const found = (
  settings: JsonObject,
  policy: readonly LedgerEntry<MemberPart>[] = [],
  probe: GcsGrantProbe = PROBE,
): readonly CheckResult[] => checkGcsGrant(probe, 'clips', settings, policy)

describe('what could defeat a grant on a Google bucket', () => {
  const cases: readonly (readonly [string, JsonObject, string, boolean])[] = [
    ['a bucket where the owner pays', { billing: { requesterPays: false } }, 'RequesterPays', false],
    ['Requester Pays', { billing: { requesterPays: true } }, 'RequesterPays', true],
    ['an IP filter', { ipFilter: { mode: 'Enabled' } }, 'IpFilter', true],
    ['an IP filter that is off', { ipFilter: { mode: 'Disabled' } }, 'IpFilter', false],
  ]
  for (const [name, settings, check, isTold] of cases) {
    it(`${name}: ${check} is ${isTold ? 'not known, and waiting does not tell' : 'not spoken of'}`, () => {
      const { result, reason } = found(settings).find((one) => one.name === check) ?? {}
      assert.deepEqual([result, reason], isTold ? ['Unknown', 'GrantDefeated'] : [undefined, undefined])
    })
  }
})

describe('what else a Google bucket’s policy gives to the vendor', () => {
  const whole: GcsGrantProbe = { ...PROBE, prefix: '' }
  const plain = { role: 'roles/x', member: READER }
  const rows: readonly (readonly [string, LedgerEntry<MemberPart>[], GcsGrantProbe, string, RegExp])[] = [
    ['nothing', [{ mark: 'm', part: GRANT }], PROBE, 'Passed', /nothing besides/],
    ['an equal binding of a stranger’s', [{ part: GRANT }], PROBE, 'Passed', /nothing besides/],
    [
      'another integration’s for the whole bucket',
      [{ mark: 'o', part: plain }],
      PROBE,
      'Passed',
      /nothing besides/,
    ],
    ['somebody else', [{ part: { ...plain, member: 'user:a@b.c' } }], PROBE, 'Passed', /nothing besides/],
    [
      'ours without its condition',
      [{ part: plain }],
      PROBE,
      'Failed',
      /roles\/x to .*more than the prefix "raw\/"/,
    ],
    [
      'the member in capital letters',
      [{ part: { ...plain, member: READER.replace('reader', 'Reader') } }],
      PROBE,
      'Failed',
      /roles\/x/,
    ],
    [
      'another condition',
      [{ part: { ...plain, condition: { title: 'theirs', expression: 'false' } } }],
      PROBE,
      'Passed',
      /also gives roles\/x to .*"theirs"/,
    ],
    [
      'a role on the bucket alone',
      [{ part: { ...plain, role: 'roles/storage.bucketViewer' } }],
      PROBE,
      'Passed',
      /also gives roles\/storage.bucketViewer/,
    ],
    [
      'another role, where no prefix was asked for',
      [{ part: plain }],
      whole,
      'Passed',
      /also gives roles\/x/,
    ],
  ]
  for (const [name, policy, probe, result, words] of rows) {
    it(`${name}: ${result}`, () => {
      const [check] = found({}, policy, probe)
      assert.equal(check?.name, 'OtherGrants')
      assert.equal(check.result, result)
      assert.equal(check.reason, result === 'Failed' ? 'GrantTooWide' : undefined)
      assert.match(check.message, words)
    })
  }
})

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import type { CheckResult, GcsGrantProbe } from '../cloud.ts'
import { checkGcsGrant } from './gcs-grant-checks.ts'

const READER = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
const PROBE: GcsGrantProbe = { kind: 'GcsGrant', members: [READER], roles: ['roles/x'], prefix: 'raw/' }
const KEY = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k'

const found = (settings: JsonObject, ...members: string[]): readonly CheckResult[] =>
  checkGcsGrant(
    PROBE,
    'clips',
    settings,
    members.map((member) => ({ part: { role: 'roles/x', member } })),
  )

describe('what could defeat a grant on a Google bucket', () => {
  const cases: readonly (readonly [
    string,
    readonly CheckResult[],
    string,
    CheckResult['result'] | undefined,
  ])[] = [
    ['a plain bucket', found({}), 'BucketEncryption', 'Passed'],
    [
      'a key of Cloud KMS, which Cloud Storage itself uses',
      found({ encryption: { defaultKmsKeyName: KEY } }),
      'BucketEncryption',
      'Passed',
    ],
    [
      'a bucket where the owner pays',
      found({ billing: { requesterPays: false } }),
      'RequesterPays',
      undefined,
    ],
    ['Requester Pays', found({ billing: { requesterPays: true } }), 'RequesterPays', 'Unknown'],
    ['an IP filter', found({ ipFilter: { mode: 'Enabled' } }), 'IpFilter', 'Unknown'],
    ['an IP filter that is off', found({ ipFilter: { mode: 'Disabled' } }), 'IpFilter', undefined],
    ['a member that was deleted', found({}, READER, `deleted:${READER}?uid=12`), 'MemberExists', 'Failed'],
    [
      'somebody else who was deleted',
      found({}, READER, 'deleted:user:a@b.c?uid=12'),
      'MemberExists',
      undefined,
    ],
  ]
  for (const [name, results, check, result] of cases) {
    it(`${name}: ${check} ${result ?? 'is not spoken of'}`, () => {
      assert.equal(results.find((one) => one.name === check)?.result, result)
    })
  }

  it('names the key', () => {
    const [encryption] = found({ encryption: { defaultKmsKeyName: KEY } })
    assert.ok(encryption?.message.includes(KEY))
  })
})

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import { checkRole } from './role-checks.ts'
import { closedTrust, decodeRole } from './role-document.ts'

const ACCOUNT = '123456789012'
const VENDOR = '931508227573'
const ARN = `arn:aws:iam::${ACCOUNT}:role/CloudglueRole`
const CLIPS = 'arn:aws:s3:::clips'
const trusted = {
  Sid: 'Vendor',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${VENDOR}:root` },
  Action: 'sts:AssumeRole',
}
const read = { Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`${CLIPS}/*`] }

interface Found {
  readonly trust?: JsonObject
  readonly inline?: JsonObject
  readonly attached?: readonly string[]
  readonly boundary?: string
}

function checked({ trust = policy(trusted), inline = policy(read), attached = [], boundary }: Found) {
  const document = decodeRole({
    settings: { in: 'Role', path: '/', description: '', maxSessionDuration: 3_600, boundary },
    tags: { 'mooring.dev/installation': '6df046bd' },
    trust: JSON.stringify(trust),
    inline: new Map([['access', JSON.stringify(inline)]]),
    customer: new Map(),
    attached,
  })
  const probe = {
    kind: 'RoleGrant',
    principals: [`arn:aws:iam::${VENDOR}:root`],
    actions: ['s3:GetObject'],
    resources: [`${CLIPS}/*`],
  } as const
  const ground = { arn: ARN, document, accountId: ACCOUNT, partition: 'aws', region: 'eu-west-1' }
  return checkRole(probe, ground)
}

function policy(...Statement: readonly JsonObject[]): JsonObject {
  return { Version: '2012-10-17', Statement }
}

const denyAssume = (more: JsonObject): JsonObject => ({
  Sid: 'Stop',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sts:*',
  ...more,
})
const denyRead = (more: JsonObject): JsonObject => ({
  Sid: 'Stop',
  Effect: 'Deny',
  Action: 's3:*',
  Resource: '*',
  ...more,
})

describe('a role’s trust', () => {
  const cases: readonly (readonly [string, JsonObject, CheckResult['result']])[] = [
    ['without a Deny lets the vendor in', policy(trusted), 'Passed'],
    ['that denies everybody does not', policy(trusted, denyAssume({})), 'Failed'],
    [
      'that denies the vendor’s account does not',
      policy(trusted, denyAssume({ Principal: { AWS: VENDOR }, Action: 'sts:AssumeRole' })),
      'Failed',
    ],
    [
      'that denies somebody else does',
      policy(trusted, denyAssume({ Principal: { AWS: '111122223333' } })),
      'Passed',
    ],
    ['that denies another action does', policy(trusted, denyAssume({ Action: 'sts:TagSession' })), 'Passed'],
    [
      'that denies who has no MFA may not',
      policy(trusted, denyAssume({ Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } })),
      'Unknown',
    ],
    ['that Mooring keeps closed is no stranger’s', closedTrust('aws', ACCOUNT), 'Passed'],
  ]
  for (const [name, trust, result] of cases) {
    it(name, () => {
      const [check] = checked({ trust })
      assert.equal(check?.result, result, check?.message)
      if (result === 'Failed')
        assert.match(check?.message ?? '', /statement "Stop" of the role’s trust policy/)
    })
  }

  it('that lets somebody else in as well says so, and passes', () => {
    const [check] = checked({ trust: policy(trusted, { ...trusted, Sid: 'Wide', Principal: { AWS: '*' } }) })
    assert.equal(check?.result, 'Passed')
    assert.match(check?.message ?? '', /lets others assume the role: .*"Wide" \(Allow sts:AssumeRole to \*\)/)
  })
})

describe('a role’s own policies', () => {
  const cases: readonly (readonly [string, JsonObject, CheckResult['result']])[] = [
    ['without a Deny let it read', policy(read), 'Passed'],
    ['that deny all of S3 do not', policy(read, denyRead({})), 'Failed'],
    ['that deny writing do', policy(read, denyRead({ Action: 's3:Put*' })), 'Passed'],
    ['that deny another bucket do', policy(read, denyRead({ Resource: 'arn:aws:s3:::other/*' })), 'Passed'],
    [
      'that deny what goes without TLS do',
      policy(read, denyRead({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })),
      'Passed',
    ],
    [
      'that deny by address may not',
      policy(read, denyRead({ Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })),
      'Unknown',
    ],
  ]
  for (const [name, inline, result] of cases) {
    it(name, () => {
      const check = checked({ inline })[1]
      assert.equal(check?.result, result, check?.message)
    })
  }

  it('beside others’ attached policies and a boundary say that these were not read', () => {
    const attached = ['arn:aws:iam::aws:policy/AWSDenyAll']
    const check = checked({ attached, boundary: 'arn:aws:iam::123456789012:policy/limit' })[1]
    assert.match(check?.message ?? '', /not read: .*AWSDenyAll, the boundary .*policy\/limit/)
  })
})

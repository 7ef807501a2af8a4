import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Json, JsonObject } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import { judgeDenies } from './grant-denies.ts'
import type { Place } from './grant-facts.ts'
import { granteeOf } from './grant-principals.ts'
import type { Statement } from './statement.ts'

const OURS = '123456789012'
const THEIRS = '931508227573'
const USER = `arn:aws:iam::${THEIRS}:user/segmentsai-prod-user`
const ROLE = `arn:aws:iam::${THEIRS}:role/service/Vendor`
const OWN_ROLE = `arn:aws:iam::${OURS}:role/CloudglueRole`
const CLIPS = 'arn:aws:s3:::clips'
const place: Place = { bucket: 'clips', accountId: OURS, partition: 'aws', region: 'eu-west-1' }

const deny = (more: JsonObject): Statement => ({
  Sid: 'Stop',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [CLIPS, `${CLIPS}/*`],
  ...more,
})

interface Case {
  readonly to?: string
  readonly actions?: readonly string[]
  readonly resources?: readonly string[]
}

function judged(statement: Statement, { to = USER, actions, resources }: Case = {}): CheckResult {
  const grant = {
    grantees: [granteeOf(to)],
    actions: actions ?? ['s3:GetObject', 's3:ListBucket'],
    resources: resources ?? [CLIPS, `${CLIPS}/raw/*`],
  }
  return judgeDenies([statement], grant, place)
}

describe('a Deny without a condition', () => {
  const principals: readonly (readonly [string, JsonObject, string, CheckResult['result']])[] = [
    ['of everybody', { Principal: '*' }, USER, 'Failed'],
    ['of everybody, written as AWS', { Principal: { AWS: ['*'] } }, USER, 'Failed'],
    ['of the user', { Principal: { AWS: USER } }, USER, 'Failed'],
    ['of the user’s account by id', { Principal: { AWS: THEIRS } }, USER, 'Failed'],
    ['of the user’s account by root', { Principal: { AWS: `arn:aws:iam::${THEIRS}:root` } }, USER, 'Failed'],
    ['of another user there', { Principal: { AWS: `arn:aws:iam::${THEIRS}:user/x` } }, USER, 'Passed'],
    ['of another account', { Principal: { AWS: '111122223333' } }, USER, 'Passed'],
    ['of a service', { Principal: { Service: 'logging.s3.amazonaws.com' } }, USER, 'Passed'],
    ['of an identity provider', { Principal: { Federated: '*' } }, USER, 'Passed'],
    ['of a canonical user, who may be anybody', { Principal: { CanonicalUser: 'abc' } }, USER, 'Unknown'],
    ['of a deleted user, shown as an id', { Principal: { AWS: 'AIDAEXAMPLEEXAMPLEID1' } }, USER, 'Passed'],
    [
      'of the account, where the account is granted',
      { Principal: { AWS: `arn:aws:iam::${THEIRS}:root` } },
      THEIRS,
      'Failed',
    ],
    ['of one role, where its account is granted', { Principal: { AWS: ROLE } }, THEIRS, 'Failed'],
    [
      'of a session, where its role is granted',
      { Principal: { AWS: `arn:aws:sts::${THEIRS}:assumed-role/Vendor/one` } },
      ROLE,
      'Failed',
    ],
    [
      'of a session of another role',
      { Principal: { AWS: `arn:aws:sts::${THEIRS}:assumed-role/Other/one` } },
      ROLE,
      'Passed',
    ],
    [
      'of a role, where a session of it is granted',
      { Principal: { AWS: ROLE } },
      `arn:aws:sts::${THEIRS}:assumed-role/Vendor/one`,
      'Failed',
    ],
    ['of the own account, whose role the vendor assumes', { Principal: { AWS: OURS } }, OWN_ROLE, 'Failed'],
  ]
  for (const [name, more, to, result] of principals) {
    it(`${name}: ${result}`, () => assert.equal(judged(deny(more), { to }).result, result))
  }

  const excepted: readonly (readonly [string, Json, string, CheckResult['result']])[] = [
    ['others', { AWS: ['111122223333'] }, USER, 'Failed'],
    ['the user and its account', { AWS: [USER, `arn:aws:iam::${THEIRS}:root`] }, USER, 'Passed'],
    ['the user without its account', { AWS: [USER] }, USER, 'Unknown'],
    ['the account without the user', { AWS: THEIRS }, USER, 'Unknown'],
    ['the account that is granted', { AWS: THEIRS }, THEIRS, 'Passed'],
    ['one role of the account that is granted', { AWS: ROLE }, THEIRS, 'Unknown'],
    ['everybody', '*', USER, 'Passed'],
  ]
  for (const [name, NotPrincipal, to, result] of excepted) {
    const { Principal: _, ...statement } = deny({ NotPrincipal })
    it(`of all but ${name}: ${result}`, () => assert.equal(judged(statement, { to }).result, result))
  }

  const scopes: readonly (readonly [string, JsonObject, RegExp | undefined])[] = [
    ['of everything', {}, /denies \S+ all that is granted/],
    [
      'of an action in other letters',
      { Action: 'S3:GETOBJECT' },
      /a part of what is granted \(s3:GetObject on \S+\/raw\/\*\)/,
    ],
    ['of an action that is not granted', { Action: ['s3:PutObject', 's3:DeleteObject*'] }, undefined],
    ['of actions by pattern', { Action: 's3:*Object' }, /a part of what is granted \(s3:GetObject on/],
    ['of another service', { Action: 'sqs:*' }, undefined],
    [
      'of all actions but the granted ones',
      without('Action', { NotAction: ['s3:Get*', 's3:List*'] }),
      undefined,
    ],
    [
      'of all actions but one of the granted ones',
      without('Action', { NotAction: 's3:GetObject' }),
      /\(s3:ListBucket on arn:aws:s3:::clips\)/,
    ],
    ['of another prefix', { Resource: `${CLIPS}/private/*` }, undefined],
    ['of a part of the prefix', { Resource: `${CLIPS}/raw/secret/*` }, /a part .*s3:GetObject on/],
    ['of some names anywhere', { Resource: `${CLIPS}/*.key` }, /a part of what is granted \(s3:GetObject/],
    ['of every bucket', { Resource: '*' }, /all that is granted/],
    ['of the bucket, but not of objects', { Resource: CLIPS }, /\(s3:ListBucket on arn:aws:s3:::clips\)/],
    ['of objects, for an action on buckets', { Action: 's3:ListBucket', Resource: `${CLIPS}/*` }, undefined],
    [
      'of every prefix but the granted one',
      without('Resource', { NotResource: [CLIPS, `${CLIPS}/raw/*`] }),
      undefined,
    ],
    [
      'of every prefix but a part',
      without('Resource', { NotResource: `${CLIPS}/raw/a/*` }),
      /a part of what is granted/,
    ],
    [
      'of a prefix that a variable names',
      { Resource: `${CLIPS}/\${aws:username}/*` },
      /a part .*s3:GetObject/,
    ],
  ]
  for (const [name, more, expected] of scopes) {
    it(name, () => {
      const { result, message, reason } = judged(deny(more))
      assert.equal(result, expected === undefined ? 'Passed' : 'Failed')
      assert.equal(reason, expected === undefined ? undefined : 'GrantDefeated')
      if (expected !== undefined) assert.match(message, expected)
    })
  }

  it('of objects hits a pattern of granted actions', () => {
    assert.equal(judged(deny({ Action: 's3:GetObjectAcl' }), { actions: ['s3:GetObject*'] }).result, 'Failed')
    assert.equal(judged(deny({ Action: 's3:GetObjectAcl' }), { actions: ['s3:GetObject'] }).result, 'Passed')
  })

  it('is told by its Sid, or by its place in the list', () => {
    const message = `statement "Stop" of the bucket policy denies ${USER} all that is granted. Narrow or remove it: Mooring changes no statement that it did not make`
    assert.equal(judged(deny({})).message, message)
    const { Sid: _, ...nameless } = deny({})
    const grant = { grantees: [granteeOf(USER)], actions: ['s3:GetObject'], resources: [`${CLIPS}/*`] }
    const second = judgeDenies([{ Effect: 'Allow' }, nameless], grant, place)
    assert.match(second.message, /^statement 2 of the bucket policy denies/)
  })

  it('is one of many: three are told, the others counted', () => {
    const statements = [1, 2, 3, 4, 5].map((n) => deny({ Sid: `Stop${n}` }))
    const grant = { grantees: [granteeOf(USER)], actions: ['s3:GetObject'], resources: [`${CLIPS}/*`] }
    const { message } = judgeDenies(statements, grant, place)
    assert.match(message, /"Stop3".*; 2 more\. Narrow/)
    assert.doesNotMatch(message, /Stop4/)
  })

  it('concerns no service of AWS beside S3', () => {
    const none = judged(deny({ Action: 'kms:*' }), { actions: ['kms:Decrypt', 's3:GetObject'], to: OWN_ROLE })
    assert.equal(none.result, 'Passed')
  })
})

describe('a Deny with a condition', () => {
  const table: readonly (readonly [string, JsonObject, string, CheckResult['result']])[] = [
    ['TLS asked for', { Bool: { 'aws:SecureTransport': 'false' } }, USER, 'Passed'],
    [
      'TLS asked for, as a boolean and in other letters',
      { Bool: { 'AWS:securetransport': false } },
      USER,
      'Passed',
    ],
    [
      'TLS asked for, if the key is there',
      { BoolIfExists: { 'aws:SecureTransport': 'false' } },
      USER,
      'Passed',
    ],
    ['TLS refused', { Bool: { 'aws:SecureTransport': 'true' } }, USER, 'Failed'],
    ['TLS 1.2 asked for', { NumericLessThan: { 's3:TlsVersion': '1.2' } }, USER, 'Passed'],
    ['TLS 1.3 asked for', { NumericLessThan: { 's3:TlsVersion': 1.3 } }, USER, 'Unknown'],
    [
      'the owner’s account asked for, by a stranger',
      { StringNotEquals: { 'aws:PrincipalAccount': OURS } },
      USER,
      'Failed',
    ],
    [
      'the vendor’s account excepted',
      { StringNotEquals: { 'aws:PrincipalAccount': [OURS, THEIRS] } },
      USER,
      'Passed',
    ],
    [
      'the owner’s account asked for, by its own role',
      { StringNotEquals: { 'aws:PrincipalAccount': OURS } },
      OWN_ROLE,
      'Passed',
    ],
    ['the vendor’s account denied', { StringEquals: { 'aws:PrincipalAccount': THEIRS } }, USER, 'Failed'],
    [
      'other principals excepted',
      { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${OURS}:role/*` } },
      USER,
      'Failed',
    ],
    ['the principal excepted', { ArnNotEquals: { 'aws:PrincipalArn': USER } }, USER, 'Passed'],
    [
      'the principal excepted by pattern',
      { StringNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${THEIRS}:*`] } },
      USER,
      'Passed',
    ],
    [
      'one role of a granted account excepted',
      { ArnNotEquals: { 'aws:PrincipalArn': ROLE } },
      THEIRS,
      'Unknown',
    ],
    ['everybody but services', { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }, USER, 'Failed'],
    [
      'the owner’s organization asked for, of a stranger',
      { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } },
      USER,
      'Unknown',
    ],
    [
      'the owner’s organization asked for, of an own role',
      { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } },
      OWN_ROLE,
      'Passed',
    ],
    ['a VPC endpoint asked for', { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } }, USER, 'Unknown'],
    ['addresses asked for', { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } }, USER, 'Unknown'],
    [
      'addresses asked for, but not of this account',
      {
        NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' },
        StringNotEquals: { 'aws:PrincipalAccount': THEIRS },
      },
      USER,
      'Passed',
    ],
    [
      'a network and the owner’s account',
      { StringNotEquals: { 'aws:SourceVpce': 'vpce-1', 'aws:PrincipalAccount': OURS } },
      USER,
      'Unknown',
    ],
    ['objects with a tag', { StringEquals: { 's3:ExistingObjectTag/secret': 'true' } }, USER, 'Passed'],
    [
      'a header asked for',
      { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
      USER,
      'Unknown',
    ],
    ['an absent key that every request has', { Null: { 'aws:PrincipalAccount': 'true' } }, USER, 'Passed'],
    ['an operator of the future', { SoundsLike: { 'aws:PrincipalAccount': 'x' } }, USER, 'Unknown'],
    [
      'a variable',
      { StringNotEquals: { 'aws:PrincipalAccount': `\${aws:ResourceAccount}` } },
      USER,
      'Unknown',
    ],
    ['no form that is known', { Bool: 'x' }, USER, 'Unknown'],
  ]
  for (const [name, Condition, to, result] of table) {
    it(`${name}: ${result}`, () => {
      const found = judged(deny({ Condition }), { to })
      assert.equal(found.result, result, found.message)
      assert.match(found.message, /"Stop"/, 'the statement is named in any case')
    })
  }

  it('shows the condition in every result', () => {
    const show = (Condition: JsonObject): string => judged(deny({ Condition })).message
    assert.equal(
      show({ Bool: { 'aws:SecureTransport': 'false' } }),
      'no Deny of the bucket policy defeats the grant; statement "Stop" denies only where aws:SecureTransport "false" (Bool)',
    )
    assert.equal(
      show({ StringNotEquals: { 'aws:PrincipalAccount': OURS } }),
      `statement "Stop" of the bucket policy denies ${USER} all that is granted, since this holds for it: aws:PrincipalAccount "${OURS}" (StringNotEquals). Narrow or remove it: Mooring changes no statement that it did not make`,
    )
    assert.equal(
      show({ StringNotEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } }),
      `statement "Stop" of the bucket policy denies ${USER} all that is granted where aws:SourceVpce "vpce-1" or "vpce-2" (StringNotEquals), and whether that concerns them cannot be known from here. If it is not meant for them, let its condition except them by aws:PrincipalArn or aws:PrincipalAccount`,
    )
  })
})

/** A statement with another field in the place of this one. */
function without(field: string, more: JsonObject): JsonObject {
  return { [field]: undefined as never, ...more }
}

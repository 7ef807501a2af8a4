import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import { judgeOwnership, writesObjects } from './grant-ownership.ts'
import { judgePublicAccess, publicStatementIn } from './grant-public.ts'

const everybody: JsonObject = {
  Sid: 'Everybody',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::clips/*',
}

describe('a statement makes a bucket policy public', () => {
  const table: readonly (readonly [string, JsonObject, boolean])[] = [
    ['when it allows everybody', {}, true],
    ['when it allows everybody of AWS', { Principal: { AWS: ['*'] } }, true],
    ['not when it denies', { Effect: 'Deny' }, false],
    ['not when it names an account', { Principal: { AWS: '111122223333' } }, false],
    ['not within one organization', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }, false],
    ['not from fixed addresses', { Condition: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } } }, false],
    ['from all addresses', { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }, true],
    ['not from one VPC endpoint', { Condition: { StringEquals: { 'aws:sourceVpce': 'vpce-1' } } }, false],
    ['from VPC endpoints by pattern', { Condition: { StringLike: { 'aws:SourceVpce': 'vpce-*' } } }, true],
    ['from all but one VPC', { Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } } }, true],
    ['where only the transport is fixed', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, true],
    [
      'not through access points of one account',
      { Condition: { ArnLike: { 's3:DataAccessPointArn': 'arn:aws:s3:*:123456789012:accesspoint/*' } } },
      false,
    ],
    [
      'through access points of any account',
      { Condition: { ArnLike: { 's3:DataAccessPointArn': 'arn:aws:s3:*:*:accesspoint/x' } } },
      true,
    ],
  ]
  for (const [name, more, expected] of table) {
    it(name, () =>
      assert.equal(
        publicStatementIn([{ Effect: 'Allow' }, { ...everybody, ...more }]),
        expected ? 'statement "Everybody"' : undefined,
      ),
    )
  }

  it('and Block Public Access then shuts out other accounts, if it restricts public buckets', () => {
    const restricted = judgePublicAccess('statement "Everybody"', true)
    assert.deepEqual([restricted.result, restricted.reason], ['Failed', 'GrantDefeated'])
    assert.match(restricted.message, /RestrictPublicBuckets.*statement "Everybody" makes it so/)
    assert.equal(judgePublicAccess('statement "Everybody"', false).result, 'Passed')
  })
})

describe('objects that a vendor writes', () => {
  it('matter where the grant writes', () => {
    assert.equal(writesObjects({ actions: ['s3:GetObject', 's3:PutObjectAcl'] }), false)
    assert.equal(writesObjects({ actions: ['s3:Put*'] }), true)
  })

  const table: readonly (readonly [string | undefined, readonly string[], 'Passed' | 'Failed', RegExp])[] = [
    ['BucketOwnerEnforced', ['s3:PutObject'], 'Passed', /belongs to the bucket's owner$/],
    [
      'BucketOwnerEnforced',
      ['s3:PutObject*'],
      'Passed',
      /no other ACL from the vendor than bucket-owner-full-control$/,
    ],
    [
      'BucketOwnerPreferred',
      ['s3:PutObject'],
      'Passed',
      /if it is sent with the ACL bucket-owner-full-control/,
    ],
    ['ObjectWriter', ['s3:PutObject'], 'Failed', /would belong to the vendor's account.*is ObjectWriter/],
    [undefined, ['s3:PutObject'], 'Failed', /is not set/],
  ]
  for (const [ownership, actions, result, message] of table) {
    it(`with ${ownership ?? 'no ownership controls'}, granted ${actions}: ${result}`, () => {
      const found = judgeOwnership(ownership, { actions })
      assert.equal(found.result, result)
      assert.match(found.message, message)
      assert.equal(found.reason, result === 'Failed' ? 'ForeignObjectOwner' : undefined)
    })
  }
})

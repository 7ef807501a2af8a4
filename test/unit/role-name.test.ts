import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namedRole } from '../../src/vendors/role-name.ts'
import type { S3Location } from '../../src/vendors/spec.ts'

const WHERE = {
  partition: 'aws-cn',
  accountId: '123456789012',
  roles: { path: '/new/' },
} as unknown as S3Location
const whose = { installation: 'i', namespace: 'perception', name: 'clips', vendor: 'v', displayName: 'V' }
const trust = { statements: [] }

describe('the role of an integration', () => {
  it('has the name that the vendor demands, at the account’s path', () => {
    const { name, arn } = namedRole({ trust, name: { exact: 'TheirRole' } }, WHERE, whose)
    assert.deepEqual([name, arn], ['TheirRole', 'arn:aws-cn:iam::123456789012:role/new/TheirRole'])
  })
  it('has a name of its own elsewhere, of 64 characters at most, that no other integration or installation has', () => {
    const long = { ...whose, name: 'x'.repeat(200) }
    const names = [whose, { ...whose, installation: 'j' }, { ...whose, vendor: 'w' }, long].map(
      (who) => namedRole({ trust, name: { prefix: 'vendor.' } }, WHERE, who).name,
    )
    assert.equal(new Set(names).size, names.length)
    assert.ok(
      names.every((name) => name.length <= 64 && /^vendor\.perception-[a-z0-9-]+-[0-9a-f]{8}$/.test(name)),
    )
  })
  it('keeps the path that it was made with', () => {
    const shown = 'arn:aws-cn:iam::123456789012:role/old/TheirRole'
    assert.equal(namedRole({ trust, name: { exact: 'TheirRole' } }, WHERE, whose, shown).arn, shown)
  })
  it('takes no other role’s path', () => {
    const shown = 'arn:aws-cn:iam::123456789012:role/old/Another'
    assert.match(
      namedRole({ trust, name: { exact: 'TheirRole' } }, WHERE, whose, shown).arn,
      /role\/new\/TheirRole$/,
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorRole } from '../api/generated/storage-vendor.ts'
import { asDescription } from './role-description.ts'
import { namedRole, type RoleFor } from './role-name.ts'
import type { S3Location } from './spec.ts'

const location = {
  partition: 'aws-us-gov',
  accountId: '123456789012',
  roles: { path: '/vendors/', permissionsBoundaryArn: 'arn:b' },
} as S3Location
const whose: RoleFor = {
  installation: 'one',
  namespace: 'perception',
  name: 'clips',
  vendor: 'acme',
  displayName: 'Acme',
}
const trust: VendorRole['trust'] = { statements: [] }
const nameOf = (name?: VendorRole['name'], parts: Partial<RoleFor> = {}): string =>
  namedRole(name === undefined ? { trust } : { trust, name }, location, { ...whose, ...parts }).name

describe('the name of a role', () => {
  const cases: readonly (readonly [string, VendorRole['name'], RegExp])[] = [
    ['is the vendor’s where it demands one', { exact: 'their-role' }, /^their-role$/],
    [
      'begins as the vendor demands',
      { prefix: 'their.client.' },
      /^their\.client\.perception-clips-[0-9a-f]{8}$/,
    ],
    ['begins as the vendor suggests', { suggested: 'Acme' }, /^Acmeperception-clips-[0-9a-f]{8}$/],
    ['begins with ours else', undefined, /^mooring-perception-clips-[0-9a-f]{8}$/],
  ]
  for (const [name, rule, expected] of cases) it(name, () => assert.match(nameOf(rule), expected))

  it('is the same for ever', () => assert.equal(nameOf(), nameOf()))

  it('differs between installations, namespaces, integrations and vendors', () => {
    const others: readonly Partial<RoleFor>[] = [
      { installation: 'two' },
      { namespace: 'perception-clips', name: '' },
      { namespace: 'perceptio', name: 'n-clips' },
      { vendor: 'other' },
      {},
    ]
    assert.equal(new Set(others.map((parts) => nameOf(undefined, parts))).size, others.length)
  })

  it('has at most 64 characters, and still differs by its end', () => {
    const long = { namespace: 'n'.repeat(63), name: 'a'.repeat(200) }
    const names = [nameOf(undefined, long), nameOf(undefined, { ...long, name: `${long.name}b` })]
    assert.deepEqual([names[0]?.length, names[0] === names[1]], [64, false])
  })

  it('begins as demanded however long that is', () => {
    const prefix = 'p'.repeat(40)
    const name = nameOf({ prefix }, { namespace: 'n'.repeat(63) })
    assert.ok(name.startsWith(prefix) && name.length === 64, name)
  })
})

describe('where a role lies', () => {
  it('is the account’s path, in its partition', () => {
    const role = namedRole({ trust, name: { exact: 'r' } }, location, whose)
    assert.deepEqual(
      [role.arn, role.root, role.policyArnBase, role.permissionsBoundaryArn],
      [
        'arn:aws-us-gov:iam::123456789012:role/vendors/r',
        'arn:aws-us-gov:iam::123456789012:root',
        'arn:aws-us-gov:iam::123456789012:policy/vendors/',
        'arn:b',
      ],
    )
  })
  it('is the vendor’s path where it demands one', () => {
    const role = namedRole({ trust, name: { exact: 'r' }, path: '/theirs/' }, location, whose)
    assert.equal(role.arn, 'arn:aws-us-gov:iam::123456789012:role/theirs/r')
  })
})

describe('a description for IAM', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['keeps Latin letters', 'für Zürich, ½\ttab\n', 'für Zürich, ½\ttab\n'],
    ['puts letters and accents together first', 'fu\u0308r', 'für'],
    ['asks for what IAM does not take', 'a — b 東 \u0000\u0085', 'a ? b ? ??'],
    ['takes a character of two halves for one', '🚢!', '?!'],
    ['is cut where it is too long', 'x'.repeat(1_001), 'x'.repeat(1_000)],
  ]
  for (const [name, text, expected] of cases) it(name, () => assert.equal(asDescription(text), expected))
})

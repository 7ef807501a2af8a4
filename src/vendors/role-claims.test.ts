/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorRole } from '../api/generated/storage-vendor.ts'
import { GENERATED, type PolicyPart, type RolePart } from '../clouds/aws/role-parts.ts'
import type { Asked } from './asked.ts'
import { roleClaims } from './role-claims.ts'
import type { NamedRole } from './role-name.ts'

const ROLE: NamedRole = {
  name: 'shared',
  path: '/vendors/',
  arn: 'arn:aws:iam::123456789012:role/vendors/shared',
  root: 'arn:aws:iam::123456789012:root',
  policyArnBase: 'arn:aws:iam::123456789012:policy/vendors/',
  description: 'Lets Acme – 東京 use storage.',
}
const VALUES = {
  partition: 'aws',
  accountId: '123456789012',
  bucket: 'clips',
  prefix: 'raw/',
  'parameters.externalId': 'id-1',
}
const OBJECTS = 'arn:${partition}:s3:::${bucket}/${prefix}*'

const asked = (parts: Partial<Asked> = {}): Asked => ({
  access: 'Read',
  values: VALUES,
  awaiting: [],
  ...parts,
})
type TrustEntry = VendorRole['trust']['statements'][number]
const vendor: TrustEntry = {
  name: 'vendor',
  principal: { aws: ['111122223333'] },
  externalIds: ['${parameters.externalId}'],
}
const trusting = (...statements: TrustEntry[]): VendorRole => ({ trust: { statements } })
const statement = { name: 'read', actions: ['s3:GetObject'], resources: [OBJECTS] }
const inline = (...statements: (typeof statement & object)[]): VendorRole => ({
  ...trusting(vendor),
  inlinePolicies: [{ name: 'access', statements }],
})

const partsOf = (recipe: VendorRole, how: Asked = asked(), role = ROLE): RolePart[] =>
  roleClaims(recipe, role, how).map(({ body }) => (body as { readonly part: RolePart }).part)
type OfKind<K> = K extends PolicyPart['in'] ? PolicyPart : Extract<RolePart, { in: K }>
const inKind = <K extends RolePart['in']>(parts: readonly RolePart[], kind: K): OfKind<K>[] =>
  parts.filter((part) => part.in === kind) as OfKind<K>[]

describe('the role that a recipe claims', () => {
  it('has the account’s path, an hour’s sessions and a description in IAM’s own characters', () => {
    assert.deepEqual(partsOf(trusting(vendor))[0], {
      in: 'Role',
      path: '/vendors/',
      description: 'Lets Acme ? ?? use storage.',
      maxSessionDuration: 3_600,
    })
  })
  it('has the recipe’s description and sessions, and the account’s boundary', () => {
    const recipe = { ...trusting(vendor), description: 'for ${accountId}', maxSessionDurationSeconds: 7_200 }
    assert.deepEqual(partsOf(recipe, asked(), { ...ROLE, permissionsBoundaryArn: 'arn:b' })[0], {
      in: 'Role',
      path: '/vendors/',
      description: 'for 123456789012',
      maxSessionDuration: 7_200,
      boundary: 'arn:b',
    })
  })
  it('has entries of the names of their parts, since marks are made of these', () => {
    assert.deepEqual(
      roleClaims(inline(statement), ROLE, asked()).map(({ name }) => name),
      ['role', 'trust/MooringVendor', 'inline/mooring-access/MooringRead/arn:aws:s3:::clips/raw/*'],
    )
  })
})

describe('the trust that a recipe claims', () => {
  const trustOf = (entry: TrustEntry, how?: Asked) =>
    inKind(partsOf(trusting(entry), how), 'Trust')[0]?.statement

  it('names one principal and one external ID without lists, as vendors’ pages do', () => {
    assert.deepEqual(trustOf(vendor), {
      Effect: 'Allow',
      Principal: { AWS: '111122223333' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'id-1' } },
    })
  })
  it('names several principals and external IDs in lists', () => {
    const entry = { ...vendor, principal: { aws: ['1', '2'], service: ['s'] }, externalIds: ['a', 'b'] }
    assert.deepEqual(trustOf(entry), {
      Effect: 'Allow',
      Principal: { AWS: ['1', '2'], Service: 's' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': ['a', 'b'] } },
    })
  })
  it('demands no external ID where the vendor has none', () => {
    const { externalIds: _, ...entry } = vendor
    assert.equal(trustOf({ ...entry, withoutExternalId: 'has none' })?.Condition, undefined)
  })
  it('demands the recipe’s conditions beside the external ID', () => {
    const conditions = [
      { operator: 'StringEquals' as const, key: 'aws:PrincipalTag/team', values: ['x'] },
      { operator: 'Bool' as const, key: 'aws:MultiFactorAuthPresent', values: ['true'] },
    ]
    assert.deepEqual(trustOf({ ...vendor, conditions })?.Condition, {
      StringEquals: { 'aws:PrincipalTag/team': ['x'], 'sts:ExternalId': 'id-1' },
      Bool: { 'aws:MultiFactorAuthPresent': ['true'] },
    })
  })
  it('holds the place of an external ID that Mooring makes', () => {
    const values = { ...VALUES, 'parameters.externalId': GENERATED }
    assert.match(JSON.stringify(trustOf(vendor, asked({ values }))), /"sts:ExternalId":"\*generated\*"/)
  })
  it('is left out while the vendor has yet to hand out what it names', () => {
    const awaiting = ['parameters.externalId']
    assert.deepEqual(inKind(partsOf(trusting(vendor), asked({ awaiting })), 'Trust'), [])
  })
  it('names a provider of tokens, its audience and its subject', () => {
    const webIdentity = { issuer: 'idp.example/x', audiences: ['sts'], subjects: ['org:1'] }
    assert.deepEqual(trustOf({ name: 'web', webIdentity }), {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/idp.example/x' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'idp.example/x:aud': 'sts', 'idp.example/x:sub': 'org:1' } },
    })
  })
  it('compares a subject with a pattern, and the audience still exactly', () => {
    const webIdentity = { issuer: 'idp', audiences: ['sts'], subjects: ['org:1:*'] }
    assert.deepEqual(trustOf({ name: 'web', webIdentity })?.Condition, {
      StringEquals: { 'idp:aud': 'sts' },
      StringLike: { 'idp:sub': 'org:1:*' },
    })
  })
  it('lets the role assume itself, by its account since a role not yet made cannot be named', () => {
    const parts = partsOf({ trust: { statements: [vendor], selfAssume: true } })
    assert.deepEqual(inKind(parts, 'Trust')[1], {
      in: 'Trust',
      sid: 'MooringSelf',
      statement: {
        Effect: 'Allow',
        Principal: { AWS: ROLE.root },
        Action: 'sts:AssumeRole',
        Condition: { ArnLike: { 'aws:PrincipalArn': ROLE.arn } },
      },
    })
    assert.deepEqual(
      inKind(parts, 'InlinePolicy').map(({ policy, resource }) => [policy, resource]),
      [['mooring-self', ROLE.arn]],
    )
  })
})

describe('the policies that a recipe claims', () => {
  const sidsOf = (recipe: VendorRole, values = VALUES) =>
    inKind(partsOf(recipe, asked({ values })), 'InlinePolicy').map(({ sid }) => sid)

  it('are taken apart by resource', () => {
    const resources = ['arn:${partition}:s3:::${bucket}', OBJECTS]
    assert.deepEqual(
      inKind(partsOf(inline({ ...statement, resources })), 'InlinePolicy').map(({ resource }) => resource),
      ['arn:aws:s3:::clips', 'arn:aws:s3:::clips/raw/*'],
    )
  })
  it('have the page’s name and Sid, or some of our own', () => {
    const sid = 'AllowRead'
    const named = {
      ...inline(),
      inlinePolicies: [{ name: 'access', policyName: 'Page', statements: [{ ...statement, sid }] }],
    }
    const [part] = inKind(partsOf(named), 'InlinePolicy')
    assert.deepEqual([part?.policy, part?.sid], ['Page', sid])
    assert.deepEqual(sidsOf(inline({ ...statement, name: 'read-all' })), ['MooringReadAll'])
  })
  it('have a Sid for each condition that differs between integrations, and one where it does not', () => {
    const condition = (value: string) => ({
      ...statement,
      conditions: [{ operator: 'StringLike' as const, key: 's3:prefix', values: [value] }],
    })
    const [one] = sidsOf(inline(condition('${prefix}*')))
    const [other] = sidsOf(inline(condition('${prefix}*')), { ...VALUES, prefix: 'else/' })
    assert.match(one ?? '', /^MooringRead[0-9a-f]{8}$/)
    assert.notEqual(one, other)
    assert.deepEqual(sidsOf(inline(condition('fixed'))), ['MooringRead'])
  })
  it('are left out at other levels of access', () => {
    assert.deepEqual(sidsOf(inline({ ...statement, access: ['Write'] } as never)), [])
  })

  const customer = (parts: object = {}): VendorRole => ({
    ...trusting(vendor),
    customerPolicies: [{ name: 'access', statements: [statement], ...parts }],
  })
  it('of the customer’s own are attached, and named for the role', () => {
    const parts = partsOf(customer({ description: 'é — ${bucket}' }))
    const [policy] = inKind(parts, 'CustomerPolicy')
    assert.deepEqual([policy?.policy, policy?.description], ['shared-access', 'é ? clips'])
    assert.deepEqual(inKind(parts, 'Attachment'), [
      { in: 'Attachment', arn: `${ROLE.policyArnBase}shared-access`, customerPolicy: 'shared-access' },
    ])
  })
  it('of the customer’s own in which nothing is wanted are not attached', () => {
    const statements = [{ ...statement, access: ['Write'] }]
    const parts = partsOf(customer({ statements }))
    assert.deepEqual([...inKind(parts, 'CustomerPolicy'), ...inKind(parts, 'Attachment')], [])
  })
  it('that exist already are attached by their ARNs', () => {
    const arn = 'arn:${partition}:iam::aws:policy/X'
    const parts = partsOf({ ...trusting(vendor), managedPolicies: [{ arn }] })
    assert.deepEqual(inKind(parts, 'Attachment'), [{ in: 'Attachment', arn: 'arn:aws:iam::aws:policy/X' }])
  })
})

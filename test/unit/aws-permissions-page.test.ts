/** That what docs/aws-permissions.md and its boundary allow is enough for the roles of every recipe that is shipped. */
import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendor, VendorRole } from '../../src/api/generated/storage-vendor.ts'
import { covers } from '../../src/clouds/aws/grant-pattern.ts'
import type { RolePart } from '../../src/clouds/aws/role-parts.ts'
import { roleClaims } from '../../src/vendors/role-claims.ts'
import { type NamedRole, namedRole } from '../../src/vendors/role-name.ts'
import { repository } from '../rig/cache.ts'

interface Statement {
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: { readonly ArnLike?: Readonly<Record<string, string>> }
}

const page = readFileSync(join(repository, 'docs/aws-permissions.md'), 'utf8')
const permissions = [...page.matchAll(/^```json\n(.*?)^```/gms)]
  .flatMap(([, text = '']): Statement[] => JSON.parse(text).Statement)
  .filter(({ Principal }) => Principal === undefined)
const boundary: readonly Statement[] = JSON.parse(
  readFileSync(join(repository, 'deploy/aws/vendor-boundary.json'), 'utf8'),
).Statement

const listed = (value: string | readonly string[]): readonly string[] => [value].flat()
const allows = (statements: readonly Statement[], action: string, resource: string): boolean =>
  statements.some(
    ({ Action, Resource }) =>
      listed(Action).includes(action) && listed(Resource).some((pattern) => covers(pattern, resource)),
  )
/** Managed policies that Mooring may attach. */
const attachable = permissions.flatMap(({ Condition }) => Object.values(Condition?.ArnLike ?? {}))

/** As the page has it: its account, one of its buckets, its key, and the path that it recommends. */
const values = {
  partition: 'aws',
  accountId: '123456789012',
  region: 'eu-west-1',
  bucket: 'street-scenes',
  prefix: 'raw/',
}
const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const location = { ...values, roles: { path: '/mooring/' } } as unknown as Parameters<typeof namedRole>[1]

const catalogue = join(repository, 'deploy/vendors')
const vendors = readdirSync(catalogue)
  .filter((file) => file.endsWith('.yaml'))
  .map((file): StorageVendor => parse(readFileSync(join(catalogue, file), 'utf8')))

for (const { metadata, spec } of vendors) {
  const recipe = spec.s3?.role
  if (recipe === undefined) continue
  const vendor = metadata.name
  const whose = { installation: 'i', namespace: 'perception', name: 'demo', vendor }
  const role = namedRole(recipe, location, { ...whose, displayName: spec.displayName })
  const parameters = (spec.parameters ?? []).map(({ name }) => [
    `parameters.${name}`,
    name === 'kmsKeyArn' ? key : 'given',
  ])
  const filled = { ...values, ...Object.fromEntries(parameters) }
  const parts = spec.access.flatMap(({ name }) => partsOf(recipe, role, name, filled))

  describe(`with the page's policies, ${vendor}`, () => {
    it('has a role within the patterns that Mooring may change', () => {
      for (const action of ['iam:CreateRole', 'iam:UpdateAssumeRolePolicy', 'iam:PutRolePolicy'])
        assert.ok(allows(permissions, action, role.arn), `${action} on ${role.arn}`)
    })

    it('has policies that Mooring may make and attach', () => {
      const own = parts.flatMap((part) => (part.in === 'Attachment' ? [part.arn] : []))
      for (const arn of own) {
        assert.ok(allows(permissions, 'iam:CreatePolicy', arn), arn)
        assert.ok(allows(permissions, 'iam:AttachRolePolicy', role.arn), role.arn)
        assert.ok(
          attachable.some((pattern) => covers(pattern, arn)),
          arn,
        )
      }
    })

    it('can do below the boundary all that its role is granted', () => {
      const granted = parts.flatMap((part) => {
        if (part.in !== 'InlinePolicy' && part.in !== 'CustomerPolicy') return []
        const actions = listed(part.statement.Action as string | readonly string[])
        return actions.map((action) => ({ action, resource: part.resource ?? '*' }))
      })
      assert.ok(granted.length > 0)
      assert.deepEqual(
        granted.filter(({ action, resource }) => !allows(boundary, action, resource)),
        [],
      )
    })
  })
}

describe("with the page's policies, in a role of somebody else's", () => {
  it('Mooring may write inline policies and tags, and nothing else', () => {
    const role = 'arn:aws:iam::123456789012:role/DatadogIntegrationRole'
    const actions = new Set(permissions.flatMap(({ Action }) => listed(Action)))
    const writing = [...actions].filter((action) => /^iam:(?!Get|List)/.test(action))
    assert.deepEqual(writing.filter((action) => allows(permissions, action, role)).sort(), [
      'iam:DeleteRolePolicy',
      'iam:PutRolePolicy',
      'iam:TagRole',
      'iam:UntagRole',
    ])
  })
})

function partsOf(
  recipe: VendorRole,
  role: NamedRole,
  access: string,
  filled: Readonly<Record<string, string>>,
): RolePart[] {
  const claims = roleClaims(recipe, role, { access, values: filled, awaiting: [] })
  return claims.map(({ body }) => (body as { readonly part: RolePart }).part)
}

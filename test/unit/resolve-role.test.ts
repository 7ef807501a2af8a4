/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageVendorSpec, VendorRole } from '../../src/api/generated/storage-vendor.ts'
import type { RolePart } from '../../src/clouds/aws/role-parts.ts'
import { type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import { anAccount, anInput, anIntegration, aVendor, given } from './things.ts'

const ROLE: VendorRole = {
  trust: {
    statements: [
      { name: 'vendor', principal: { aws: ['111122223333'] }, externalIds: ['${parameters.externalId}'] },
    ],
  },
  inlinePolicies: [
    {
      name: 'access',
      statements: [
        {
          name: 'read',
          actions: ['s3:GetObject'],
          resources: ['arn:${partition}:s3:::${bucket}/${prefix}*'],
        },
      ],
    },
  ],
}
const ID = {
  name: 'externalId',
  description: 'the external ID of the vendor’s form',
  source: 'VendorGiven',
  required: true,
} as const satisfies NonNullable<StorageVendorSpec['parameters']>[number]
const outputs = [
  { name: 'roleArn', label: 'Role ARN', value: '${role.arn}' },
  { name: 'externalId', label: 'External ID', value: '${parameters.externalId}' },
]

interface Change {
  readonly role?: Partial<VendorRole>
  readonly parameter?: Partial<NonNullable<StorageVendorSpec['parameters']>[number]>
  readonly input?: Partial<ResolveInput>
}

function resolved({ role = {}, parameter = {}, input = {} }: Change = {}) {
  const parameters = [{ ...ID, ...parameter }]
  const vendor = aVendor({ parameters, s3: { role: { ...ROLE, ...role }, outputs } })
  return resolve(anInput({ vendor, parameters: given({ externalId: 'id-1' }), ...input }))
}

const roleClaim = ({ claims }: ReturnType<typeof resolve>) =>
  claims.find(({ target }) => target.kind === 'IamRole')
const partsIn = (resolution: ReturnType<typeof resolve>): RolePart[] =>
  (roleClaim(resolution)?.entries ?? []).map(({ body }) => (body as { readonly part: RolePart }).part)
const kindsIn = (resolution: ReturnType<typeof resolve>) => [
  ...new Set(partsIn(resolution).map((part) => part.in)),
]
const outputsOf = ({ tell: telling }: ReturnType<typeof resolve>) =>
  telling === undefined ? undefined : tell(telling).outputs

describe('an integration whose vendor takes on a role', () => {
  it('asks for the role and looks at the bucket', () => {
    const resolution = resolved()
    assert.deepEqual(
      resolution.claims.map(({ target }) => target.name.replace(/-[0-9a-f]{8}$/, '-…')),
      ['arn:aws:iam::123456789012:role/mooring-perception-street-scenes-…', 's3://street-scenes'],
    )
    assert.deepEqual(kindsIn(resolution), ['Role', 'Trust', 'InlinePolicy'])
    assert.equal(resolution.fault, undefined)
  })

  it('has a role of its own, unless the vendor demands one name', () => {
    const nameOf = (role: Partial<VendorRole>, name: string) =>
      roleClaim(resolved({ role, input: { integration: anIntegration({}, { name }) } }))?.target.name
    assert.notEqual(nameOf({}, 'one'), nameOf({}, 'two'))
    const exact = { name: { exact: 'their-role' } }
    assert.equal(nameOf(exact, 'one'), nameOf(exact, 'two'))
  })

  it('has one role under one name wherever its account wants roles, since IAM knows no two', () => {
    const at = (rolePath: string) =>
      resolved({
        role: { name: { exact: 'their-role' } },
        input: { account: anAccount({ aws: { accountId: '123456789012', region: 'eu-west-1', rolePath } }) },
      })
    assert.equal(roleClaim(at('/a/'))?.target.key, roleClaim(at('/b/'))?.target.key)
    assert.equal(outputsOf(at('/a/'))?.roleArn, 'arn:aws:iam::123456789012:role/a/their-role')
  })

  it('has the path and boundary that its account wants', () => {
    const aws = {
      accountId: '123456789012',
      region: 'cn-north-1',
      rolePath: '/vendors/',
      permissionsBoundaryArn: 'arn:aws-cn:iam::123456789012:policy/b',
    }
    const [settings] = partsIn(resolved({ input: { account: anAccount({ aws }) } }))
    assert.ok(settings?.in === 'Role')
    assert.deepEqual([settings.path, settings.boundary], [aws.rolePath, aws.permissionsBoundaryArn])
  })

  it('asks for no role where a parameter says so', () => {
    const when = { parameter: 'externalId', given: false }
    const bucket = resolved({ role: { when } })
    assert.equal(roleClaim(bucket), undefined)
  })

  it('is refused where nothing is left to grant', () => {
    const { fault } = resolved({ role: { when: { parameter: 'externalId', given: false } } })
    assert.equal(fault?.reason, 'InvalidSpec')
    assert.match(fault?.message ?? '', /grants nothing/)
  })
})

describe('an external ID that the vendor hands out later', () => {
  const late = { parameter: { deferred: true }, input: { parameters: given({}) } }

  it('is waited for with a role that nobody can take on', () => {
    const resolution = resolved(late)
    assert.equal(resolution.fault, undefined)
    assert.deepEqual(
      [resolution.awaiting?.reason, resolution.awaiting?.retry],
      ['AwaitingVendorInput', 'OnChange'],
    )
    assert.match(
      resolution.awaiting?.message ?? '',
      /spec\.parameters\.externalId from the vendor: the external ID of/,
    )
    assert.deepEqual(kindsIn(resolution).includes('Trust'), false)
  })

  it('is not among the outputs, and the role is', () => {
    const { roleArn, externalId } = outputsOf(resolved(late)) ?? {}
    assert.match(roleArn ?? '', /:role\/mooring-perception-street-scenes-/)
    assert.equal(externalId, undefined)
  })

  it('opens the role once it is there', () => {
    const resolution = resolved({ ...late, input: {} })
    assert.equal(resolution.awaiting, undefined)
    assert.ok(kindsIn(resolution).includes('Trust'))
  })

  it('is asked for where the vendor has it from the start', () => {
    const { fault } = resolved({ input: { parameters: given({}) } })
    assert.deepEqual([fault?.reason, fault?.retry], ['InvalidParameter', 'OnChange'])
  })
})

describe('an external ID that Mooring makes', () => {
  const made = { parameter: { source: 'Generated' as const }, input: { parameters: given({}) } }

  it('is told once it is made', () => {
    assert.equal(outputsOf(resolved(made))?.externalId, '(chosen when it is applied)')
    const { tell: telling } = resolved(made)
    assert.ok(telling)
    assert.equal(tell(telling, { generated: 'made' }).outputs.externalId, 'made')
  })

  it('gives way to one that the customer gives', () => {
    const resolution = resolved({ ...made, input: {} })
    assert.equal(outputsOf(resolution)?.externalId, 'id-1')
    assert.match(JSON.stringify(partsIn(resolution)), /"sts:ExternalId":"id-1"/)
  })

  it('cannot be forged: a parameter cannot hold the sign for it', () => {
    const { fault } = resolved({ ...made, input: { parameters: given({ externalId: '*generated*' }) } })
    assert.match(fault?.message ?? '', /must not contain \*/)
  })
})

describe('an integration whose vendor has a role already', () => {
  const attachToRole = { roleName: '${parameters.roleName}', inlinePolicies: ROLE.inlinePolicies ?? [] }
  const roleName = {
    name: 'roleName',
    description: 'the role',
    source: 'CustomerGiven',
    required: true,
  } as const
  const asking = (input: Partial<ResolveInput> = {}, allow?: object) =>
    resolve(
      anInput({
        vendor: aVendor({ parameters: [roleName], s3: { attachToRole, outputs: outputs.slice(0, 1) } }),
        parameters: given({ roleName: 'TheirRole' }),
        ...(allow && { account: anAccount(allow) }),
        ...input,
      }),
    )

  it('asks for inline policies in it and for nothing else of it', () => {
    const { fault, claims } = asking()
    assert.equal(fault, undefined)
    const [role, bucket] = claims
    assert.equal(role?.target.name, 'arn:aws:iam::123456789012:role/TheirRole')
    assert.deepEqual(role?.documents, ['RolePolicies'])
    assert.deepEqual(
      role?.entries.map(({ document, body }) => [document, (body as { part: RolePart }).part.in]),
      [['RolePolicies', 'InlinePolicy']],
    )
    assert.deepEqual([bucket?.entries, bucket?.ownRole], [[], undefined])
  })

  it('knows the role’s path from the cloud, not from the account, which wants Mooring’s own roles elsewhere', () => {
    const aws = { accountId: '123456789012', region: 'eu-west-1', rolePath: '/mooring/' }
    const told = (roleArn?: string) => outputsOf(asking({ roleArn }, { aws }))?.roleArn
    assert.equal(told(), 'arn:aws:iam::123456789012:role/TheirRole')
    assert.equal(
      told('arn:aws:iam::123456789012:role/theirs/TheirRole'),
      'arn:aws:iam::123456789012:role/theirs/TheirRole',
    )
  })

  it('is told that the name is needed', () =>
    assert.equal(asking({ parameters: given({}) }).fault?.reason, 'InvalidParameter'))
})

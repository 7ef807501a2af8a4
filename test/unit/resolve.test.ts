/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageVendorSpec } from '../../src/api/generated/storage-vendor.ts'
import { type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import { anAccount, anInput, anIntegration, aStatement, aVendor, given } from './things.ts'

const deleted = { deletionTimestamp: '2026-11-22T11:59:00Z' }
const past = '2026-11-22T11:00:00Z'
const broken = { account: anAccount({ allow: [] }) }

describe('what an integration asks of its target', () => {
  const cases: readonly (readonly [string, Partial<ResolveInput>, ReturnType<typeof stanceOf>])[] = [
    ['its entries, when everything is in order', {}, ['Wants', undefined, undefined]],
    [
      'nothing new while it cannot be resolved: it keeps what it has',
      broken,
      ['Keeps', undefined, 'NotAllowed'],
    ],
    [
      'nothing while suspended, whatever else is wrong',
      { ...broken, integration: anIntegration({ suspend: true }) },
      ['Keeps', 'Suspended', undefined],
    ],
    [
      'a plan only, in mode Plan',
      { integration: anIntegration({ mode: 'Plan' }) },
      ['Keeps', 'Planned', undefined],
    ],
    [
      'to leave, when deleted',
      { integration: anIntegration({}, deleted) },
      ['Leaves', 'Revoking', undefined],
    ],
    [
      'to leave, when deleted while suspended',
      { integration: anIntegration({ suspend: true }, deleted) },
      ['Leaves', 'Revoking', undefined],
    ],
    [
      'to leave, when deleted in mode Plan',
      { integration: anIntegration({ mode: 'Plan' }, deleted) },
      ['Leaves', 'Revoking', undefined],
    ],
    [
      'to leave, when deleted although no longer allowed',
      { ...broken, integration: anIntegration({}, deleted) },
      ['Leaves', 'Revoking', undefined],
    ],
    [
      'to leave, when deleted although its vendor is gone',
      { vendor: undefined, integration: anIntegration({}, deleted) },
      ['Leaves', 'Revoking', undefined],
    ],
    [
      'to leave with a fault, when deleted and its account is gone',
      { account: undefined, integration: anIntegration({}, deleted) },
      ['Leaves', 'Revoking', 'AccountNotFound'],
    ],
    [
      'to be let go with its access, when deleted with Retain',
      { integration: anIntegration({ deletionPolicy: 'Retain' }, deleted) },
      ['Keeps', 'Revoking', undefined],
    ],
    [
      'to leave, when expired',
      { integration: anIntegration({ expiresAt: past }) },
      ['Leaves', 'Expired', undefined],
    ],
    [
      'to leave, when expired although its vendor is gone',
      { vendor: undefined, integration: anIntegration({ expiresAt: past }) },
      ['Leaves', 'Expired', undefined],
    ],
    [
      'only a plan of leaving, when expired in mode Plan',
      { integration: anIntegration({ expiresAt: past, mode: 'Plan' }) },
      ['Keeps', 'Planned', undefined],
    ],
    [
      'its entries, before it expires',
      { integration: anIntegration({ expiresAt: '2026-11-22T12:00:01Z' }) },
      ['Wants', undefined, undefined],
    ],
  ]
  for (const [name, parts, expected] of cases) it(name, () => assert.deepEqual(stanceOf(parts), expected))
})

describe('an integration cannot be resolved', () => {
  const s3 = (part: object): Partial<ResolveInput> => ({
    vendor: aVendor({ s3: { ...aVendor().spec.s3, ...part } }),
  })
  const cases: readonly (readonly [string, Partial<ResolveInput>, string, RegExp])[] = [
    [
      'when its vendor does not exist',
      { vendor: undefined },
      'VendorNotFound',
      /"segments-ai" \(spec\.vendor\) does not exist/,
    ],
    [
      'when its account does not exist',
      { account: undefined },
      'AccountNotFound',
      /"aws-prod" \(spec\.account\) does not exist/,
    ],
    [
      'when no account is the default',
      { account: undefined, integration: anIntegration({ account: undefined as never }) },
      'AccountNotFound',
      /is-default-account/,
    ],
    [
      'when its account is of another cloud',
      { account: anAccount({ aws: undefined as never, gcp: { projectId: 'p-123456' } }) },
      'InvalidSpec',
      /has no spec\.aws/,
    ],
    [
      'on Google Cloud Storage with an account of AWS',
      { integration: anIntegration({ s3: undefined as never, gcs: { bucket: 'clips' } }) },
      'InvalidSpec',
      /spec\.gcs needs a Google Cloud account, but CloudAccount "aws-prod" has no spec\.gcp/,
    ],
    [
      'on Azure with an account of AWS',
      {
        integration: anIntegration({
          s3: undefined as never,
          azureBlob: { resourceGroup: 'r', storageAccount: 's' },
        }),
      },
      'InvalidSpec',
      /spec\.azureBlob needs an Azure account, but CloudAccount "aws-prod" has no spec\.azure/,
    ],
    [
      'at an access level that the vendor does not know',
      { integration: anIntegration({ access: 'Admin' }) },
      'InvalidSpec',
      /knows Read, ReadWrite, not Admin/,
    ],
    [
      'when the role that is to get policies has no name that IAM takes',
      s3({ attachToRole: { roleName: 'arn:aws:iam::123456789012:role/x', inlinePolicies: [] } }),
      'InvalidParameter',
      /is not the name of a role\. Give the name alone/,
    ],
    [
      'when the vendor refuses the bucket’s name',
      s3({ requirements: { bucketNamePattern: '[a-z]+', bucketNameMessage: 'no hyphens' } }),
      'InvalidSpec',
      /no hyphens/,
    ],
    [
      'without a prefix that the vendor demands',
      {
        ...s3({ requirements: { prefix: 'Required' } }),
        integration: anIntegration({ s3: { bucket: 'b-1' } }),
      },
      'InvalidSpec',
      /demands one/,
    ],
    [
      'with a prefix that the vendor cannot keep to',
      s3({ requirements: { prefix: 'Unsupported' } }),
      'InvalidSpec',
      /cannot be limited to a prefix/,
    ],
    [
      'with a time of expiry that cannot be reckoned with',
      { integration: anIntegration({ expiresAt: '2020-01-01T00:00:00+24:59' }) },
      'InvalidSpec',
      /spec\.expiresAt: "2020-01-01T00:00:00\+24:59" is no time/,
    ],
    [
      'with a wildcard in its prefix',
      { integration: anIntegration({ s3: { bucket: 'street-scenes', prefix: 'r*/' } }) },
      'InvalidSpec',
      /widen the grant/,
    ],
    [
      'with a parameter that the vendor does not declare',
      { parameters: given({ color: 'red' }) },
      'InvalidParameter',
      /parameters\.color: is not a parameter/,
    ],
    [
      'when a Secret could not be read',
      {
        parameters: {
          ok: false,
          fault: { reason: 'SecretNotFound', message: 'no Secret', retry: 'Backoff' },
        },
      },
      'SecretNotFound',
      /no Secret/,
    ],
  ]
  for (const [name, parts, reason, message] of cases) {
    it(name, () => {
      const { fault, claims, stance } = resolve(anInput(parts))
      const entries = claims.flatMap((claim) => claim.entries)
      assert.equal(fault?.reason, reason)
      assert.match(fault?.message ?? '', message)
      assert.deepEqual([stance, entries], ['Keeps', []])
    })
  }
})

describe('a parameter', () => {
  const declared = (parameter: object, rest: Partial<StorageVendorSpec> = {}): Partial<ResolveInput> => ({
    vendor: aVendor({
      parameters: [
        { name: 'id', description: 'the workspace id', source: 'VendorGiven', required: true, ...parameter },
      ],
      ...rest,
    }),
  })
  const cases: readonly (readonly [string, object, Readonly<Record<string, string>>, RegExp])[] = [
    ['that is required and missing is asked for', {}, {}, /parameters\.id: is required: the workspace id/],
    [
      'must match the vendor’s pattern whole',
      { pattern: 'ws-[0-9]+', patternMessage: 'must look like ws-12' },
      { id: 'xws-12x' },
      /"xws-12x" is not of the vendor’s form: must look like ws-12/,
    ],
    [
      'must be one of the values allowed',
      { allowedValues: ['eu', 'us'] },
      { id: 'mars' },
      /is none of eu, us/,
    ],
    ['must not hold a wildcard, which could widen the grant', {}, { id: 'arn:*' }, /must not contain \*/],
    ['must not hold a placeholder of its own', {}, { id: '${bucket}' }, /must not contain/],
    [
      'that is sensitive is never echoed',
      { sensitive: true, maxLength: 3 },
      { id: 'hunter2' },
      /id: its value is longer than 3/,
    ],
  ]
  for (const [name, parameter, parameters, message] of cases) {
    it(name, () =>
      assert.match(
        resolve(anInput({ ...declared(parameter), parameters: given(parameters) })).fault?.message ?? '',
        message,
      ),
    )
  }

  it('from a Secret is never echoed, whatever the vendor says of it', () => {
    const parameters = given({ id: 'S3cr3t-Hunter2' }, ['id'])
    const { fault } = resolve(anInput({ ...declared({ pattern: '[a-z]{4}' }), parameters }))
    assert.match(fault?.message ?? '', /id: its value is not of the vendor’s form/)
  })

  for (const [where, s3] of Object.entries({
    'the ARN of a key': {
      bucketPolicy: { statements: [aStatement()] },
      keyPolicy: {
        key: '${parameters.id}',
        statements: [{ name: 'use', principal: { aws: ['111111111111'] }, actions: ['kms:Decrypt'] }],
      },
    },
    'the name of a role': {
      attachToRole: {
        roleName: '${parameters.id}',
        inlinePolicies: [
          {
            name: 'p',
            policyName: 'p',
            statements: [
              {
                name: 's',
                actions: ['s3:GetObject'],
                resources: ['arn:${partition}:s3:::${bucket}/${prefix}*'],
              },
            ],
          },
        ],
      },
    },
    'the prefix of a lifecycle rule': {
      bucketPolicy: { statements: [aStatement()] },
      lifecycle: { rules: [{ name: 'r', prefix: '${prefix}${parameters.id}/', expirationDays: 1 }] },
    },
  })) {
    it(`from a Secret is refused as ${where}, which messages, plans and events name`, () => {
      const parameters = given({ id: 'S3cr3t-Hunter2' }, ['id'])
      const { fault } = resolve(anInput({ ...declared({}, { s3 }), parameters }))
      assert.match(fault?.message ?? '', /shows parameter "id" in status/)
      assert.ok(!fault?.message.includes('Hunter2'), fault?.message)
    })
  }

  it('from a Secret is refused where events and logs would show it', () => {
    const s3 = { bucketPolicy: { statements: [aStatement({ principal: { aws: ['${parameters.id}'] } })] } }
    const { fault } = resolve(anInput({ ...declared({}, { s3 }), parameters: given({ id: 'x' }, ['id']) }))
    assert.match(fault?.message ?? '', /shows parameter "id" in status/)
  })

  it('from a Secret is left out of the outputs, and not told in the next step', () => {
    const outputs = [
      { name: 'id', label: 'ID', value: 'x-${parameters.id}' },
      { name: 'bucket', label: 'Bucket', value: '${bucket}' },
    ]
    const s3 = { ...aVendor().spec.s3, outputs, nextStep: 'Paste ${parameters.id}.' }
    const { tell: telling } = resolve(
      anInput({ ...declared({}, { s3 }), parameters: given({ id: 'hush' }, ['id']) }),
    )
    assert.ok(telling)
    assert.deepEqual(tell(telling), {
      outputs: { bucket: 'street-scenes' },
      nextStep: 'Paste (the value of parameters.id, which is not shown).',
    })
  })

  it('that the vendor hands out later is waited for, and nothing that needs it is asked for', () => {
    const later = aStatement({ name: 'later', principal: { aws: ['${parameters.id}'] } })
    const vendor = declared(
      { deferred: true },
      { s3: { bucketPolicy: { statements: [aStatement(), later] } } },
    )
    const { awaiting, fault, claims } = resolve(anInput(vendor))
    assert.equal(fault, undefined)
    assert.match(awaiting?.message ?? '', /waiting for spec\.parameters\.id/)
    assert.deepEqual(
      claims.flatMap(({ entries }) => entries.map(({ name }) => name)),
      ['read'],
    )
  })

  it('that may be left out, but that the recipe needs here, is asked for', () => {
    const vendor = declared(
      { required: false },
      { s3: { bucketPolicy: { statements: [aStatement({ principal: { aws: ['${parameters.id}'] } })] } } },
    )
    assert.match(
      resolve(anInput(vendor)).fault?.message ?? '',
      /spec\.parameters\.id: the vendor’s recipe needs it/,
    )
  })

  it('fills its placeholder as it is, quotes and all', () => {
    const conditions = [{ operator: 'StringEquals', key: 'sts:ExternalId', values: ['${parameters.id}'] }]
    const vendor = declared({}, { s3: { bucketPolicy: { statements: [aStatement({ conditions })] } } })
    const [entry] = resolve(
      anInput({ ...vendor, parameters: given({ id: '"},{"Effect":"Allow"' }) }),
    ).claims.flatMap((claim) => claim.entries)
    const { Condition } = (entry?.body ?? {}) as { readonly Condition?: unknown }
    assert.deepEqual(Condition, { StringEquals: { 'sts:ExternalId': ['"},{"Effect":"Allow"'] } })
  })
})

describe('an entry of a recipe', () => {
  const names = (
    entries: readonly Partial<ReturnType<typeof aStatement>>[],
    parts: Partial<ResolveInput> = {},
  ): string[] => {
    const s3 = { bucketPolicy: { statements: entries.map((entry) => aStatement(entry)) } }
    const parameters = [{ name: 'site', description: 'd', source: 'CustomerGiven' as const, required: false }]
    return resolve(anInput({ vendor: aVendor({ s3, parameters }), ...parts })).claims.flatMap(
      ({ entries: made }) => made.map(({ name }) => name),
    )
  }
  const write = { name: 'write', access: ['ReadWrite'] }

  it('counts at the levels it lists, and the least level is the default', () => {
    assert.deepEqual(names([{}, write]), ['read'])
    assert.deepEqual(names([{}, write], { integration: anIntegration({ access: 'ReadWrite' }) }), [
      'read',
      'write',
    ])
  })

  it('counts when its parameter has one of the values', () => {
    const entry = { name: 'eu', when: { parameter: 'site', values: ['eu'] } }
    assert.deepEqual(names([entry]), [])
    assert.deepEqual(names([entry], { parameters: given({ site: 'eu' }) }), ['eu'])
    assert.deepEqual(names([entry], { parameters: given({ site: 'us' }) }), [])
  })

  it('counts when its parameter is given, or is not', () => {
    const entries = [
      { name: 'with', when: { parameter: 'site', given: true } },
      { name: 'without', when: { parameter: 'site', given: false } },
    ]
    assert.deepEqual(names(entries), ['without'])
    assert.deepEqual(names(entries, { parameters: given({ site: 'x' }) }), ['with'])
  })

  it('counts in its partitions', () => {
    const entry = { name: 'china', when: { partitions: ['aws-cn' as const] } }
    const account = anAccount({ aws: { accountId: '123456789012', region: 'cn-north-1' } })
    assert.deepEqual(names([entry]), [])
    assert.deepEqual(names([entry], { account }), ['china'])
  })
})

function stanceOf(parts: Partial<ResolveInput>) {
  const { stance, hold, fault } = resolve(anInput(parts))
  return [stance, hold, fault?.reason]
}

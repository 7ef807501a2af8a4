import type { CloudAccount, CloudAccountSpec } from '../../src/api/generated/cloud-account.ts'
import type {
  StorageIntegration,
  StorageIntegrationSpec,
} from '../../src/api/generated/storage-integration.ts'
import type { StorageVendor, StorageVendorSpec } from '../../src/api/generated/storage-vendor.ts'
import type { ResolveInput } from '../../src/vendors/resolve.ts'

const metadata = {
  uid: '5f0c1a52-0000-4000-8000-000000000001',
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: '2026-11-22T10:00:00Z',
}

/** The noon of all tests. */
export const NOW = Date.parse('2026-11-22T12:00:00Z')

export function anIntegration(
  spec: Partial<StorageIntegrationSpec> = {},
  meta: Partial<StorageIntegration['metadata']> = {},
): StorageIntegration {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { ...metadata, name: 'street-scenes', namespace: 'perception', ...meta },
    spec: {
      vendor: 'segments-ai',
      account: 'aws-prod',
      s3: { bucket: 'street-scenes', prefix: 'raw/' },
      ...spec,
    },
  }
}

export function anAccount(spec: Partial<CloudAccountSpec> = {}): CloudAccount {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { ...metadata, name: 'aws-prod' },
    spec: {
      aws: { accountId: '123456789012', region: 'eu-west-1' },
      allow: [{ namespaces: ['perception'], kmsKeys: ['*'] }],
      ...spec,
    },
  }
}

export function aVendor(spec: Partial<StorageVendorSpec> = {}): StorageVendor {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageVendor',
    metadata: { ...metadata, name: 'segments-ai' },
    spec: {
      displayName: 'Segments.ai',
      revision: '1',
      documentation: { url: 'https://docs.segments.ai', checkedOn: '2026-11-22' },
      access: [
        { name: 'Read', description: 'reads' },
        { name: 'ReadWrite', description: 'writes too' },
      ],
      s3: { bucketPolicy: { statements: [aStatement()] } },
      ...spec,
    },
  }
}

type Statement = NonNullable<NonNullable<StorageVendorSpec['s3']>['bucketPolicy']>['statements'][number]

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
export function aStatement(statement: Partial<Statement> = {}): Statement {
  return {
    name: 'read',
    principal: { aws: ['arn:${partition}:iam::931508227573:user/segmentsai-prod-user'] },
    actions: ['s3:GetObject'],
    resources: ['arn:${partition}:s3:::${bucket}/${prefix}*'],
    ...statement,
  }
}
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */

/** Parameters as spec.parameters gives them; names in `secret` come from a Secret. */
export function given(
  values: Readonly<Record<string, string>>,
  secret: readonly string[] = [],
): ResolveInput['parameters'] {
  return { ok: true, value: { values, secret: new Set(secret) } }
}

export function anInput(parts: Partial<ResolveInput> = {}): ResolveInput {
  return {
    integration: anIntegration(),
    vendor: aVendor(),
    account: anAccount(),
    namespaceLabels: {},
    parameters: given({}),
    installation: 'test',
    now: NOW,
    ...parts,
  }
}

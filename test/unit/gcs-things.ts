/** Things on Google Cloud, beside those of things.ts. */
import type { CloudAccount } from '../../src/api/generated/cloud-account.ts'
import type {
  StorageIntegration,
  StorageIntegrationSpec,
} from '../../src/api/generated/storage-integration.ts'
import type { StorageVendor, StorageVendorSpec, VendorGcs } from '../../src/api/generated/storage-vendor.ts'
import { type Resolution, type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { anAccount, anInput, anIntegration, aVendor, given } from './things.ts'

export const PROJECT = 'perception-prod'

/** A project in place of an AWS account. */
export function aGcpAccount(spec: Partial<CloudAccount['spec']> = {}): CloudAccount {
  const { metadata, ...account } = anAccount({ gcp: { projectId: PROJECT }, ...spec })
  const { aws: _, ...rest } = account.spec
  return { ...account, metadata: { ...metadata, name: 'gcp-prod' }, spec: rest }
}

/** An integration on a bucket of Cloud Storage. */
export function onGcs(
  spec: Partial<StorageIntegrationSpec> = {},
  meta: Partial<StorageIntegration['metadata']> = {},
): StorageIntegration {
  const { spec: all, ...integration } = anIntegration({ account: 'gcp-prod', ...spec }, meta)
  const { s3: _, gcs = { bucket: 'street-scenes', prefix: 'raw/' }, ...rest } = all
  return { ...integration, spec: { ...rest, gcs } }
}

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** A recipe with everything: a custom role for a member who is known later, a predefined role, CORS and lifecycle. */
export const RECIPE: VendorGcs = {
  customRoles: [
    { name: 'read', idPrefix: 'acme_read', title: 'Acme reads', permissions: ['storage.objects.get'] },
    {
      name: 'write',
      idPrefix: 'acme_write',
      title: 'Acme writes',
      permissions: ['storage.objects.create', 'storage.objects.list'],
    },
  ],
  grants: [
    { name: 'read', member: 'serviceAccount:${parameters.serviceAccount}', customRole: 'read' },
    {
      name: 'write',
      access: ['ReadWrite'],
      member: 'serviceAccount:${parameters.serviceAccount}',
      customRole: 'write',
    },
  ],
  cors: {
    rules: [
      {
        name: 'browser',
        allowedOrigins: ['https://*.acme.example'],
        allowedMethods: ['GET'],
        responseHeaders: ['*'],
        preflight: { origin: 'https://app.acme.example', method: 'GET' },
      },
    ],
  },
}
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */

export const MEMBER = 'reader@acme-prod.iam.gserviceaccount.com'

/** A vendor on both clouds, whose service account comes later. */
export function aGcsVendor(
  gcs: Partial<VendorGcs> = {},
  spec: Partial<StorageVendorSpec> = {},
): StorageVendor {
  return aVendor({
    parameters: [
      {
        name: 'serviceAccount',
        description: 'the e-mail of its service account',
        source: 'VendorGiven',
        required: false,
        deferred: true,
      },
    ],
    gcs: { ...RECIPE, ...gcs },
    ...spec,
  })
}

/** An integration on Cloud Storage, resolved; everything that it needs is given. */
export function resolved(parts: Partial<ResolveInput> = {}): Resolution {
  return resolve(
    anInput({
      integration: onGcs(),
      vendor: aGcsVendor(),
      account: aGcpAccount(),
      parameters: given({ serviceAccount: MEMBER }),
      ...parts,
    }),
  )
}

/** The cloud’s own names of its targets, in order. */
export const namesOf = ({ claims }: Resolution): string[] => claims.map(({ target }) => target.name)
/** What it asks for in this document, of all targets. */
export const partsOf = ({ claims }: Resolution, document: string): object[] =>
  claims
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.document === document)
    .map(({ body }) => (body as { readonly part: object }).part)

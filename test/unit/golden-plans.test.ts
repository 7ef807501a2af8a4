/** Golden plans: what each vendor of the catalogue makes of one integration. `make golden` rewrites; review the diff. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { type ResolveInput, resolve, type TargetClaim } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import { anAzureAccount, inContainer, onAzure } from './azure-things.ts'
import { aGcpAccount, onGcs } from './gcs-things.ts'
import { type Cloud, EMPTY, shownOf } from './golden-documents.ts'
import { anAccount, anInput, anIntegration, given } from './things.ts'

const catalogue = new URL('../../deploy/vendors/', import.meta.url)

/** What these vendors hand out, or ask for; the others need nothing. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cloudflare-logpush': { unfinishedUploads: 'Abort' },
  datadog: {
    roleName: 'DatadogIntegrationRole',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000001',
  },
  datasaur: { externalId: 'datasaur-0001' },
  'label-studio': { externalId: 'org-0001' },
  'scale-ai': { externalId: 'scale-0001' },
  segment: {
    workspaceId: 'workspace-0001',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000001',
  },
  'weights-and-biases': {
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000001',
    oldVersions: 'Expire',
  },
}
/** What some need on Google Cloud alone. */
const GCS_PARAMETERS: typeof PARAMETERS = {
  'segments-ai': { serviceAccount: 'reader@segments-prod.iam.gserviceaccount.com' },
}
/** How the golden files are called, by the field of the recipe. */
const SUFFIXES = { s3: 's3', gcs: 'gcs', azureBlob: 'azure' } as const
/** These cannot be limited to a prefix. */
const WHOLE_BUCKET = ['segment']

function goldenOf(vendor: StorageVendor, access: string, cloud: Cloud): object {
  const { name } = vendor.metadata
  const { integration, account } = onCloud(name, access, cloud)
  const parameters = given({ ...PARAMETERS[name], ...(cloud === 'gcs' ? GCS_PARAMETERS[name] : {}) })
  const {
    owner,
    claims,
    tell: telling,
    fault,
  } = resolve(anInput({ integration, vendor, account, parameters }))
  const targets = claims.map((claim) => ({
    target: claim.target.name,
    documents: documentsOf(cloud, owner, claim),
    probes: claim.probes,
  }))
  return { fault, targets, ...(telling === undefined ? {} : tell(telling)) }
}

function onCloud(
  vendor: string,
  access: string,
  cloud: Cloud,
): Pick<ResolveInput, 'integration' | 'account'> {
  const place = { bucket: 'street-scenes', prefix: WHOLE_BUCKET.includes(vendor) ? '' : 'raw/' }
  switch (cloud) {
    case 's3':
      return { integration: anIntegration({ vendor, access, s3: place }), account: anAccount() }
    case 'gcs':
      return { integration: onGcs({ vendor, access, gcs: place }), account: aGcpAccount() }
    case 'azureBlob': {
      const integration = onAzure({ vendor, access, azureBlob: inContainer('images') })
      return { integration, account: anAzureAccount() }
    }
  }
}

function documentsOf(cloud: Cloud, owner: string, { target, entries, documents }: TargetClaim): object[] {
  const plan = planTarget({
    installation: 'golden',
    target: target.name,
    fresh: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    documents: documents.map((document) => EMPTY[cloud][document]),
    participants: [{ owner, stance: 'Wants', entries }],
  })
  return plan.documents.map(({ kind, changes, before, after }) => ({
    document: kind.name,
    changes: changes.map(({ action, summary }) => `${action} ${summary}`),
    ...shownOf(cloud, kind.name, before, after),
  }))
}

describe('the plan of every vendor in the catalogue is as reviewed', () => {
  for (const file of readdirSync(catalogue).filter((name) => name.endsWith('.yaml'))) {
    const vendor: StorageVendor = parse(readFileSync(new URL(file, catalogue), 'utf8'))
    for (const cloud of ['s3', 'gcs', 'azureBlob'] as const) {
      if (vendor.spec[cloud] === undefined) continue
      it(`${file} on ${cloud}`, () => {
        const levels = vendor.spec.access.map(({ name }) => [name, goldenOf(vendor, name, cloud)] as const)
        const made = `${JSON.stringify(Object.fromEntries(levels), null, 2)}\n`
        const golden = new URL(
          `../golden/${file.replace('.yaml', `.${SUFFIXES[cloud]}.json`)}`,
          import.meta.url,
        )
        if (process.env.UPDATE_GOLDEN === 'true') writeFileSync(golden, made)
        assert.equal(made, readFileSync(golden, 'utf8'))
      })
    }
  }
})

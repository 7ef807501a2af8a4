/** Golden plans: what each vendor of the catalogue makes of one integration. `make golden` rewrites; review the diff. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { bucketPolicyKind, decodeBucketPolicy } from '../../src/clouds/aws/bucket-policy.ts'
import { corsKind, decodeCors } from '../../src/clouds/aws/cors.ts'
import { iamRoleKind } from '../../src/clouds/aws/iam-role.ts'
import { decodeKeyPolicy, keyPolicyKind } from '../../src/clouds/aws/key-policy.ts'
import { decodeLifecycle, lifecycleKind } from '../../src/clouds/aws/lifecycle.ts'
import { closedTrust, decodeRole } from '../../src/clouds/aws/role-document.ts'
import { roleSteps } from '../../src/clouds/aws/role-steps.ts'
import type { Document, DocumentName } from '../../src/plan/document.ts'
import { type ObservedDocument, planTarget } from '../../src/plan/plan-target.ts'
import { resolve, type TargetClaim } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import { anAccount, anInput, anIntegration, given } from './things.ts'

const catalogue = new URL('../../deploy/vendors/', import.meta.url)

/** What these vendors hand out, or ask for; the others need nothing. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  datasaur: { externalId: 'datasaur-0001' },
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
/** These cannot be limited to a prefix. */
const WHOLE_BUCKET = ['segment']

/** Every document as it is before anybody wrote it. */
const EMPTY = {
  BucketPolicy: { kind: bucketPolicyKind, document: decodeBucketPolicy(undefined) },
  Cors: { kind: corsKind, document: decodeCors(undefined) },
  Lifecycle: { kind: lifecycleKind, document: decodeLifecycle(undefined) },
  IamRole: { kind: iamRoleKind, document: decodeRole(undefined) },
  KeyPolicy: { kind: keyPolicyKind, document: decodeKeyPolicy('{"Version":"2012-10-17","Statement":[]}') },
} as unknown as Readonly<Record<DocumentName, ObservedDocument>>

function goldenOf(vendor: StorageVendor, access: string): object {
  const { name } = vendor.metadata
  const s3 = { bucket: 'street-scenes', prefix: WHOLE_BUCKET.includes(name) ? '' : 'raw/' }
  const integration = anIntegration({ vendor: name, access, s3 })
  const parameters = given(PARAMETERS[name] ?? {})
  const {
    owner,
    claims,
    tell: telling,
    fault,
  } = resolve(anInput({ integration, vendor, account: anAccount(), parameters }))
  const targets = claims.map((claim) => ({
    target: claim.target.name,
    documents: documentsOf(owner, claim),
    probes: claim.probes,
  }))
  return { fault, targets, ...(telling === undefined ? {} : tell(telling)) }
}

function documentsOf(owner: string, { target, entries, documents }: TargetClaim): object[] {
  const plan = planTarget({
    installation: 'golden',
    target: target.name,
    fresh: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    documents: documents.map((document) => EMPTY[document]),
    participants: [{ owner, stance: 'Wants', entries }],
  })
  return plan.documents.map(({ kind, changes, before, after }) => ({
    document: kind.name,
    changes: changes.map(({ action, summary }) => `${action} ${summary}`),
    ...(kind.name === 'IamRole' ? { requests: requestsFor(before, after) } : { after }),
  }))
}

/** Policies as objects, so that a reader sees what changed. */
function requestsFor(before: Document, after: Document): object[] {
  const steps = roleSteps(before as never, after as never, closedTrust('aws', '123456789012'))
  return steps.map((step) =>
    Object.fromEntries(
      Object.entries(step).map(([key, value]) => [
        key,
        key === 'trust' || key === 'document' ? JSON.parse(value) : value,
      ]),
    ),
  )
}

describe('the plan of every vendor in the catalogue is as reviewed', () => {
  for (const file of readdirSync(catalogue).filter((name) => name.endsWith('.yaml'))) {
    it(`${file} on S3`, () => {
      const vendor: StorageVendor = parse(readFileSync(new URL(file, catalogue), 'utf8'))
      const levels = vendor.spec.access.map(({ name }) => [name, goldenOf(vendor, name)] as const)
      const made = `${JSON.stringify(Object.fromEntries(levels), null, 2)}\n`
      const golden = new URL(`../golden/${file.replace('.yaml', '.s3.json')}`, import.meta.url)
      if (process.env.UPDATE_GOLDEN === 'true') writeFileSync(golden, made)
      assert.equal(made, readFileSync(golden, 'utf8'))
    })
  }
})

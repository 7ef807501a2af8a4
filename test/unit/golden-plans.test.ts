/** Golden plans: what each vendor of the catalogue makes of one integration. `make golden` rewrites; review the diff. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { bucketPolicyKind, decodeBucketPolicy } from '../../src/clouds/aws/bucket-policy.ts'
import { corsKind, decodeCors } from '../../src/clouds/aws/cors.ts'
import type { DocumentKind } from '../../src/plan/document.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import { anAccount, anInput, anIntegration } from './things.ts'

const catalogue = new URL('../../deploy/vendors/', import.meta.url)

function goldenOf(vendor: StorageVendor): object {
  const integration = anIntegration({ vendor: vendor.metadata.name })
  const {
    owner,
    claims,
    tell: telling,
    fault,
  } = resolve(anInput({ integration, vendor, account: anAccount() }))
  const [claim] = claims
  const plan = planTarget({
    installation: 'golden',
    target: claim?.target.name ?? '',
    fresh: '',
    documents: [
      { kind: bucketPolicyKind as DocumentKind, document: decodeBucketPolicy(undefined) },
      { kind: corsKind as DocumentKind, document: decodeCors(undefined) },
    ],
    participants: [{ owner, stance: 'Wants', entries: claim?.entries ?? [] }],
  })
  const documents = plan.documents.map(({ kind, changes, after }) => ({
    document: kind.name,
    changes,
    after,
  }))
  return { fault, documents, ...(telling === undefined ? {} : tell(telling)) }
}

describe('the plan of every vendor in the catalogue is as reviewed', () => {
  for (const file of readdirSync(catalogue).filter((name) => name.endsWith('.yaml'))) {
    it(`${file} on S3`, () => {
      const made = `${JSON.stringify(goldenOf(parse(readFileSync(new URL(file, catalogue), 'utf8'))), null, 2)}\n`
      const golden = new URL(`../golden/${file.replace('.yaml', '.s3.json')}`, import.meta.url)
      if (process.env.UPDATE_GOLDEN === 'true') writeFileSync(golden, made)
      assert.equal(made, readFileSync(golden, 'utf8'))
    })
  }
})

/** What docs/concepts.md shows of Google Cloud Storage, held against what is made of the examples. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { linesIn } from '../../src/plan/ledger.ts'
import { sealed } from '../../src/plan/ledger-seal.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { withLines } from '../../src/reconcile/ledger-text.ts'
import { resolve, type TargetClaim } from '../../src/vendors/resolve.ts'
import { repository } from '../rig/cache.ts'
import { anInput, given } from './things.ts'

const textOf = (file: string): string => readFileSync(join(repository, file), 'utf8')
const exampleOf = (name: string) => parse(textOf(`deploy/examples/${name}.yaml`))
const [, chapter = ''] = textOf('docs/concepts.md').split('\n## Google Cloud Storage\n')
const [before, after, ledger] = [...chapter.matchAll(/^```json\n(.*?)^```/gms)].map(
  ([, json = '']): JsonObject => JSON.parse(json),
)
/** That of the page's other example. */
const INSTALLATION = '9e1c6f5a-0c1d-4a57-8a35-2f6f4f0f7a11'

function resolvedExample(parameters: Readonly<Record<string, string>>) {
  return resolve(
    anInput({
      installation: INSTALLATION,
      integration: exampleOf('storageintegration-segments-ai-gcs'),
      account: exampleOf('cloudaccount-gcp'),
      vendor: parse(textOf('deploy/vendors/segments-ai.yaml')),
      parameters: given(parameters),
    }),
  )
}

function planOf(claim: TargetClaim, owner: string): DocumentPlan {
  const [plan] = planTarget({
    installation: INSTALLATION,
    target: claim.target.name,
    fresh: '',
    documents: [
      {
        kind: bucketIamKind,
        document: decodeBucketIam(before, { bucket: 'street-scenes', uniformAccess: true }),
      } as never,
    ],
    participants: [{ owner, stance: 'Wants', entries: claim.entries }],
  }).documents
  assert.ok(plan)
  return plan
}

describe('the chapter on Google Cloud Storage', () => {
  const { claims, owner, fault, awaiting } = resolvedExample({
    serviceAccount: 'reader@segments-prod.iam.gserviceaccount.com',
  })
  const bucket = claims.at(-1)
  assert.ok(bucket, fault?.message)
  const plan = planOf(bucket, owner)

  it('shows what Mooring would really make of a policy for the example', () => {
    assert.deepEqual([fault, awaiting], [undefined, undefined])
    assert.deepEqual(encodeBucketIam(plan.after as never), after)
  })

  it('shows the ledger that the example would really have', () => {
    const lines = sealed(linesIn(plan.kind, plan.after), 'BucketIam', 'a key')
    const text = withLines(undefined, bucket.target.key, 'BucketIam', lines) ?? ''
    assert.deepEqual(JSON.parse(text.replace(/\.[0-9a-f]{32}"/g, '.…"')), ledger)
  })
})

describe('the example for Google Cloud Storage', () => {
  it('as it stands waits for the service account, and is allowed by the example’s account', () => {
    const { fault, awaiting } = resolvedExample({})
    assert.deepEqual([fault, awaiting?.reason], [undefined, 'AwaitingVendorInput'])
  })
})

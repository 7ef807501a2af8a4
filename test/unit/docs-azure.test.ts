/** What docs/concepts.md shows of Azure Blob Storage, held against what is made of the examples. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { assignmentSteps } from '../../src/clouds/azure/assignment-steps.ts'
import { blobCorsKind, decodeBlobCors, encodeBlobCors } from '../../src/clouds/azure/blob-cors.ts'
import { accountId } from '../../src/clouds/azure/resource-id.ts'
import { decodeAssignments, roleAssignmentsKind } from '../../src/clouds/azure/role-assignments.ts'
import type { Json } from '../../src/plan/json.ts'
import { linesIn } from '../../src/plan/ledger.ts'
import { sealed } from '../../src/plan/ledger-seal.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { withLines } from '../../src/reconcile/ledger-text.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { repository } from '../rig/cache.ts'
import { anInput } from './things.ts'

const textOf = (file: string): string => readFileSync(join(repository, file), 'utf8')
const exampleOf = (name: string) => parse(textOf(`deploy/examples/${name}.yaml`))
const [, chapter = ''] = textOf('docs/concepts.md').split('\n## Azure Blob Storage\n')
const [before, after, assignment, ledger] = [...chapter.matchAll(/^```json\n(.*?)^```/gms)].map(
  ([, json = '']): Json => JSON.parse(json),
)
/** That of the page's other examples. */
const INSTALLATION = '9e1c6f5a-0c1d-4a57-8a35-2f6f4f0f7a11'
const PRINCIPAL = 'c0ffee00-0000-4000-8000-000000000001'
const vendor = parse(textOf('deploy/vendors/segments-ai.yaml'))
const account = exampleOf('cloudaccount-azure')
const integration = exampleOf('storageintegration-segments-ai-azure')
const { claims, owner, fault, storage } = resolve(
  anInput({ installation: INSTALLATION, integration, account, vendor }),
)

function plansOf(): readonly DocumentPlan[] {
  const claim = claims.at(-1)
  assert.ok(claim, fault?.message)
  const { tenantId, subscriptionId } = account.spec.azure
  const about = {
    account: accountId(subscriptionId, 'perception', 'streetscenes'),
    ...{ tenantId, authority: 'https://login.microsoftonline.com', creates: false },
    principals: { [vendor.spec.azureBlob.application.clientId]: PRINCIPAL },
  }
  return planTarget({
    ...{ installation: INSTALLATION, target: claim.target.name, fresh: '' },
    documents: [
      { kind: roleAssignmentsKind, document: decodeAssignments([], about) },
      { kind: blobCorsKind, document: decodeBlobCors({ properties: { cors: { corsRules: before ?? [] } } }) },
    ] as never,
    participants: [{ owner, stance: 'Wants', entries: claim.entries }],
  }).documents
}

describe('the chapter on Azure Blob Storage', () => {
  const [roles, cors] = plansOf()
  assert.ok(roles !== undefined && cors !== undefined)

  it('shows what Mooring would really make of the rules for the example', () =>
    assert.deepEqual(encodeBlobCors(cors.after as never), after))

  it('shows the assignment that Mooring would really make on the container', () => {
    const [step, ...more] = assignmentSteps(roles.before as never, roles.after as never)
    assert.ok(step?.do === 'Create')
    assert.deepEqual([step.body, more], [assignment, []])
    assert.match(
      step.id,
      /\/containers\/images\/providers\/Microsoft\.Authorization\/roleAssignments\/[0-9a-f-]{36}$/,
    )
  })

  it('shows the ledger that the example would really have', () => {
    const key = claims.at(-1)?.target.key ?? ''
    const text = [roles, cors].reduce<string | undefined>((written, plan) => {
      const lines = sealed(linesIn(plan.kind, plan.after), plan.kind.name, 'a key')
      return withLines(written, key, plan.kind.name, lines)
    }, undefined)
    assert.deepEqual(JSON.parse((text ?? '').replace(/\.[0-9a-f]{32}"/g, '.…"')), ledger)
  })
})

describe('the example for Azure Blob Storage', () => {
  it('as it stands is allowed by the example’s account', () => {
    assert.equal(fault, undefined)
    assert.equal(storage, 'https://streetscenes.blob.core.windows.net/images')
  })
})

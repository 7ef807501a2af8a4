/** Role assignments and CORS rules in Azure, for any strangers and any integrations: documents that have no room for marks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { assignmentSteps } from '../../src/clouds/azure/assignment-steps.ts'
import { blobCorsKind, decodeBlobCors, encodeBlobCors } from '../../src/clouds/azure/blob-cors.ts'
import { withCorsRules } from '../../src/clouds/azure/blob-service.ts'
import { decodeAssignments, roleAssignmentsKind, tripleOf } from '../../src/clouds/azure/role-assignments.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { attributed, type LedgerLines, linesIn, ownLines } from '../../src/plan/ledger.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { planTarget } from '../../src/plan/plan-target.ts'

const INSTALLATION = 'test'
const ACCOUNT = '/subscriptions/s/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/clips'
const OWNERS = ['a/one', 'a/two', 'a/three'] as const

interface Member {
  readonly owner: string
  readonly stance: Stance
  readonly parts: readonly unknown[]
}

interface Form<Cloud> {
  readonly kind: DocumentKind
  decode(cloud: Cloud): Document
  /** The cloud after the plan was sent. */
  send(cloud: Cloud, plan: DocumentPlan): Cloud
}

interface Place<Cloud> {
  readonly cloud: Cloud
  readonly ledgers: Readonly<Record<string, LedgerLines>>
}

function planFor<Cloud>(
  { kind, decode }: Form<Cloud>,
  place: Place<Cloud>,
  members: readonly Member[],
): { readonly plan: DocumentPlan; readonly isScarce: boolean } {
  const lines = members.map(({ owner }) => ownLines(place.ledgers[owner] ?? {}, INSTALLATION, ACCOUNT, owner))
  const document = attributed(kind, decode(place.cloud), lines)
  const participants = members.map(({ owner, stance, parts }) => ({
    ...{ owner, stance },
    entries: parts.map((part, n) => ({ document: kind.name, name: `e${n}`, body: { part } })),
  }))
  const { documents, refused } = planTarget({
    ...{ installation: INSTALLATION, target: ACCOUNT, fresh: '', participants },
    documents: [{ kind, document }],
  })
  const [plan] = documents
  assert.ok(plan)
  return { plan, isScarce: refused.size > 0 }
}

function pass<Cloud>(form: Form<Cloud>, place: Place<Cloud>, members: readonly Member[]): Place<Cloud> {
  const { plan } = planFor(form, place, members)
  if (plan.changes.length === 0) return place
  const lines = linesIn(form.kind, plan.after)
  const now = members.map(({ owner }) => [owner, ownLines(lines, INSTALLATION, ACCOUNT, owner)])
  return { cloud: form.send(place.cloud, plan), ledgers: { ...place.ledgers, ...Object.fromEntries(now) } }
}

/**
 * After one pass there is nothing left to do, but where somebody found no room: then those after it may have left some, which
 * it gets in the next pass.
 */
function settled<Cloud>(form: Form<Cloud>, start: Place<Cloud>, members: readonly Member[]): Place<Cloud> {
  const { isScarce } = planFor(form, start, members)
  let place = pass(form, start, members)
  for (let rounds = isScarce ? OWNERS.length : 0; rounds > 0; rounds -= 1) place = pass(form, place, members)
  assert.equal(planFor(form, place, members).plan.changes.length, 0, 'planning again changes nothing')
  return place
}

/** Everybody is at the target in every round; who asks for nothing keeps, or leaves. */
function storyOf(part: fc.Arbitrary<unknown>): fc.Arbitrary<readonly (readonly Member[])[]> {
  const member = (owner: string) =>
    fc.record({
      owner: fc.constant(owner),
      stance: fc.constantFrom<Stance>('Wants', 'Wants', 'Keeps', 'Leaves'),
      parts: fc.array(part, { minLength: 1, maxLength: 2 }),
    })
  return fc.array(fc.tuple(...OWNERS.map(member)), { minLength: 1, maxLength: 4 })
}

const LEAVING: readonly Member[] = OWNERS.map((owner) => ({ owner, stance: 'Leaves', parts: [] }))

function holds<Cloud>(
  form: Form<Cloud>,
  strangers: fc.Arbitrary<Cloud>,
  part: fc.Arbitrary<unknown>,
  look: (cloud: Cloud) => unknown,
) {
  fc.assert(
    fc.property(strangers, storyOf(part), (cloud, story) => {
      let place: Place<Cloud> = { cloud, ledgers: {} }
      for (const members of story) place = settled(form, place, members)
      assert.deepEqual(
        look(pass(form, place, LEAVING).cloud),
        look(cloud),
        'what strangers made is all that is left',
      )
    }),
    { numRuns: 150 },
  )
}

// — role assignments —

const ROLES = ['2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a']
const PRINCIPALS: Readonly<Record<string, string | null>> = {
  vendor: 'p-vendor',
  other: 'p-other',
  absent: null,
}
const wantedRole = fc.record({
  clientId: fc.constantFrom('vendor', 'Other', 'absent'),
  roleDefinitionId: fc.constantFrom(...ROLES),
  scope: fc.constantFrom('', 'container/images'),
})
const about = {
  account: ACCOUNT,
  tenantId: 't',
  authority: 'https://login.example',
  creates: false,
  principals: PRINCIPALS,
}
const theirs = fc
  .record({
    name: fc.uuid(),
    scope: fc.constantFrom(
      ACCOUNT,
      ACCOUNT.toUpperCase(),
      `${ACCOUNT}/blobServices/default/containers/images`,
      '/subscriptions/s',
    ),
    role: fc.constantFrom(...ROLES),
    principalId: fc.constantFrom('p-vendor', 'P-OTHER', 'p-stranger'),
    condition: fc.constantFrom(undefined, undefined, '@Resource[x] StringEquals 1'),
  })
  .map(({ name, scope, role, principalId, condition }): JsonObject => {
    const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${role}`
    const properties = {
      scope,
      roleDefinitionId,
      principalId,
      weight: '1.0',
      ...(condition === undefined ? {} : { condition }),
    }
    return { id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, name, properties }
  })
const triple = (one: JsonObject): string => {
  const { scope, roleDefinitionId, principalId } = one.properties as Readonly<Record<string, string>>
  return [scope, roleDefinitionId?.split('/').at(-1), principalId].join().toLowerCase()
}

const assignments: Form<readonly JsonObject[]> = {
  kind: roleAssignmentsKind as DocumentKind,
  decode: (cloud) => decodeAssignments(cloud, about),
  send: (cloud, { before, after }) =>
    assignmentSteps(before as never, after as never).reduce<readonly JsonObject[]>((list, step) => {
      if (step.do === 'Delete') return list.filter(({ id }) => id !== step.id)
      const scope = step.id.replace(/\/providers\/Microsoft\.Authorization.*/, '')
      const made: JsonObject = { id: step.id, properties: { ...(step.body.properties as JsonObject), scope } }
      assert.ok(!list.some((one) => triple(one) === triple(made)), 'Azure takes no second one')
      return list.concat(made)
    }, cloud),
}

// — CORS —

const rule = fc.record({
  allowedOrigins: fc.constantFrom(
    ['https://app.segments.ai', 'https://webgpu.segments.ai'],
    ['https://webgpu.segments.ai', 'https://app.segments.ai'],
    ['*'],
  ),
  allowedMethods: fc.constantFrom(['GET'], ['GET', 'PUT']),
  allowedHeaders: fc.constantFrom([], ['x-ms-*'], ['X-MS-*']),
  exposedHeaders: fc.constant([]),
  maxAgeInSeconds: fc.constantFrom(3_600, 60),
})
const service = fc
  .record({
    corsRules: fc.array(
      fc.oneof(
        rule,
        rule.map((one) => ({ ...one, unknown: true })),
      ),
      { maxLength: 5 },
    ),
    settings: fc.dictionary(fc.constantFrom('isVersioningEnabled', 'staticWebsite', 'newer'), fc.jsonValue()),
    more: fc.dictionary(fc.constantFrom('odd'), fc.jsonValue()),
  })
  .map(
    ({ corsRules, settings, more }) =>
      ({ id: 'x', ...more, properties: { ...settings, cors: { corsRules, odd: 1 } } }) as JsonObject,
  )

const cors: Form<JsonObject> = {
  kind: blobCorsKind as DocumentKind,
  decode: decodeBlobCors,
  send: (cloud, { after }) => {
    const rules = encodeBlobCors(after as never)
    if (rules === undefined) return cloud
    assert.ok(rules.length <= 5, 'Azure takes five')
    return { id: 'x', ...withCorsRules(cloud, rules) }
  },
}

describe('whatever strangers have and integrations want in Azure', () => {
  it('role assignments of strangers stay each as they were, and all of ours go', () => {
    const strangers = fc.uniqueArray(theirs, { maxLength: 6, selector: triple })
    holds(assignments, strangers, wantedRole, (list) => list)
  })

  it('CORS rules and other settings of strangers stay each as they were, and all of ours go', () => {
    holds(cors, service, rule, (cloud) => JSON.parse(JSON.stringify(cloud)))
  })

  it('roles are told apart by place, role and principal alone', () => {
    assert.deepEqual(tripleOf({ clientId: 'A', roleDefinitionId: 'R', scope: 'container/X' }), [
      'container/x',
      'r',
      'application a',
    ])
  })
})

/** Documents of Google Cloud without room for marks: whatever strangers have stays, and what is done is done once. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import { decodeGcsCors, encodeGcsCors, gcsCorsKind } from '../../src/clouds/gcp/gcs-cors.ts'
import {
  decodeGcsLifecycle,
  encodeGcsLifecycle,
  gcsLifecycleKind,
} from '../../src/clouds/gcp/gcs-lifecycle.ts'
import type { Document, DocumentKind, DocumentName } from '../../src/plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../src/plan/json.ts'
import { attributed, type LedgerLines, linesIn } from '../../src/plan/ledger.ts'
import { type Participant, planTarget } from '../../src/plan/plan-target.ts'

const TARGET = 'gs://clips'
const OWNERS = ['a/x', 'a/y', 'b/z'] as const

/** One kind of document, with the cloud played by a JSON value. */
interface Form {
  readonly name: DocumentName
  readonly kind: DocumentKind
  /** What strangers have. */
  readonly strangers: fc.Arbitrary<Json>
  /** What an integration may want. */
  readonly wanted: fc.Arbitrary<Json>
  decode(cloud: Json): Document
  /** Undefined where nothing is to be written. */
  encode(document: Document): Json | undefined
  /** What of the cloud means something; a binding that was merged or emptied means what it meant. */
  meaning(cloud: Json): string
}

const member = fc.constantFrom(
  'serviceAccount:reader@vendor.iam.gserviceaccount.com',
  'serviceAccount:Reader@vendor.iam.gserviceaccount.com',
  'user:ann@example.com',
  'group:all@example.com',
  'deleted:serviceAccount:reader@vendor.iam.gserviceaccount.com?uid=1',
  'projectOwner:perception-prod',
  'allUsers',
)
const role = fc.constantFrom('roles/storage.objectViewer', 'roles/storage.admin', 'projects/p/roles/reads')
const condition = fc.record(
  {
    title: fc.constantFrom('mooring', 'theirs'),
    expression: fc.constantFrom('true', 'resource.name.startsWith("raw/")'),
    description: fc.constantFrom('', 'x'),
    location: fc.string({ maxLength: 3 }),
  },
  { requiredKeys: ['title', 'expression'] },
)
const binding = fc.record(
  {
    role,
    members: fc.array(member, { maxLength: 4 }),
    condition: fc.option(condition, { nil: undefined }),
    bindingId: fc.string({ maxLength: 2 }),
  },
  { requiredKeys: ['role', 'members'] },
)
const policy = fc
  .record(
    {
      version: fc.constantFrom(1, 3),
      etag: fc.constant('CAE='),
      bindings: fc.array(binding, { maxLength: 5 }),
      auditConfigs: fc.constant([{ service: 'allServices' }]),
      unknown: fc.jsonValue(),
    },
    { requiredKeys: ['version', 'etag'] },
  )
  .map(plain)
const grant = fc
  .record({
    role,
    member: fc.constantFrom('serviceAccount:reader@vendor.iam.gserviceaccount.com', 'user:ann@example.com'),
    condition: fc.option(condition, { nil: undefined }),
  })
  .map(plain)

const origins = fc.array(fc.constantFrom('https://a.example', 'https://*.b.example', '*'), {
  minLength: 1,
  maxLength: 2,
})
const corsRule = fc
  .record(
    {
      origin: origins,
      method: fc.array(fc.constantFrom('GET', 'PUT', '*'), { minLength: 1, maxLength: 2 }),
      responseHeader: fc.array(fc.constantFrom('*', 'Content-Type', 'content-type'), { maxLength: 2 }),
      maxAgeSeconds: fc.nat({ max: 2 }),
      unknown: fc.constantFrom(1, 2),
    },
    { requiredKeys: ['origin', 'method'] },
  )
  .map(plain)
const lifecycleRule = fc
  .record({
    action: fc.record(
      {
        type: fc.constantFrom('Delete', 'SetStorageClass'),
        storageClass: fc.constantFrom('NEARLINE', 'COLDLINE'),
      },
      { requiredKeys: ['type'] },
    ),
    condition: fc.record(
      {
        age: fc.nat({ max: 2 }),
        matchesPrefix: fc.array(fc.constantFrom('raw/', 'a/'), { maxLength: 2 }),
        unknown: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  })
  .map(plain)

const FORMS: readonly Form[] = [
  {
    name: 'BucketIam',
    kind: bucketIamKind as DocumentKind,
    strangers: policy,
    wanted: grant,
    decode: (cloud) => decodeBucketIam(cloud, { bucket: 'clips', uniformAccess: true }),
    encode: (document) => encodeBucketIam(document as Parameters<typeof encodeBucketIam>[0]),
    meaning: (cloud) => meaningOfPolicy(cloud as JsonObject),
  },
  {
    name: 'Cors',
    kind: gcsCorsKind as DocumentKind,
    strangers: fc.array(corsRule, { maxLength: 4 }),
    wanted: corsRule,
    decode: (cloud) => decodeGcsCors(cloud, '1'),
    encode: (document) => encodeGcsCors(document as Parameters<typeof encodeGcsCors>[0]),
    meaning: canonicalJson,
  },
  {
    name: 'Lifecycle',
    kind: gcsLifecycleKind as DocumentKind,
    strangers: fc.record(
      { rule: fc.array(lifecycleRule, { maxLength: 4 }), unknown: fc.constantFrom(1, 2) },
      { requiredKeys: ['rule'] },
    ),
    wanted: lifecycleRule,
    decode: (cloud) => decodeGcsLifecycle(cloud, '1'),
    encode: (document) => encodeGcsLifecycle(document as Parameters<typeof encodeGcsLifecycle>[0]),
    meaning: (cloud) => canonicalJson(cloud ?? { rule: [] }),
  },
]

/** Everything but the version, which Mooring sets, and the places where it adds nothing of its own. */
function meaningOfPolicy({ version: _, bindings, ...others }: JsonObject): string {
  const known = ((bindings ?? []) as JsonObject[]).filter(isJsonObject)
  return canonicalJson({ ...others, bindings: known })
}

type Step = ReadonlyMap<string, readonly Json[]>
/** Who wants what; who is not in it leaves. */
const stepsOf = (wanted: fc.Arbitrary<Json>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc
      .dictionary(fc.constantFrom(...OWNERS), fc.array(wanted, { minLength: 1, maxLength: 2 }), {
        maxKeys: 3,
      })
      .map((wants) => new Map(Object.entries(wants))),
    { minLength: 1, maxLength: 4 },
  )

function participants(form: Form, step: Step): Participant[] {
  return OWNERS.map((owner) => {
    const parts = step.get(owner)
    if (parts === undefined) return { owner, stance: 'Leaves', entries: [] }
    const entries = parts.map((part, n) => ({ document: form.name, name: `e${n}`, body: { part } }))
    return { owner, stance: 'Wants', entries }
  })
}

interface State {
  readonly cloud: Json
  readonly lines: LedgerLines
}

function planIn(form: Form, { cloud, lines }: State, step: Step) {
  const document = attributed(form.kind, form.decode(cloud), [lines])
  const [plan] = planTarget({
    installation: 'inst',
    target: TARGET,
    fresh: '',
    documents: [{ kind: form.kind, document }],
    participants: participants(form, step),
  }).documents
  assert.ok(plan !== undefined)
  return plan
}

/** Plans, writes, and remembers what was written. */
function pass(form: Form, state: State, step: Step): State {
  const plan = planIn(form, state, step)
  if (plan.changes.length === 0) return state
  const written = form.encode(plan.after)
  return {
    cloud: written === undefined ? state.cloud : plain(written),
    lines: linesIn(form.kind, plan.after),
  }
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}

for (const form of FORMS) {
  describe(`the ${form.kind.label} of a Google bucket`, () => {
    it('is after all have left what strangers made it', () => {
      fc.assert(
        fc.property(form.strangers, stepsOf(form.wanted), (strangers, steps) => {
          const start: State = { cloud: strangers, lines: {} }
          const end = [...steps, new Map()].reduce((state, step) => pass(form, state, step), start)
          assert.equal(form.meaning(end.cloud), form.meaning(strangers))
        }),
      )
    })

    it('needs no second pass', () => {
      fc.assert(
        fc.property(form.strangers, stepsOf(form.wanted), (strangers, steps) => {
          let state: State = { cloud: strangers, lines: {} }
          for (const step of steps) {
            state = pass(form, state, step)
            assert.deepEqual(planIn(form, state, step).changes, [])
          }
        }),
      )
    })

    it('has what everybody wants, once at the most beside strangers’', () => {
      fc.assert(
        fc.property(form.strangers, stepsOf(form.wanted), (strangers, steps) => {
          const start: State = { cloud: strangers, lines: {} }
          const end = steps.reduce((state, step) => pass(form, state, step), start)
          const count = (cloud: Json, meaning: string) =>
            form.decode(cloud).entries.filter((entry) => form.kind.meaning(entry) === meaning).length
          for (const part of [...(steps.at(-1)?.values() ?? [])].flat()) {
            const meaning = form.kind.meaning({ part })
            assert.equal(count(end.cloud, meaning), Math.max(1, count(strangers, meaning)))
          }
        }),
      )
    })

    it('is not written where nothing changes', () => {
      fc.assert(
        fc.property(form.strangers, (strangers) => {
          assert.equal(form.encode(form.decode(strangers)), undefined)
        }),
      )
    })
  })
}

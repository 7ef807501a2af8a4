/** Google Cloud as JSON values, with the ledgers of integrations that the catalogue's recipes are resolved for. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import { customRoleKind, decodeCustomRole } from '../../src/clouds/gcp/custom-role.ts'
import { customRoleSteps } from '../../src/clouds/gcp/custom-role-steps.ts'
import { decodeGcsCors, encodeGcsCors, gcsCorsKind } from '../../src/clouds/gcp/gcs-cors.ts'
import {
  decodeGcsLifecycle,
  encodeGcsLifecycle,
  gcsLifecycleKind,
} from '../../src/clouds/gcp/gcs-lifecycle.ts'
import type { Document, DocumentKind, DocumentName } from '../../src/plan/document.ts'
import type { Json, JsonObject } from '../../src/plan/json.ts'
import { attributed, joinedLines, type LedgerLines, linesIn, ownLines } from '../../src/plan/ledger.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { type Participant, planTarget } from '../../src/plan/plan-target.ts'
import { aGcpAccount, aGcsVendor, MEMBER, onGcs, resolved } from './gcs-things.ts'
import { given } from './things.ts'

const shipped = (name: string): StorageVendor =>
  parse(readFileSync(new URL(`../../deploy/vendors/${name}.yaml`, import.meta.url), 'utf8'))

/** Two of the catalogue, and one with two custom roles and a lifecycle rule. */
export const VENDORS = {
  segments: shipped('segments-ai'),
  logpush: shipped('cloudflare-logpush'),
  acme: {
    ...aGcsVendor({ lifecycle: { rules: [{ name: 'tidy', expirationDays: 7 }] } }),
    metadata: { ...aGcsVendor().metadata, name: 'acme' },
  },
} as const

/** One integration with the bucket street-scenes. */
export interface Member {
  readonly name: string
  readonly vendor: keyof typeof VENDORS
  readonly prefix: string
  readonly access: string | undefined
  readonly stance: Stance
}

const INSTALLATION = 'test'

/** What the members ask of each target; who asks nothing of one leaves it. */
export function participantsAt(target: string, members: readonly Member[]): Participant[] {
  return members.map(({ name, vendor, prefix, access, stance }) => {
    const { claims, owner, fault } = resolved({
      vendor: VENDORS[vendor],
      account: aGcpAccount(),
      parameters: vendor === 'logpush' ? given({}) : given({ serviceAccount: MEMBER }),
      integration: onGcs(
        { vendor: VENDORS[vendor].metadata.name, access, gcs: { bucket: 'street-scenes', prefix } } as object,
        { name },
      ),
    })
    if (fault !== undefined) throw new Error(fault.message)
    const entries = claims.find((claim) => claim.target.name === target)?.entries ?? []
    return { owner, stance: entries.length === 0 && stance === 'Wants' ? 'Leaves' : stance, entries }
  })
}

/** One document in the cloud, and what each owner's ledger says of it. */
export interface Place {
  readonly cloud: Json | undefined
  readonly ledgers: Readonly<Record<string, LedgerLines>>
}

/** How one document stands in the cloud. */
export interface Form {
  readonly document: DocumentName
  readonly target: string
  readonly kind: DocumentKind
  decode(cloud: Json | undefined): Document
  /** The cloud after the document was sent. */
  send(cloud: Json | undefined, after: Document, before: Document): Json | undefined
}

const BUCKET = 'gs://street-scenes'
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value))

export const BUCKET_FORMS: readonly Form[] = [
  {
    ...{ document: 'BucketIam', target: BUCKET, kind: bucketIamKind as DocumentKind },
    decode: (cloud) => decodeBucketIam(cloud, { bucket: 'street-scenes', uniformAccess: true }),
    send: (cloud, after) => plain(encodeBucketIam(after as never) ?? cloud),
  },
  {
    ...{ document: 'Cors', target: BUCKET, kind: gcsCorsKind as DocumentKind },
    decode: (cloud) => decodeGcsCors(cloud, '1'),
    send: (cloud, after) => plain(encodeGcsCors(after as never) ?? cloud),
  },
  {
    ...{ document: 'Lifecycle', target: BUCKET, kind: gcsLifecycleKind as DocumentKind },
    decode: (cloud) => decodeGcsLifecycle(cloud ?? undefined, '1'),
    send: (cloud, after) => {
      const sent = encodeGcsLifecycle(after as never)
      return sent === undefined ? cloud : plain(sent)
    },
  },
]

/** A custom role of the project, which the cloud deletes softly. */
export function roleForm(target: string): Form {
  return {
    ...{ document: 'CustomRole', target, kind: customRoleKind as DocumentKind },
    decode: decodeCustomRole,
    send: (cloud, after, before) =>
      customRoleSteps(after as never, before as never).reduce<Json | undefined>((role, step) => {
        if (step.do === 'CreateRole') return plain({ name: target, ...step.role })
        const now = role as JsonObject
        if (step.do === 'DeleteRole') return { ...now, deleted: true }
        if (step.do === 'PatchRole') return plain({ ...now, ...step.role })
        const { deleted: _, ...rest } = now
        return rest
      }, cloud),
  }
}

/** The document with the marks that the members' ledgers give it. */
export function seen(
  { kind, target, decode }: Form,
  { cloud, ledgers }: Place,
  owners: readonly string[],
): Document {
  const lines = owners.map((owner) => ownLines(ledgers[owner] ?? {}, INSTALLATION, target, owner))
  return attributed(kind, decode(cloud), lines)
}

export function planFor(form: Form, place: Place, members: readonly Member[]): DocumentPlan {
  const participants = participantsAt(form.target, members)
  const document = seen(
    form,
    place,
    participants.map(({ owner }) => owner),
  )
  const entriesHere = participants.map((participant) => ({
    ...participant,
    entries: participant.entries.filter((entry) => entry.document === form.document),
  }))
  const [plan] = planTarget({
    installation: INSTALLATION,
    target: form.target,
    fresh: '',
    documents: [{ kind: form.kind, document }],
    participants: entriesHere,
  }).documents
  if (plan === undefined) throw new Error('no plan')
  return plan
}

/** Plans, writes, and brings the ledgers of those who were there to what was written. */
export function pass(form: Form, place: Place, members: readonly Member[]): Place {
  const { before, after, changes } = planFor(form, place, members)
  if (changes.length === 0) return place
  const lines = linesIn(form.kind, after)
  const owners = participantsAt(form.target, members).map(({ owner }) => owner)
  const now = owners.map((owner) => [owner, ownLines(lines, INSTALLATION, form.target, owner)])
  return {
    cloud: form.send(place.cloud, after, before),
    ledgers: { ...place.ledgers, ...Object.fromEntries(now) },
  }
}

/** Parts that no ledger lists, in order. */
export function strangersIn(form: Form, place: Place): unknown[] {
  const document = attributed(form.kind, form.decode(place.cloud), [
    joinedLines(...Object.values(place.ledgers)),
  ])
  return document.entries.filter((entry) => form.kind.mark(entry) === undefined).map((entry) => plain(entry))
}

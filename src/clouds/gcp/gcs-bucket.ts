import type { Document, DocumentName } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, Probe, TargetDriver } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { Preflight } from '../preflight.ts'
import type { Turns } from '../session-hooks.ts'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from './bucket-iam.ts'
import { lostRaceOn } from './document-faults.ts'
import type { ApiRequest, GcpApi } from './gcp-api.ts'
import { decodeGcsCors, encodeGcsCors, type GcsCorsEnvelope, gcsCorsKind } from './gcs-cors.ts'
import { checkCorsOrder } from './gcs-cors-order.ts'
import { checkGcsGrant } from './gcs-grant-checks.ts'
import {
  decodeGcsLifecycle,
  encodeGcsLifecycle,
  type GcsLifecycleEnvelope,
  gcsLifecycleKind,
} from './gcs-lifecycle.ts'
import type { MemberPart } from './iam-bindings.ts'
import { assertOwnBucket, type Project } from './identity.ts'
import { checkOwnRights } from './own-rights.ts'

/** What the buckets of one session have in common. */
export interface GcsSession {
  readonly api: GcpApi
  readonly preflight: Preflight
  /** The account's project; asked once. */
  readonly project: (signal: AbortSignal) => Promise<Project>
}

/**
 * What is asked for of a bucket: its documents, what they are guarded by, whose it is, and what could defeat a grant.
 * https://docs.cloud.google.com/storage/docs/json_api/v1/buckets#resource-representations
 */
const FIELDS = 'name,projectNumber,location,metageneration,cors,lifecycle,iamConfiguration,billing,ipFilter'

/** One bucket: its IAM policy, its CORS and its lifecycle configuration. Whose it is, is checked before anything is written. */
export class GcsBucket implements TargetDriver {
  readonly #bucket: string
  readonly #session: GcsSession
  /** One write a second. https://docs.cloud.google.com/storage/quotas ("bucket metadata updates per bucket") */
  readonly #pace: Turns
  #seen: JsonObject | undefined
  #read: readonly DocumentName[] = []
  /** The metageneration that our own write made of another one; null where its answer did not say. */
  readonly #after = new Map<string, string | null>()

  constructor(bucket: string, session: GcsSession, pace: Turns) {
    this.#bucket = bucket
    this.#session = session
    this.#pace = pace
  }

  /** Where both requests fail, the bucket's own failure is reported, whoever answers first. */
  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    const project = await this.#session.project(signal)
    const wantsPolicy = names.includes('BucketIam')
    const [bucket, policy] = await Promise.allSettled([
      this.#get(signal),
      wantsPolicy ? this.#getPolicy(signal) : undefined,
    ])
    if (bucket.status === 'rejected') throw bucket.reason
    if (policy.status === 'rejected') throw policy.reason
    this.#seen = bucket.value
    this.#read = [...new Set([...this.#read, ...names])]
    assertOwnBucket(project, this.#bucket, bucket.value.projectNumber)
    return names.map((name) => this.#decode(name, bucket.value, policy.value))
  }

  async write({ kind, after }: DocumentPlan, signal: AbortSignal): Promise<void> {
    switch (kind.name) {
      case 'BucketIam':
        return this.#writePolicy(encodeBucketIam(after as Document<LedgerEntry<MemberPart>>), signal)
      case 'Cors': {
        const { metageneration, read } = after.envelope as GcsCorsEnvelope
        const cors = encodeGcsCors(after as Document<LedgerEntry<JsonObject>>)
        return this.#patch('cors', cors?.length === 0 ? null : cors, { metageneration, read }, signal)
      }
      case 'Lifecycle': {
        const { metageneration, read } = after.envelope as GcsLifecycleEnvelope
        const lifecycle = encodeGcsLifecycle(after as Document<LedgerEntry<JsonObject>>)
        return this.#patch('lifecycle', lifecycle, { metageneration, read: read ?? {} }, signal)
      }
      default:
        throw foreignDocument(kind.name)
    }
  }

  facts(): Readonly<Record<string, string>> {
    const { location, projectNumber } = this.#seen ?? {}
    return {
      ...(typeof location === 'string' ? { location } : {}),
      ...(typeof projectNumber === 'string' ? { projectNumber } : {}),
    }
  }

  async probe(
    probe: Probe,
    signal: AbortSignal,
    seen: readonly ObservedDocument[] = [],
  ): Promise<readonly CheckResult[]> {
    if (probe.kind === 'CorsPreflight') {
      const answer = await this.#session.preflight.check(this.#bucket, '', probe, signal)
      return [answer, ...checkCorsOrder(probe, entriesOf<JsonObject>('Cors', seen))]
    }
    if (probe.kind !== 'GcsGrant' || this.#seen === undefined) return []
    const own = await checkOwnRights(
      this.#session.api,
      this.#bucket,
      this.#read.some((name) => name !== 'BucketIam'),
      signal,
    )
    const policy = entriesOf<MemberPart>('BucketIam', seen)
    return [...checkGcsGrant(probe, this.#bucket, this.#seen, policy), own]
  }

  #decode(name: DocumentName, bucket: JsonObject, policy: Json | undefined): ObservedDocument {
    const metageneration = textOf(bucket.metageneration)
    switch (name) {
      case 'BucketIam': {
        const document = decodeBucketIam(policy, {
          bucket: this.#bucket,
          uniformAccess: hasUniformAccess(bucket),
        })
        return observed({ kind: bucketIamKind, document })
      }
      case 'Cors':
        return observed({ kind: gcsCorsKind, document: decodeGcsCors(bucket.cors, metageneration) })
      case 'Lifecycle':
        return observed({
          kind: gcsLifecycleKind,
          document: decodeGcsLifecycle(bucket.lifecycle, metageneration),
        })
      default:
        throw foreignDocument(name)
    }
  }

  async #get(signal: AbortSignal): Promise<JsonObject> {
    const path = `${this.#path}?projection=noAcl&fields=${FIELDS}`
    const isAnswer = (answer: Json | undefined): boolean =>
      isJsonObject(answer) && answer.name === this.#bucket
    const answer = await this.#send({ operation: 'GetBucket', method: 'GET', path, isAnswer }, signal)
    return answer as JsonObject
  }

  #getPolicy(signal: AbortSignal): Promise<Json | undefined> {
    const path = `${this.#path}/iam?optionsRequestedPolicyVersion=3`
    return this.#send(
      { operation: 'GetBucketIamPolicy', method: 'GET', path, isAnswer: isGuardedPolicy },
      signal,
    )
  }

  async #writePolicy(policy: JsonObject | undefined, signal: AbortSignal): Promise<void> {
    if (policy === undefined) return
    await this.#pace.take(signal)
    const path = `${this.#path}/iam`
    await this.#send({ operation: 'SetBucketIamPolicy', method: 'PUT', path, body: policy }, signal)
    const metageneration = textOf(this.#seen?.metageneration)
    if (metageneration !== undefined) this.#after.set(metageneration, null)
  }

  async #patch(
    field: 'cors' | 'lifecycle',
    value: Json | undefined,
    was: { readonly metageneration: string | null; readonly read: Json },
    signal: AbortSignal,
  ): Promise<void> {
    if (value === undefined) return
    await this.#pace.take(signal)
    const guard = await this.#guard(field, was, signal)
    const condition = guard === null ? '' : `&ifMetagenerationMatch=${encodeURIComponent(guard)}`
    const path = `${this.#path}?projection=noAcl&fields=metageneration${condition}`
    const body = { [field]: value }
    const answer = await this.#send({ operation: 'PatchBucket', method: 'PATCH', path, body }, signal)
    if (guard === null) return
    this.#after.set(guard, (isJsonObject(answer) ? textOf(answer.metageneration) : undefined) ?? null)
  }

  /**
   * What the write is guarded by: what was read, or what our own writes since made of it. A policy's answer does not say
   * that, so the bucket is read once more, and the write goes on only if the document is what it was planned from.
   */
  async #guard(
    field: 'cors' | 'lifecycle',
    { metageneration, read }: { readonly metageneration: string | null; readonly read: Json },
    signal: AbortSignal,
  ): Promise<string | null> {
    let guard = metageneration
    for (let next: string | null | undefined; guard !== null; guard = next) {
      next = this.#after.get(guard)
      if (next === undefined) return guard
      if (next !== null) continue
      const fresh = await this.#get(signal)
      const empty = field === 'cors' ? [] : {}
      if (canonicalJson(fresh[field] ?? empty) !== canonicalJson(read)) throw lostRaceOn(this.#bucket)
      return textOf(fresh.metageneration) ?? null
    }
    return null
  }

  get #path(): string {
    return `/storage/v1/b/${encodeURIComponent(this.#bucket)}`
  }

  #send(request: Omit<ApiRequest, 'service'>, signal: AbortSignal): Promise<Json | undefined> {
    return this.#session.api.send({ service: 'storage', ...request }, { bucket: this.#bucket }, signal)
  }
}

/** Every policy has an etag, and without it a write would not be guarded. https://docs.cloud.google.com/iam/docs/allow-policies#etag */
function isGuardedPolicy(answer: Json | undefined): boolean {
  return isJsonObject(answer) && typeof answer.etag === 'string'
}

/** Its former name is `bucketPolicyOnly`, which the API still fills. */
function hasUniformAccess({ iamConfiguration }: JsonObject): boolean {
  const { uniformBucketLevelAccess: uniform, bucketPolicyOnly: former } = isJsonObject(iamConfiguration)
    ? iamConfiguration
    : {}
  return [uniform, former].some((setting) => isJsonObject(setting) && setting.enabled === true)
}

function entriesOf<Part>(
  name: DocumentName,
  seen: readonly ObservedDocument[],
): readonly LedgerEntry<Part>[] {
  const found = seen.find(({ kind }) => kind.name === name)
  return (found?.document.entries ?? []) as readonly LedgerEntry<Part>[]
}

function observed({
  kind,
  document,
}: {
  readonly kind: unknown
  readonly document: unknown
}): ObservedDocument {
  return { kind, document } as ObservedDocument
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function foreignDocument(name: DocumentName): Error {
  return new Error(`a Google Cloud Storage bucket has no document ${name}`)
}

import {
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3'
import type { Fault } from '../../api/fault.ts'
import type { Document, DocumentName } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import {
  type BucketRequirement,
  type CheckResult,
  foreignTarget,
  type Probe,
  type Requirement,
  type TargetDriver,
} from '../cloud.ts'
import type { Preflight } from '../preflight.ts'
import { bucketPolicyKind, decodeBucketPolicy, encodeBucketPolicy } from './bucket-policy.ts'
import type { BucketRequest } from './bucket-request.ts'
import { unmetIn } from './bucket-requirement.ts'
import { BucketSettings } from './bucket-settings.ts'
import { type CorsRule, corsKind, decodeCors } from './cors.ts'
import { isAbsentDocument } from './errors.ts'
import { checkGrant } from './grant-checks.ts'
import type { AwsOperation } from './iam-action.ts'
import type { Identity } from './identity.ts'
import type { KmsClients } from './kms-clients.ts'
import { decodeLifecycle, type LifecycleEnvelope, lifecycleKind } from './lifecycle.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'
import type { S3Clients } from './s3-clients.ts'
import type { Statement } from './statement.ts'

/** What the buckets of one session have in common. */
export interface BucketSession {
  readonly accountId: string
  readonly partition: string
  readonly isCustomEndpoint: boolean
  readonly s3: S3Clients
  readonly kms: KmsClients
  readonly preflight: Preflight
  readonly identity: (signal: AbortSignal) => Promise<Identity>
}

/** One S3 bucket: its policy, its CORS and its lifecycle configuration. Who we are is checked before anything is read or written. */
export class S3Bucket implements TargetDriver {
  readonly #bucket: string
  readonly #session: BucketSession
  /** The policy as read last; grants are checked against it. */
  #policy: Promise<Document<Statement>> | undefined
  /** As fresh as the documents: renewed with every read. */
  #settings: BucketSettings

  constructor(bucket: string, session: BucketSession) {
    this.#bucket = bucket
    this.#session = session
    this.#settings = this.#unreadSettings()
  }

  /** Where several fail, the first in order is reported, so that the message does not depend on who answers first. */
  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    await this.#session.identity(signal)
    this.#settings = this.#unreadSettings()
    const results = await Promise.allSettled(names.map((name) => this.#read(name, signal)))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  async write(plan: DocumentPlan, signal: AbortSignal): Promise<void> {
    switch (plan.kind.name) {
      case 'BucketPolicy':
        return this.#writePolicy(plan.after as Document<Statement>, signal)
      case 'Cors':
        return this.#writeCors(plan.after as Document<CorsRule>, signal)
      case 'Lifecycle':
        return this.#writeLifecycle(plan.after as Document<LifecycleRule>, signal)
      default:
        throw foreignDocument(plan.kind.name)
    }
  }

  facts(): Readonly<Record<string, string>> {
    return { region: this.#session.s3.regionOf(this.#bucket) }
  }

  async probe(probe: Probe, signal: AbortSignal): Promise<readonly CheckResult[]> {
    const { accountId, partition, preflight, s3 } = this.#session
    const region = s3.regionOf(this.#bucket)
    if (probe.kind === 'CorsPreflight') return [await preflight.check(this.#bucket, region, probe, signal)]
    if (probe.kind !== 'Grant') return []
    const policy = this.#policy ?? this.#readPolicy(signal)
    const place = { bucket: this.#bucket, accountId, partition, region }
    return checkGrant(probe, { place, policy, settings: this.#settings }, signal)
  }

  /** The bucket's own region is known once it has answered. */
  async unmet(requirement: Requirement, signal: AbortSignal): Promise<Fault | undefined> {
    if (!isOfBucket(requirement)) throw foreignTarget(requirement.target)
    await (this.#policy ?? this.#readPolicy(signal))
    return unmetIn(requirement, this.#session.s3.regionOf(this.#bucket), this.#settings, signal)
  }

  #unreadSettings(): BucketSettings {
    const { accountId, isCustomEndpoint, kms, identity } = this.#session
    return new BucketSettings({
      isCustomEndpoint,
      kms,
      ask: (operation, request, signal) => this.#send(operation, request, signal),
      who: async (signal) => ({ accountId, identity: (await identity(signal)).name }),
    })
  }

  async #read(name: DocumentName, signal: AbortSignal): Promise<ObservedDocument> {
    switch (name) {
      case 'BucketPolicy':
        return { kind: bucketPolicyKind, document: await this.#readPolicy(signal) }
      case 'Cors':
        return { kind: corsKind, document: decodeCors(await this.#readCors(signal)) }
      case 'Lifecycle':
        return { kind: lifecycleKind, document: await this.#readLifecycle(signal) }
      default:
        throw foreignDocument(name)
    }
  }

  #readPolicy(signal: AbortSignal): Promise<Document<Statement>> {
    this.#policy = this.#askPolicy(signal)
    return this.#policy
  }

  /** No policy only when S3 says so in words; an answer without a text is a text that is no policy. */
  async #askPolicy(signal: AbortSignal): Promise<Document<Statement>> {
    const answer = await this.#send(
      'GetBucketPolicy',
      (client, input, abort) =>
        client.send(new GetBucketPolicyCommand(input), abort).catch(absentAsUndefined),
      signal,
    )
    return decodeBucketPolicy(answer === undefined ? undefined : (answer.Policy ?? ''))
  }

  async #readCors(signal: AbortSignal): Promise<readonly CorsRule[] | undefined> {
    const answer = await this.#send(
      'GetBucketCors',
      (client, input, abort) => client.send(new GetBucketCorsCommand(input), abort).catch(absentAsUndefined),
      signal,
    )
    return answer?.CORSRules
  }

  async #readLifecycle(signal: AbortSignal): Promise<Document<LifecycleRule>> {
    const answer = await this.#send(
      'GetBucketLifecycleConfiguration',
      (client, input, abort) =>
        client.send(new GetBucketLifecycleConfigurationCommand(input), abort).catch(absentAsUndefined),
      signal,
    )
    return decodeLifecycle(answer)
  }

  async #writePolicy(document: Document<Statement>, signal: AbortSignal): Promise<void> {
    const Policy = encodeBucketPolicy(document)
    if (Policy === undefined) {
      await this.#send(
        'DeleteBucketPolicy',
        (client, input, abort) => client.send(new DeleteBucketPolicyCommand(input), abort),
        signal,
      )
      return
    }
    await this.#send(
      'PutBucketPolicy',
      (client, input, abort) => client.send(new PutBucketPolicyCommand({ ...input, Policy }), abort),
      signal,
    )
  }

  async #writeCors({ entries }: Document<CorsRule>, signal: AbortSignal): Promise<void> {
    if (entries.length === 0) {
      await this.#send(
        'DeleteBucketCors',
        (client, input, abort) => client.send(new DeleteBucketCorsCommand(input), abort),
        signal,
      )
      return
    }
    const CORSConfiguration = { CORSRules: entries.map(mutable) }
    await this.#send(
      'PutBucketCors',
      (client, input, abort) => client.send(new PutBucketCorsCommand({ ...input, CORSConfiguration }), abort),
      signal,
    )
  }

  async #writeLifecycle({ entries, envelope }: Document<LifecycleRule>, signal: AbortSignal): Promise<void> {
    if (entries.length === 0) {
      await this.#send(
        'DeleteBucketLifecycle',
        (client, input, abort) => client.send(new DeleteBucketLifecycleCommand(input), abort),
        signal,
      )
      return
    }
    const configuration = {
      LifecycleConfiguration: { Rules: entries },
      ...(envelope as LifecycleEnvelope | null),
    } as Pick<PutLifecycleInput, 'LifecycleConfiguration' | 'TransitionDefaultMinimumObjectSize'>
    await this.#send(
      'PutBucketLifecycleConfiguration',
      (client, input, abort) =>
        client.send(new PutBucketLifecycleConfigurationCommand({ ...input, ...configuration }), abort),
      signal,
    )
  }

  async #send<T>(operation: AwsOperation, request: BucketRequest<T>, signal: AbortSignal): Promise<T> {
    const { accountId, s3 } = this.#session
    const { name: identity } = await this.#session.identity(signal)
    const input = { Bucket: this.#bucket, ExpectedBucketOwner: accountId }
    const who = { accountId, identity }
    return s3.send(
      this.#bucket,
      operation,
      who,
      (client) => request(client, input, { abortSignal: signal }),
      signal,
    )
  }
}

function foreignDocument(name: DocumentName): Error {
  return new Error(`a bucket has no ${name}`)
}

function absentAsUndefined(error: unknown): undefined {
  if (isAbsentDocument(error)) return undefined
  throw error
}

/** The SDK's types want lists that may be changed; it does not change them. */
function mutable(rule: CorsRule): MutableRule {
  return rule as MutableRule
}

type PutLifecycleInput = ConstructorParameters<typeof PutBucketLifecycleConfigurationCommand>[0]

type MutableRule = NonNullable<
  NonNullable<ConstructorParameters<typeof PutBucketCorsCommand>[0]['CORSConfiguration']>['CORSRules']
>[number]

function isOfBucket(requirement: Requirement): requirement is BucketRequirement {
  return requirement.target.kind === 'S3Bucket'
}

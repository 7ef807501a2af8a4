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
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Document, DocumentName } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, Probe, TargetDriver } from '../cloud.ts'
import { bucketPolicyKind, decodeBucketPolicy, encodeBucketPolicy } from './bucket-policy.ts'
import { type CorsRule, corsKind, decodeCors } from './cors.ts'
import { isAbsentDocument } from './errors.ts'
import type { AwsOperation } from './iam-action.ts'
import type { Identity } from './identity.ts'
import { decodeLifecycle, type LifecycleEnvelope, lifecycleKind } from './lifecycle.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'
import type { Preflight } from './preflight.ts'
import type { S3Clients } from './s3-clients.ts'
import type { Statement } from './statement.ts'

/** What every request names. */
interface BucketInput {
  readonly Bucket: string
  /**
   * S3 refuses the request when the bucket is someone else's.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
   */
  readonly ExpectedBucketOwner: string
}

type Request<T> = (client: S3Client, input: BucketInput, abort: { abortSignal: AbortSignal }) => Promise<T>

/** One S3 bucket: its policy, its CORS and its lifecycle configuration. Who we are is checked before anything is read or written. */
export class S3Bucket implements TargetDriver {
  readonly #bucket: string
  readonly #accountId: string
  readonly #s3: S3Clients
  readonly #preflight: Preflight
  readonly #identity: (signal: AbortSignal) => Promise<Identity>

  constructor(
    bucket: string,
    accountId: string,
    s3: S3Clients,
    preflight: Preflight,
    identity: (signal: AbortSignal) => Promise<Identity>,
  ) {
    this.#bucket = bucket
    this.#accountId = accountId
    this.#s3 = s3
    this.#preflight = preflight
    this.#identity = identity
  }

  /** Where several fail, the first in order is reported, so that the message does not depend on who answers first. */
  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    await this.#identity(signal)
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
    return { region: this.#s3.regionOf(this.#bucket) }
  }

  async probe(probe: Probe, signal: AbortSignal): Promise<readonly CheckResult[]> {
    if (probe.kind === 'Grant') return []
    return [await this.#preflight.check(this.#bucket, this.#s3.regionOf(this.#bucket), probe, signal)]
  }

  async #read(name: DocumentName, signal: AbortSignal): Promise<ObservedDocument> {
    switch (name) {
      case 'BucketPolicy':
        return { kind: bucketPolicyKind, document: decodeBucketPolicy(await this.#readPolicy(signal)) }
      case 'Cors':
        return { kind: corsKind, document: decodeCors(await this.#readCors(signal)) }
      case 'Lifecycle':
        return { kind: lifecycleKind, document: await this.#readLifecycle(signal) }
      default:
        throw foreignDocument(name)
    }
  }

  /** Undefined only when S3 says in words that there is no policy; an answer without a text is a text that is no policy. */
  async #readPolicy(signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#send(
      'GetBucketPolicy',
      (client, input, abort) =>
        client.send(new GetBucketPolicyCommand(input), abort).catch(absentAsUndefined),
      signal,
    )
    return answer === undefined ? undefined : (answer.Policy ?? '')
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

  async #send<T>(operation: AwsOperation, request: Request<T>, signal: AbortSignal): Promise<T> {
    const { name: identity } = await this.#identity(signal)
    const input = { Bucket: this.#bucket, ExpectedBucketOwner: this.#accountId }
    const who = { accountId: this.#accountId, identity }
    return this.#s3.send(
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

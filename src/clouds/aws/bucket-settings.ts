import { GetKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import type { AskBucket, BucketRequest } from './bucket-request.ts'
import { isAbsentDocument, isNotOffered } from './errors.ts'
import type { Encryption } from './grant-encryption.ts'
import type { AwsOperation } from './iam-action.ts'
import type { KeyArn } from './key-arn.ts'
import { decodeKeyPolicy } from './key-policy.ts'
import type { KmsClients } from './kms-clients.ts'
import type { Caller } from './s3-clients.ts'
import type { Statement } from './statement.ts'

/** How a bucket's settings are asked for. */
export interface SettingsAccess {
  /** True for S3-compatible stores, which may lack a setting; undefined is answered for it then. */
  readonly isCustomEndpoint: boolean
  readonly ask: AskBucket
  readonly kms: KmsClients
  readonly who: (signal: AbortSignal) => Promise<Caller>
}

/**
 * Settings of one bucket that Mooring reads and never writes. Each is read when first asked for, and once; an instance
 * serves one look at the bucket. All methods throw FaultError.
 */
export class BucketSettings {
  readonly #access: SettingsAccess
  readonly #answers = new Map<string, Promise<unknown>>()

  constructor(access: SettingsAccess) {
    this.#access = access
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
  async encryption(signal: AbortSignal): Promise<Encryption | undefined> {
    const answer = await this.#setting(
      'GetBucketEncryption',
      (client, input, abort) => client.send(new GetBucketEncryptionCommand(input), abort),
      signal,
    )
    if (answer === 'NotOffered') return undefined
    const rules = answer?.ServerSideEncryptionConfiguration?.Rules ?? []
    const rule = rules.find((one) => one.ApplyServerSideEncryptionByDefault !== undefined)
    const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {}
    return { algorithm: SSEAlgorithm, key: KMSMasterKeyID }
  }

  /** RestrictPublicBuckets. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html */
  async restrictsPublicBuckets(signal: AbortSignal): Promise<boolean | undefined> {
    const answer = await this.#setting(
      'GetPublicAccessBlock',
      (client, input, abort) => client.send(new GetPublicAccessBlockCommand(input), abort),
      signal,
    )
    if (answer === 'NotOffered') return undefined
    return answer?.PublicAccessBlockConfiguration?.RestrictPublicBuckets === true
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html */
  async objectOwnership(signal: AbortSignal): Promise<{ readonly rule: string | undefined } | undefined> {
    const answer = await this.#setting(
      'GetBucketOwnershipControls',
      (client, input, abort) => client.send(new GetBucketOwnershipControlsCommand(input), abort),
      signal,
    )
    return answer === 'NotOffered'
      ? undefined
      : { rule: answer?.OwnershipControls?.Rules?.[0]?.ObjectOwnership }
  }

  /**
   * `Enabled` or `Suspended`; undefined for a bucket that never had versioning.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
   */
  async versioning(signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#setting(
      'GetBucketVersioning',
      (client, input, abort) => client.send(new GetBucketVersioningCommand(input), abort),
      signal,
    )
    return answer === 'NotOffered' ? undefined : answer?.Status
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html */
  async hasObjectLock(signal: AbortSignal): Promise<boolean> {
    const answer = await this.#setting(
      'GetObjectLockConfiguration',
      (client, input, abort) => client.send(new GetObjectLockConfigurationCommand(input), abort),
      signal,
    )
    return answer !== 'NotOffered' && answer?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled'
  }

  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html */
  async keyPolicy(key: KeyArn, signal: AbortSignal): Promise<readonly Statement[] | undefined> {
    const { kms, who } = this.#access
    const command = new GetKeyPolicyCommand({ KeyId: key.arn, PolicyName: 'default' })
    const answer = await this.#once(key.arn, async () => {
      const caller = await who(signal)
      return kms.send(
        key,
        'GetKeyPolicy',
        caller,
        (client) => client.send(command, { abortSignal: signal }).catch(this.#tolerated),
        signal,
      )
    })
    return answer === undefined || answer === 'NotOffered'
      ? undefined
      : decodeKeyPolicy(answer.Policy ?? '').entries
  }

  #setting<T>(
    operation: AwsOperation,
    request: BucketRequest<T>,
    signal: AbortSignal,
  ): Promise<T | undefined | 'NotOffered'> {
    const tolerant: BucketRequest<T | undefined | 'NotOffered'> = (client, input, abort) =>
      request(client, input, abort).catch(this.#tolerated)
    return this.#once(operation, () => this.#access.ask(operation, tolerant, signal))
  }

  #once<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(name)
    if (known !== undefined) return known as Promise<T>
    const answer = ask()
    this.#answers.set(name, answer)
    return answer
  }

  /** An absent setting is undefined; one that the store does not know at all is `NotOffered`. */
  readonly #tolerated = (error: unknown): undefined | 'NotOffered' => {
    if (isAbsentDocument(error)) return undefined
    if (this.#access.isCustomEndpoint && isNotOffered(error)) return 'NotOffered'
    throw error
  }
}

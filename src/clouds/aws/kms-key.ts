import { GetKeyPolicyCommand, type KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { Document, DocumentName } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, TargetDriver } from '../cloud.ts'
import type { AwsOperation } from './iam-action.ts'
import type { Identity } from './identity.ts'
import { type KeyArn, keyArnOf } from './key-arn.ts'
import { decodeKeyPolicy, encodeKeyPolicy, keyPolicyKind, suspectIn } from './key-policy.ts'
import type { KmsClients } from './kms-clients.ts'
import { invalidPrincipalFault } from './kms-faults.ts'
import type { Statement } from './statement.ts'

type Request<T> = (client: KMSClient, abort: { abortSignal: AbortSignal }) => Promise<T>

/**
 * One KMS key: its policy, which is written whole. KMS refuses one with which the writer could not write again; that check
 * is never bypassed.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html ("BypassPolicyLockoutSafetyCheck")
 */
export class KmsKey implements TargetDriver {
  readonly #arn: string
  readonly #accountId: string
  readonly #kms: KmsClients
  readonly #identity: (signal: AbortSignal) => Promise<Identity>

  constructor(
    arn: string,
    accountId: string,
    kms: KmsClients,
    identity: (signal: AbortSignal) => Promise<Identity>,
  ) {
    this.#arn = arn
    this.#accountId = accountId
    this.#kms = kms
    this.#identity = identity
  }

  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    const foreign = names.find((name) => name !== 'KeyPolicy')
    if (foreign !== undefined) throw new Error(`a KMS key has no ${foreign}`)
    if (names.length === 0) return []
    const { Policy } = await this.#send('GetKeyPolicy', (client, abort) => this.#get(client, abort), signal)
    return [{ kind: keyPolicyKind, document: decodeKeyPolicy(Policy ?? '') }]
  }

  async write({ kind, before, after }: DocumentPlan, signal: AbortSignal): Promise<void> {
    if (kind.name !== 'KeyPolicy') throw new Error(`a KMS key has no ${kind.name}`)
    const Policy = encodeKeyPolicy(after as Document<Statement>)
    const input = { KeyId: this.#arn, PolicyName: 'default', Policy }
    try {
      await this.#send(
        'PutKeyPolicy',
        (client, abort) => client.send(new PutKeyPolicyCommand(input), abort),
        signal,
      )
    } catch (error) {
      throw await this.#withSuspect(
        error,
        before as Document<Statement>,
        after as Document<Statement>,
        signal,
      )
    }
  }

  facts(): Readonly<Record<string, string>> {
    return {}
  }

  async probe(): Promise<readonly CheckResult[]> {
    return []
  }

  #get(client: KMSClient, abort: { abortSignal: AbortSignal }) {
    return client.send(new GetKeyPolicyCommand({ KeyId: this.#arn, PolicyName: 'default' }), abort)
  }

  async #send<T>(operation: AwsOperation, request: Request<T>, signal: AbortSignal): Promise<T> {
    const { name: identity } = await this.#identity(signal)
    const who = { accountId: this.#accountId, identity }
    const abort = { abortSignal: signal }
    return this.#kms.send(this.#key(), operation, who, (client) => request(client, abort), signal)
  }

  /**
   * KMS lets nobody read or write the policy of another account's key.
   * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html ("Cross-account use: No")
   */
  #key(): KeyArn {
    const key = keyArnOf(this.#arn)
    if (key === undefined) throw refused('InvalidParameter', `"${this.#arn}" is not the ARN of a KMS key.`)
    if (key.accountId === this.#accountId) return key
    throw refused(
      'AccessDenied',
      `key ${key.arn} belongs to account ${key.accountId}, and KMS lets no other account read or change its policy; the CloudAccount is of account ${this.#accountId}. Nothing was written.`,
    )
  }

  /** KMS does not say which principal it refuses; where only one can be meant, it is named. */
  async #withSuspect(
    error: unknown,
    before: Document<Statement>,
    after: Document<Statement>,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!(error instanceof FaultError) || error.fault.reason !== 'InvalidPrincipal') return error
    const suspect = error.fault.principal === undefined ? suspectIn(before, after) : undefined
    if (suspect === undefined) return error
    const { name: identity } = await this.#identity(signal)
    const call = this.#kms.callOf(this.#key(), 'PutKeyPolicy', { accountId: this.#accountId, identity })
    return invalidPrincipalFault(suspect, false, call)
  }
}

function refused(reason: 'InvalidParameter' | 'AccessDenied', message: string): FaultError {
  return new FaultError({ reason, message, retry: retryOf(reason) })
}

import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import type { AwsCall } from './aws-call.ts'
import type { AwsCaller } from './aws-caller.ts'
import type { AwsOperation } from './iam-action.ts'
import type { KeyArn } from './key-arn.ts'
import { dnsSuffixOf } from './partition.ts'
import type { Caller } from './s3-clients.ts'
import { fenceWrites } from './write-fence.ts'

/** What every KMS client of a session has in common. */
export type KmsOptions = Omit<KMSClientConfig, 'region'>

/** KMS clients, one per region: a key is asked for where its ARN says that it is. */
export class KmsClients {
  readonly #caller: AwsCaller
  readonly #endpoint: string | undefined
  readonly #options: KmsOptions
  readonly #fence: () => void
  readonly #clients = new Map<string, KMSClient>()

  /** @param endpoint where KMS is, instead of AWS' own addresses. */
  constructor(caller: AwsCaller, endpoint: string | undefined, options: KmsOptions, fence: () => void) {
    this.#caller = caller
    this.#endpoint = endpoint
    this.#options = options
    this.#fence = fence
  }

  /** True where KMS is not AWS' own; there may be none at all. */
  get isCustomEndpoint(): boolean {
    return this.#endpoint !== undefined
  }

  /** Sends one request. @throws FaultError */
  async send<T>(
    key: KeyArn,
    operation: AwsOperation,
    who: Caller,
    request: (client: KMSClient) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#caller.run(this.callOf(key, operation, who), () => request(this.#client(key.region)), signal)
  }

  /** For messages: what is asked of which key. */
  callOf({ arn, region }: KeyArn, operation: AwsOperation, who: Caller): AwsCall {
    const host =
      this.#endpoint === undefined ? `kms.${region}.${dnsSuffixOf(region)}` : new URL(this.#endpoint).host
    return { service: 'kms', operation, host, key: arn, region, ...who }
  }

  #client(region: string): KMSClient {
    const known = this.#clients.get(region)
    if (known !== undefined) return known
    const client = new KMSClient({ ...this.#options, region })
    fenceWrites(client, this.#fence)
    this.#clients.set(region, client)
    return client
  }
}

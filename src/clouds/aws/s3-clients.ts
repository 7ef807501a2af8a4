import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { refuseStrangeAnswers, s3Root } from './answer-form.ts'
import type { AwsCall } from './aws-call.ts'
import type { AwsCaller } from './aws-caller.ts'
import type { AwsOperation } from './iam-action.ts'
import type { S3Location } from './s3-location.ts'
import { refuseUnknownFields } from './unknown-fields.ts'
import { fenceWrites } from './write-fence.ts'
import { WrongRegionError } from './wrong-region.ts'

/** What every S3 client of a session has in common. */
export type S3Options = Omit<S3ClientConfig, 'region'>

/** Who asks, as error messages name it. */
export interface Caller {
  readonly accountId: string
  readonly identity: string
}

/**
 * S3 clients, one per region. A bucket's region is found by itself: the home region is asked first, and where S3
 * says that the bucket is elsewhere the request is repeated there and the region remembered.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
 */
export class S3Clients {
  readonly #caller: AwsCaller
  readonly #location: S3Location
  readonly #options: S3Options
  readonly #fence: () => void
  readonly #clients = new Map<string, S3Client>()
  readonly #regions = new Map<string, string>()

  constructor(caller: AwsCaller, location: S3Location, options: S3Options, fence: () => void) {
    this.#caller = caller
    this.#location = location
    this.#options = options
    this.#fence = fence
  }

  /** The region of the bucket as far as it is known; the home region until S3 says otherwise. */
  regionOf(bucket: string): string {
    return this.#regions.get(bucket) ?? this.#location.homeRegion
  }

  /**
   * Sends one request, twice only when the bucket turns out to be in another region.
   *
   * @throws FaultError; WrongRegion only when the bucket is not found where S3 says it is.
   */
  async send<T>(
    bucket: string,
    operation: AwsOperation,
    who: Caller,
    request: (client: S3Client) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const attempt = (region: string): Promise<T> => {
      const call: AwsCall = {
        service: 's3',
        operation,
        host: this.#location.host(region),
        bucket,
        region,
        ...who,
      }
      return this.#caller.run(call, () => request(this.#client(region)), signal)
    }
    const region = this.regionOf(bucket)
    try {
      return await attempt(region)
    } catch (error) {
      if (!(error instanceof WrongRegionError) || error.region === undefined || error.region === region)
        throw error
      this.#regions.set(bucket, error.region)
      return attempt(error.region)
    }
  }

  #client(region: string): S3Client {
    const known = this.#clients.get(region)
    if (known !== undefined) return known
    const client = new S3Client({ ...this.#options, region })
    fenceWrites(client, this.#fence)
    refuseUnknownFields(client)
    refuseStrangeAnswers(client, s3Root)
    this.#clients.set(region, client)
    return client
  }
}

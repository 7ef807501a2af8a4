import { dnsSuffixOf } from './partition.ts'

/** Where S3 is asked: AWS' own addresses, or one endpoint for everything. */
export class S3Location {
  readonly homeRegion: string
  readonly #endpoint: URL | undefined

  constructor(homeRegion: string, endpoint: string | undefined) {
    this.homeRegion = homeRegion
    this.#endpoint = endpoint === undefined ? undefined : new URL(endpoint)
  }

  /** For people: `s3.eu-west-1.amazonaws.com`, `127.0.0.1:4566`. */
  host(region: string): string {
    return this.#endpoint?.host ?? `s3.${region}.${dnsSuffixOf(region)}`
  }

  /**
   * The address that a browser uses for an object: virtual-hosted, or by path where the bucket's name has dots (no
   * certificate fits it) or the endpoint is a custom one. `key` needs no escaping.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
   */
  objectUrl(bucket: string, region: string, key: string): string {
    if (this.#endpoint !== undefined) {
      return `${this.#endpoint.origin}${this.#endpoint.pathname.replace(/\/$/, '')}/${bucket}/${key}`
    }
    const host = this.host(region)
    return bucket.includes('.') ? `https://${host}/${bucket}/${key}` : `https://${bucket}.${host}/${key}`
  }
}

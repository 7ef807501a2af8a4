/** What a session needs of CloudAccount.spec.gcp. */
export interface GcpAccountSpec {
  /** ID, not number, of the project that the buckets belong to. */
  readonly projectId: string
  /** E-mail of a service account that the account's credentials act as; absent: they act for themselves. */
  readonly impersonateServiceAccount?: string | undefined
  /** The project that requests are counted and billed to; absent: the one that the credentials belong to. */
  readonly quotaProjectId?: string | undefined
  readonly endpoints?: GcpEndpoints | undefined
}

/** Where Google's services are, instead of their own addresses: private access, emulators. */
export interface GcpEndpoints {
  readonly storage?: string | undefined
  readonly iam?: string | undefined
  readonly iamCredentials?: string | undefined
}

/** Used where CloudAccount.spec.requestsPerSecond is absent. */
export const DEFAULT_REQUESTS_PER_SECOND = 20

/** The base URLs in use, without a slash at the end. */
export interface GcpBases {
  readonly storage: string
  readonly iam: string
  readonly iamCredentials: string
}

/**
 * https://docs.cloud.google.com/storage/docs/json_api/v1, https://docs.cloud.google.com/iam/docs/reference/rest,
 * https://docs.cloud.google.com/iam/docs/reference/credentials/rest
 */
export function basesOf({ endpoints }: GcpAccountSpec): GcpBases {
  const base = (given: string | undefined, own: string): string => (given ?? own).replace(/\/+$/, '')
  return {
    storage: base(endpoints?.storage, 'https://storage.googleapis.com'),
    iam: base(endpoints?.iam, 'https://iam.googleapis.com'),
    iamCredentials: base(endpoints?.iamCredentials, 'https://iamcredentials.googleapis.com'),
  }
}

/** What a session needs of CloudAccount.spec.aws. */
export interface AwsAccountSpec {
  /** The 12 digits of the account that the buckets belong to. */
  readonly accountId: string
  /** Where requests go first; a bucket elsewhere is found by itself. */
  readonly region: string
  /** `aws`, `aws-cn`, `aws-us-gov`, …; absent: follows from the region. */
  readonly partition?: string | undefined
  readonly assumeRole?: AssumeRole | undefined
  /** Where S3 and STS are, instead of AWS' own addresses: S3-compatible stores, emulators, VPC endpoints. */
  readonly endpoint?: string | undefined
}

/** A role that the account's credentials take on before anything else. */
export interface AssumeRole {
  readonly roleArn: string
  readonly externalId?: string | undefined
  /** Absent: `mooring`. */
  readonly sessionName?: string | undefined
}

/** Used where CloudAccount.spec.requestsPerSecond is absent. */
export const DEFAULT_REQUESTS_PER_SECOND = 20

/** Used where assumeRole.sessionName is absent; constant, so that our ARN is the same after every start. */
export const DEFAULT_SESSION_NAME = 'mooring'

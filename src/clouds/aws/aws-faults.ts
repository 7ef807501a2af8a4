import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'

/** S3 refuses the whole policy because a principal in it does not exist. */
export class InvalidPrincipalError extends FaultError {
  /** The principal that S3 names: an ARN, account id or unique id (AROA…); absent where S3 names none. */
  readonly principal?: string

  constructor(message: string, principal: string | undefined) {
    super({ reason: 'InvalidPrincipal', message, retry: retryOf('InvalidPrincipal') })
    this.name = 'InvalidPrincipalError'
    if (principal !== undefined) this.principal = principal
  }
}

/** The request went to another region than the bucket's. */
export class WrongRegionError extends FaultError {
  /** The bucket's region, where S3 says it. */
  readonly region?: string

  constructor(message: string, region: string | undefined) {
    super({ reason: 'WrongRegion', message, retry: retryOf('WrongRegion') })
    this.name = 'WrongRegionError'
    if (region !== undefined) this.region = region
  }
}

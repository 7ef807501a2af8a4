import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'

/** The request went to another region than the bucket's. */
export class WrongRegionError extends FaultError {
  /** The bucket's region, where S3 says it. */
  readonly region: string | undefined

  constructor(message: string, region: string | undefined) {
    super({ reason: 'WrongRegion', message, retry: retryOf('WrongRegion') })
    this.name = 'WrongRegionError'
    this.region = region
  }
}

import type { CheckResult } from '../cloud.ts'
import type { Grant } from './grant-denies.ts'
import { actionExtent } from './grant-scope.ts'

/** True where the grant lets the grantee write objects. */
export function writesObjects({ actions }: Pick<Grant, 'actions'>): boolean {
  return grants(actions, 's3:PutObject')
}

/**
 * To whom the objects belong that a vendor's own account writes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 *
 * @param ownership as S3 says; undefined where the bucket has no ownership controls, which is as ObjectWriter.
 */
export function judgeOwnership(
  ownership: string | undefined,
  { actions }: Pick<Grant, 'actions'>,
): CheckResult {
  const name = 'ObjectOwnership'
  if (ownership === 'BucketOwnerEnforced') {
    const acl = grants(actions, 's3:PutObjectAcl')
      ? '; ACLs are disabled, so S3 takes no other ACL from the vendor than bucket-owner-full-control'
      : ''
    return { name, result: 'Passed', message: `what the vendor writes belongs to the bucket's owner${acl}` }
  }
  if (ownership === 'BucketOwnerPreferred') {
    const message =
      "what the vendor writes belongs to the bucket's owner if it is sent with the ACL bucket-owner-full-control (Object Ownership is BucketOwnerPreferred); with BucketOwnerEnforced it does in any case"
    return { name, result: 'Passed', message }
  }
  const is = ownership === undefined ? 'not set' : ownership
  const message = `what the vendor writes would belong to the vendor's account, and the bucket's owner could not read it (Object Ownership is ${is}). Set Object Ownership of the bucket to BucketOwnerEnforced`
  return { name, result: 'Failed', reason: 'ForeignObjectOwner', message }
}

function grants(actions: readonly string[], action: string): boolean {
  return actions.some((pattern) => actionExtent({ Action: pattern }, action) !== 'None')
}

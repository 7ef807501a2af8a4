import { isJsonObject } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import { type Test, testsOf } from './grant-condition.ts'
import { nameOf } from './grant-denies.ts'
import { type Statement, textsOf } from './statement.ts'

/**
 * Condition keys that, fixed to values, make a statement for everybody non-public; the principal's own keys count as
 * naming a principal.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
const FIXING =
  /^(?:aws:(?:sourceip|sourcearn|sourcevpc|sourcevpce|sourceowner|sourceaccount|userid|principal(?:arn|account|orgid|orgpaths|servicename))|s3:(?:x-amz-server-side-encryption-aws-kms-key-id|dataaccesspointarn|dataaccesspointaccount))$/

/** The first statement that makes the policy public, for people: `statement "Everybody"`; undefined when none does. */
export function publicStatementIn(statements: readonly Statement[]): string | undefined {
  const index = statements.findIndex(isPublic)
  const found = statements[index]
  return found === undefined ? undefined : nameOf(found, index)
}

/**
 * RestrictPublicBuckets shuts out every other account, named or not, while a bucket's policy is public.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html ("RestrictPublicBuckets")
 *
 * @param culprit the public statement.
 */
export function judgePublicAccess(culprit: string, isRestricted: boolean): CheckResult {
  const name = 'PublicAccess'
  if (!isRestricted) {
    const message = `${culprit} makes the bucket policy public, but the bucket's Block Public Access does not shut out other accounts for it; that of the whole account is not looked at`
    return { name, result: 'Passed', message }
  }
  const message = `the bucket's Block Public Access (RestrictPublicBuckets) shuts out every other account while its policy is public, and ${culprit} makes it so. Narrow or remove that statement`
  return { name, result: 'Failed', reason: 'GrantDefeated', message }
}

function isPublic(statement: Statement): boolean {
  if (statement.Effect !== 'Allow' || !isForEverybody(statement)) return false
  return !testsOf(statement).some(isFixed)
}

function isForEverybody({ Principal, NotPrincipal }: Statement): boolean {
  if (NotPrincipal !== undefined) return true
  if (Principal === undefined) return false
  return (isJsonObject(Principal) ? Object.values(Principal) : [Principal]).flatMap(textsOf).includes('*')
}

/** A fixed value has no wildcard and no policy variable; an access point's ARN may have some, if its account is fixed. */
function isFixed({ operator, key, values }: Test): boolean {
  const name = key.toLowerCase()
  if (!FIXING.test(name) || /not|ifexists|null/i.test(operator)) return false
  return values.every((value) =>
    name === 's3:dataaccesspointarn'
      ? /^arn:[^:*?]+:s3:[^:]*:\d{12}:/.test(value)
      : !/[*?]|\$\{/.test(value) && !/\/0$/.test(value),
  )
}

import type { CheckResult } from '../cloud.ts'
import type { Grant } from './grant-denies.ts'
import type { Place } from './grant-facts.ts'
import { type KeyAccess, keyAccessOf, keyActionsFor, lackingStatement } from './grant-key.ts'
import type { Grantee } from './grant-principals.ts'
import { type KeyArn, keyArnOf } from './key-arn.ts'
import type { Statement } from './statement.ts'

/** A bucket's default encryption, in the API's words; undefined where there is none. */
export interface Encryption {
  readonly algorithm: string | undefined
  /** Id, ARN or alias of a KMS key. */
  readonly key: string | undefined
}

/** With what new objects are encrypted. */
export type BucketKey =
  | { readonly kind: 'None' }
  | { readonly kind: 'AwsManaged' }
  | { readonly kind: 'Customer'; readonly key: KeyArn }
  | { readonly kind: 'Unnamed'; readonly text: string }

const NAME = 'BucketEncryption'

/**
 * The key that the bucket's default encryption names. A bare id is a key of the bucket's own region and account; no id, or
 * alias/aws/s3, is the AWS managed key.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
 */
export function bucketKeyOf({ algorithm, key }: Encryption, place: Place): BucketKey {
  if (!algorithm?.startsWith('aws:kms')) return { kind: 'None' }
  if (key === undefined || key === '' || /(?:^|:)alias\/aws\/s3$/.test(key)) return { kind: 'AwsManaged' }
  const { partition, region, accountId } = place
  const arn = key.includes(':') ? key : `arn:${partition}:kms:${region}:${accountId}:key/${key}`
  const found = keyArnOf(arn)
  return found === undefined ? { kind: 'Unnamed', text: key } : { kind: 'Customer', key: found }
}

/** The verdict that needs no look at a key policy; undefined where it does. Nobody needs a key to list. */
export function judgeWithoutKey(bucketKey: BucketKey, grant: Grant, place: Place): CheckResult | undefined {
  const actions = keyActionsFor(grant.actions)
  if (bucketKey.kind === 'None') return passed('new objects of the bucket are not encrypted with a KMS key')
  if (actions.length === 0) return passed('what is granted needs no KMS key')
  if (bucketKey.kind === 'AwsManaged') return judgeManaged(grant, actions, place)
  if (bucketKey.kind === 'Customer') return undefined
  return {
    name: NAME,
    result: 'Unknown',
    message: `new objects of the bucket are encrypted with KMS key "${bucketKey.text}", whose policy cannot be read by that name. Name the key by its ARN in the bucket's default encryption; its policy needs ${lackingStatement(actions, grant.grantees, place.region)}`,
  }
}

/**
 * No other account can be let use an AWS managed key, since its policy cannot be changed.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
 */
function judgeManaged({ grantees }: Grant, actions: readonly string[], place: Place): CheckResult {
  const foreign = grantees.filter(({ accountId }) => accountId !== place.accountId)
  if (foreign.length === 0)
    return passed(
      'new objects are encrypted with the AWS managed key aws/s3, which the role can use through S3',
    )
  return failed(
    `new objects of the bucket are encrypted with the AWS managed key aws/s3, which no other account can use: ${names(foreign)} cannot ${actions.join(', ')}. Encrypt the bucket with SSE-S3, or with a customer managed key whose policy has ${lackingStatement(actions, foreign, place.region)}`,
  )
}

/** For buckets with a customer managed key whose policy was read. */
export function judgeKeyPolicy(
  statements: readonly Statement[],
  grant: Grant,
  key: KeyArn,
  place: Place,
): CheckResult {
  const actions = keyActionsFor(grant.actions)
  const found = grant.grantees.flatMap((grantee) =>
    actions.map((action) => ({
      grantee,
      action,
      access: keyAccessOf(statements, action, grantee, grant.actions, key, place),
    })),
  )
  const lacking = found.filter(({ access }) => access !== 'Allowed' && access !== 'Unknown')
  const unknown = found.filter(({ access }) => access === 'Unknown')
  const [worst] = [...lacking, ...unknown]
  if (worst === undefined) return passed(`the policy of ${nameOf(key)} lets the grantee use it`)
  const same = [...lacking, ...unknown].filter(({ access }) => access === worst.access)
  const who = same.map(({ grantee }) => grantee).filter((one, at, all) => all.indexOf(one) === at)
  const statement = lackingStatement(actions, who, key.region)
  const message = sentenceFor(
    worst.access,
    names(who),
    [...new Set(same.map(({ action }) => action))],
    key,
    statement,
  )
  return worst.access === 'Unknown' ? { name: NAME, result: 'Unknown', message } : failed(message)
}

function sentenceFor(
  access: KeyAccess,
  who: string,
  actions: readonly string[],
  key: KeyArn,
  statement: string,
): string {
  const what = `new objects of the bucket are encrypted with ${nameOf(key)}, `
  switch (access) {
    case 'Denied':
      return `${what}whose policy denies ${who} ${actions.join(', ')}. Narrow that Deny; it also needs ${statement}`
    case 'NotInRole':
      return `${what}whose policy leaves it to IAM policies, and those of ${who} do not allow ${actions.join(', ')}. Let the vendor's recipe allow it, or add to the key policy ${statement}`
    case 'Unknown':
      return `${what}and whether its policy lets ${who} ${actions.join(', ')} hangs on conditions or principals that cannot be known from here. This would do: ${statement}`
    default:
      return `${what}which ${who} cannot use (${actions.join(', ')}). The key policy lacks ${statement}`
  }
}

/** For a key whose policy could not be read. @param why a sentence without a full stop. */
export function judgeUnreadKey(why: string, grant: Grant, key: KeyArn): CheckResult {
  const statement = lackingStatement(keyActionsFor(grant.actions), grant.grantees, key.region)
  const message = `new objects of the bucket are encrypted with ${nameOf(key)}, whose policy could not be read: ${why} The key policy must have a statement such as ${statement}`
  return { name: NAME, result: 'Unknown', message }
}

function nameOf({ arn }: KeyArn): string {
  return `KMS key ${arn}`
}

function names(grantees: readonly Grantee[]): string {
  return grantees.map(({ text }) => text).join(', ')
}

function passed(message: string): CheckResult {
  return { name: NAME, result: 'Passed', message }
}

function failed(message: string): CheckResult {
  return { name: NAME, result: 'Failed', reason: 'KeyAccessMissing', message }
}

import { type Facts, testsOf, truthOfAll } from './grant-condition.ts'
import { factsOf, type Place } from './grant-facts.ts'
import { type Grantee, matchOf } from './grant-principals.ts'
import { actionExtent } from './grant-scope.ts'
import type { KeyArn } from './key-arn.ts'
import { dnsSuffixOf } from './partition.ts'
import type { Statement } from './statement.ts'

/** Whether a key policy lets a grantee do something, as far as it can be known. */
export type KeyAccess =
  | 'Allowed'
  | 'Denied'
  | 'Missing'
  | 'Unknown'
  /** The key policy leaves it to the account's IAM policies, and the role's own do not allow it. */
  | 'NotInRole'

/**
 * What S3 does with the key for a grantee: to read an object, kms:Decrypt; to write one, kms:GenerateDataKey. Nothing for lists.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function keyActionsFor(actions: readonly string[]): string[] {
  const grants = (action: string): boolean =>
    actions.some((pattern) => actionExtent({ Action: pattern }, action) !== 'None')
  return [
    ...(grants('s3:GetObject') || grants('s3:GetObjectVersion') ? ['kms:Decrypt'] : []),
    ...(grants('s3:PutObject') ? ['kms:GenerateDataKey'] : []),
  ]
}

/**
 * Whether the key's policy lets the grantee do one thing.
 *
 * A principal of another account needs the key policy to name it or its account; what its own account allows it is the
 * vendor's matter. One of the key's own account needs the key policy to name it, or to name the account and its own
 * IAM policies to allow the action.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 *
 * @param granted what the grantee's own policies allow, as the recipe says; for roles of the key's account.
 */
export function keyAccessOf(
  statements: readonly Statement[],
  action: string,
  grantee: Grantee,
  granted: readonly string[],
  key: KeyArn,
  place: Place,
): KeyAccess {
  const facts = factsOf(grantee, place)
  const on = (effect: string) =>
    statements
      .filter((statement) => statement.Effect === effect && actionExtent(statement, action) !== 'None')
      .map((statement) => weightOf(statement, grantee, facts))
  const denials = on('Deny')
  if (denials.includes('Account') || denials.includes('Itself')) return 'Denied'
  const allowances = on('Allow')
  const isOwn = grantee.accountId === key.accountId
  const isAllowed = allowances.includes('Itself') || (allowances.includes('Account') && !isOwn)
  const hasOwn = granted.some((pattern) => actionExtent({ Action: pattern }, action) === 'All')
  const byIam = allowances.includes('Account') && isOwn
  if (isAllowed || (byIam && hasOwn)) return denials.includes('Unknown') ? 'Unknown' : 'Allowed'
  if (allowances.includes('Unknown')) return 'Unknown'
  return byIam ? 'NotInRole' : 'Missing'
}

/** What a statement weighs for the grantee: it takes it in by itself, with its whole account, perhaps, or not. */
function weightOf(
  statement: Statement,
  grantee: Grantee,
  facts: Facts,
): 'Itself' | 'Account' | 'Unknown' | 'None' {
  const match = matchOf(statement, grantee)
  const truth = truthOfAll(testsOf(statement), facts)
  if (match === 'None' || truth === 'False') return 'None'
  if (truth === 'Unknown' || match === 'Part' || match === 'Unknown') return 'Unknown'
  return match === 'Account' ? 'Account' : 'Itself'
}

/**
 * The statement that a key policy lacks, as JSON on one line. It lets the grantees use the key through S3 only. Uploads in
 * parts need kms:Decrypt, too.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
export function lackingStatement(
  actions: readonly string[],
  grantees: readonly Grantee[],
  region: string,
): string {
  const principals = grantees.map(({ text, kind, accountId }) =>
    kind === 'Account' && accountId !== undefined ? accountId : text,
  )
  return JSON.stringify({
    Effect: 'Allow',
    Principal: { AWS: principals },
    Action: actions.includes('kms:GenerateDataKey') ? ['kms:Decrypt', 'kms:GenerateDataKey'] : actions,
    Resource: '*',
    Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.${dnsSuffixOf(region)}` } },
  })
}

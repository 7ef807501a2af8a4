/** The policies that docs/aws-permissions.md has people give to Mooring, for an account of the test AWS. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../rig/cache.ts'
import type { Statement } from './stage.ts'

/** A statement of an identity policy as the page writes it. */
export interface PageStatement extends Statement {
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const page = readFileSync(join(repository, 'docs/aws-permissions.md'), 'utf8')
const everything = [...page.matchAll(/^```json\n(.*?)^```/gms)]
  .flatMap(([, text = '']): Statement[] => JSON.parse(text).Statement)
  .filter((statement) => !('Principal' in statement))
const isForAnotherAccount = ({ Action }: Statement) => Action === 'sts:AssumeRole'
const statements = everything.filter((one) => !isForAnotherAccount(one)) as PageStatement[]

/** All actions of the page but sts:AssumeRole, sorted. */
export const pageActions: readonly string[] = [...new Set(statements.flatMap(({ Action }) => Action))].sort()

/**
 * The page's policies with the account and its buckets put in, for a CloudAccount without `rolePath`.
 *
 * What the test AWS cannot check is written so that it allows: it knows a role by its name alone, asks for
 * iam:CreatePolicy on `*`, and knows no condition key of IAM (`iam:PermissionsBoundary`, `iam:PolicyARN`).
 *
 * @param buckets a pattern, `street-*`
 */
export function pagePermissions(accountId: string, buckets: string): PageStatement[] {
  return statements.map(({ Resource, Condition, ...statement }) => ({
    ...statement,
    Resource: statement.Action.includes('iam:CreatePolicy')
      ? ['*', ...Resource]
      : [...new Set(Resource.flatMap((arn) => resourcesFor(arn, accountId, buckets)))],
    ...(Condition && { Condition: knownConditions(Condition, accountId) }),
  }))
}

/** The statements that are left where only these actions are allowed. */
export function only(
  all: readonly PageStatement[],
  isAllowed: (action: string) => boolean,
): readonly PageStatement[] {
  return all
    .map((statement) => ({ ...statement, Action: statement.Action.filter(isAllowed) }))
    .filter(({ Action }) => Action.length > 0)
}

/** Without `rolePath` the page has `role/mooring-*` and exact names. */
function resourcesFor(arn: string, accountId: string, buckets: string): string[] {
  if (arn.startsWith('arn:aws:s3:::')) return [`arn:aws:s3:::${buckets}`]
  const own = arn.replace('123456789012', accountId).replace(/(role|policy)\/mooring\/\*$/, '$1/mooring-*')
  const cloudglue = own.replace(/ScaleAI-Integration$/, 'cloudglue-external-s3-access-role')
  return own === cloudglue ? [own] : [own, cloudglue]
}

function knownConditions(condition: NonNullable<PageStatement['Condition']>, accountId: string) {
  const known = Object.entries(condition).map(([operator, keys]) => {
    const kept = Object.keys(keys).filter((key) => !key.startsWith('iam:'))
    return [operator, Object.fromEntries(kept.map((key) => [key, accountId]))] as const
  })
  return Object.fromEntries(known.filter(([, keys]) => Object.keys(keys).length > 0))
}

/** What the page lets an identity do whose CloudAccounts have `assumeRole`. */
export function pageAssumeRole(roleArn: string): Statement[] {
  return everything.filter(isForAnotherAccount).map((statement) => ({ ...statement, Resource: roleArn }))
}

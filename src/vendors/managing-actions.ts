import { globMatches } from './glob.ts'

/**
 * Actions that manage a bucket instead of its objects: with them a vendor could open it, delete it, or take more than it
 * was given. PutBucketNotification is none of them: some vendors set up their own.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
const MANAGING_BUCKETS = [
  's3:putbucketpolicy',
  's3:deletebucketpolicy',
  's3:deletebucket',
  's3:createbucket',
  's3:putbucketacl',
  's3:putbucketcors',
  's3:putbucketversioning',
  's3:putbucketlogging',
  's3:putbucketownershipcontrols',
  's3:putbucketpublicaccessblock',
  's3:putaccountpublicaccessblock',
  's3:putbucketobjectlockconfiguration',
  's3:putencryptionconfiguration',
  's3:putlifecycleconfiguration',
  's3:putreplicationconfiguration',
  's3:putbuckettagging',
  's3:bypassgovernanceretention',
  's3:createaccesspoint',
  's3:putaccesspointpolicy',
  's3:deleteaccesspoint',
  's3:createjob',
]

/**
 * Actions that manage a KMS key instead of using it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
 */
const MANAGING_KEYS = [
  'kms:putkeypolicy',
  'kms:schedulekeydeletion',
  'kms:disablekey',
  'kms:deletealias',
  'kms:updatealias',
]

/** True for an action, or a pattern of actions, that lets somebody manage a bucket. */
export function managesBucket(action: string): boolean {
  return MANAGING_BUCKETS.some((managing) => globMatches(action.toLowerCase(), managing))
}

/** True for an action, or a pattern of actions, that lets somebody manage a key. */
export function managesKey(action: string): boolean {
  return MANAGING_KEYS.some((managing) => globMatches(action.toLowerCase(), managing))
}

import type { Facts } from './grant-condition.ts'
import type { Grantee } from './grant-principals.ts'
import { dnsSuffixOf } from './partition.ts'

/** Where the bucket is. */
export interface Place {
  readonly bucket: string
  /** Of the bucket, and of the CloudAccount. */
  readonly accountId: string
  readonly partition: string
  readonly region: string
}

/**
 * What is known of every request that the grantee makes: it is signed, goes over HTTPS with TLS 1.2 or later, and comes from
 * the account that the grantee's name says. Nothing is assumed of networks, organizations, tags and headers; but a principal
 * of the bucket owner's own account is taken to be in the organization that the owner's policies name.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/
 */
export function factsOf(grantee: Grantee, { accountId, bucket, partition, region }: Place): Facts {
  const facts = new Map<string, readonly string[] | 'Named'>([
    ['aws:securetransport', ['true']],
    ['s3:tlsversion', ['1.2', '1.3']],
    ['aws:resourceaccount', [accountId]],
    ['s3:resourceaccount', [accountId]],
    ['kms:viaservice', [`s3.${region}.${dnsSuffixOf(region)}`]],
    [
      'kms:encryptioncontext:aws:s3:arn',
      [`arn:${partition}:s3:::${bucket}`, `arn:${partition}:s3:::${bucket}/*`],
    ],
  ])
  if (grantee.accountId === undefined) return facts
  facts.set('aws:principalaccount', [grantee.accountId])
  facts.set('kms:calleraccount', [grantee.accountId])
  facts.set('aws:principalarn', [principalArn(grantee, partition)])
  facts.set('aws:principalisawsservice', ['false'])
  if (grantee.accountId === accountId) {
    facts.set('aws:principalorgid', 'Named')
    facts.set('aws:principalorgpaths', 'Named')
  }
  return facts
}

/**
 * For a session the ARN of its role, whose path its name does not say; for an account any principal of it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
function principalArn({ kind, text, accountId, role }: Grantee, partition: string): string {
  if (kind === 'Account') return `arn:${partition}:iam::${accountId}:*`
  return kind === 'Session' ? `arn:${partition}:iam::${accountId}:role/*${role}` : text
}

import type { IamRoleTarget, KmsKeyTarget, S3BucketTarget, Target } from '../clouds/cloud.ts'

/** What takes a target's name to the target: the store or partition that the account reaches, and whose account it is. */
export interface Reach {
  /** The partition, or the normalised endpoint where an account has one. */
  readonly store: string
  readonly partition: string
  readonly accountId: string
}

export function bucketTarget({ store }: Reach, bucket: string): S3BucketTarget {
  const name = `s3://${bucket}`
  return { key: `${name} at ${store}`, kind: 'S3Bucket', name, bucket }
}

/** A role of the account. Its path is left out of the name, since no two roles of an account differ in it alone. */
export function roleTarget({ store, partition, accountId }: Reach, role: string): IamRoleTarget {
  const name = `arn:${partition}:iam::${accountId}:role/${role}`
  return { key: `${name} at ${store}`, kind: 'IamRole', name, role }
}

export function keyTarget({ store }: Reach, keyArn: string): KmsKeyTarget {
  return { key: `${keyArn} at ${store}`, kind: 'KmsKey', name: keyArn, keyArn }
}

/**
 * The target of a key that was written down earlier (applied-at.ts), where this account reaches it; undefined for one
 * in another store or account, and for what is no key.
 */
export function targetOfPlace(reach: Reach, place: string): Target | undefined {
  const [name = '', store] = place.split(' at ')
  if (store !== reach.store) return undefined
  const bucket = /^s3:\/\/([^/]+)$/.exec(name)?.[1]
  if (bucket !== undefined) return bucketTarget(reach, bucket)
  const [, partition, service, account, id = ''] =
    /^arn:([^:]+):(iam|kms):[^:]*:(\d{12}):(?:role\/)?(.+)$/.exec(name) ?? []
  if (account !== reach.accountId || partition !== reach.partition) return undefined
  return service === 'iam' ? roleTarget(reach, id) : keyTarget(reach, name)
}

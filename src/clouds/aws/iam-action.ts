/** The AWS requests that Mooring makes, in the API's own names. */
export type AwsOperation =
  | 'GetBucketPolicy'
  | 'PutBucketPolicy'
  | 'DeleteBucketPolicy'
  | 'GetBucketCors'
  | 'PutBucketCors'
  | 'DeleteBucketCors'
  | 'GetCallerIdentity'
  | 'AssumeRole'
  | 'LoadCredentials'

/**
 * The permission that a request needs; not always the request's own name.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
const IAM_ACTIONS: Readonly<Record<AwsOperation, string>> = {
  GetBucketPolicy: 's3:GetBucketPolicy',
  PutBucketPolicy: 's3:PutBucketPolicy',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
  GetBucketCors: 's3:GetBucketCORS',
  PutBucketCors: 's3:PutBucketCORS',
  DeleteBucketCors: 's3:PutBucketCORS',
  GetCallerIdentity: 'sts:GetCallerIdentity',
  AssumeRole: 'sts:AssumeRole',
  LoadCredentials: 'sts:AssumeRoleWithWebIdentity',
}

/** The IAM action that allows the operation: `s3:GetBucketCORS`. */
export function iamActionOf(operation: AwsOperation): string {
  return IAM_ACTIONS[operation]
}

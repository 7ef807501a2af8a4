/** The AWS requests that Mooring makes, in the API's own names. */
export type AwsOperation =
  | 'GetBucketPolicy'
  | 'PutBucketPolicy'
  | 'DeleteBucketPolicy'
  | 'GetBucketCors'
  | 'PutBucketCors'
  | 'DeleteBucketCors'
  | 'GetBucketLifecycleConfiguration'
  | 'PutBucketLifecycleConfiguration'
  | 'DeleteBucketLifecycle'
  | 'GetBucketEncryption'
  | 'GetPublicAccessBlock'
  | 'GetBucketOwnershipControls'
  | 'GetBucketVersioning'
  | 'GetObjectLockConfiguration'
  | 'GetKeyPolicy'
  | 'PutKeyPolicy'
  | 'GetRole'
  | 'CreateRole'
  | 'UpdateRole'
  | 'DeleteRole'
  | 'TagRole'
  | 'UntagRole'
  | 'UpdateAssumeRolePolicy'
  | 'PutRolePermissionsBoundary'
  | 'ListRolePolicies'
  | 'GetRolePolicy'
  | 'PutRolePolicy'
  | 'DeleteRolePolicy'
  | 'ListAttachedRolePolicies'
  | 'AttachRolePolicy'
  | 'DetachRolePolicy'
  | 'GetPolicy'
  | 'GetPolicyVersion'
  | 'ListPolicyVersions'
  | 'CreatePolicy'
  | 'CreatePolicyVersion'
  | 'DeletePolicyVersion'
  | 'DeletePolicy'
  | 'GetCallerIdentity'
  | 'AssumeRole'
  | 'LoadCredentials'

/**
 * The permission that a request needs; not always the request's own name.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
 */
const IAM_ACTIONS: Readonly<Record<AwsOperation, string>> = {
  GetBucketPolicy: 's3:GetBucketPolicy',
  PutBucketPolicy: 's3:PutBucketPolicy',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
  GetBucketCors: 's3:GetBucketCORS',
  PutBucketCors: 's3:PutBucketCORS',
  DeleteBucketCors: 's3:PutBucketCORS',
  GetBucketLifecycleConfiguration: 's3:GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 's3:PutLifecycleConfiguration',
  DeleteBucketLifecycle: 's3:PutLifecycleConfiguration',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  GetBucketOwnershipControls: 's3:GetBucketOwnershipControls',
  GetBucketVersioning: 's3:GetBucketVersioning',
  GetObjectLockConfiguration: 's3:GetBucketObjectLockConfiguration',
  GetKeyPolicy: 'kms:GetKeyPolicy',
  PutKeyPolicy: 'kms:PutKeyPolicy',
  GetRole: 'iam:GetRole',
  CreateRole: 'iam:CreateRole',
  UpdateRole: 'iam:UpdateRole',
  DeleteRole: 'iam:DeleteRole',
  TagRole: 'iam:TagRole',
  UntagRole: 'iam:UntagRole',
  UpdateAssumeRolePolicy: 'iam:UpdateAssumeRolePolicy',
  PutRolePermissionsBoundary: 'iam:PutRolePermissionsBoundary',
  ListRolePolicies: 'iam:ListRolePolicies',
  GetRolePolicy: 'iam:GetRolePolicy',
  PutRolePolicy: 'iam:PutRolePolicy',
  DeleteRolePolicy: 'iam:DeleteRolePolicy',
  ListAttachedRolePolicies: 'iam:ListAttachedRolePolicies',
  AttachRolePolicy: 'iam:AttachRolePolicy',
  DetachRolePolicy: 'iam:DetachRolePolicy',
  GetPolicy: 'iam:GetPolicy',
  GetPolicyVersion: 'iam:GetPolicyVersion',
  ListPolicyVersions: 'iam:ListPolicyVersions',
  CreatePolicy: 'iam:CreatePolicy',
  CreatePolicyVersion: 'iam:CreatePolicyVersion',
  DeletePolicyVersion: 'iam:DeletePolicyVersion',
  DeletePolicy: 'iam:DeletePolicy',
  GetCallerIdentity: 'sts:GetCallerIdentity',
  AssumeRole: 'sts:AssumeRole',
  LoadCredentials: 'sts:AssumeRoleWithWebIdentity',
}

/** The IAM action that allows the operation: `s3:GetBucketCORS`. */
export function iamActionOf(operation: AwsOperation): string {
  return IAM_ACTIONS[operation]
}

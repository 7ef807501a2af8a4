import type { Fault } from '../api/fault.ts'
import type { Reason } from '../api/reasons.ts'
import type { DocumentName } from '../plan/document.ts'
import type { DocumentPlan } from '../plan/plan-document.ts'
import type { Claimed, ObservedDocument } from '../plan/plan-target.ts'

/**
 * The thing in a cloud that integrations share, e.g. a bucket. `key` is the queue key and the same for every
 * CloudAccount that reaches the same thing, so that one pass at a time touches it.
 */
export type Target =
  | S3BucketTarget
  | IamRoleTarget
  | KmsKeyTarget
  | GcsBucketTarget
  | CustomRoleTarget
  | StorageAccountTarget
  | ServicePrincipalTarget

interface NamedTarget {
  readonly key: string
  /** The cloud's own name, which takes part in ownership marks: s3://street-scenes, or an ARN. */
  readonly name: string
}

export interface S3BucketTarget extends NamedTarget {
  readonly kind: 'S3Bucket'
  readonly bucket: string
}

/** An IAM role. Role names are unique in an account whatever their path, so the path is no part of `name`. */
export interface IamRoleTarget extends NamedTarget {
  readonly kind: 'IamRole'
  readonly role: string
}

export interface KmsKeyTarget extends NamedTarget {
  readonly kind: 'KmsKey'
  /** `arn:aws:kms:eu-west-1:123456789012:key/…` */
  readonly keyArn: string
}

export interface GcsBucketTarget extends NamedTarget {
  readonly kind: 'GcsBucket'
  readonly bucket: string
}

/** A custom role of a Google Cloud project: `name` is projects/perception-prod/roles/mooring_reader. */
export interface CustomRoleTarget extends NamedTarget {
  readonly kind: 'CustomRole'
  readonly projectId: string
  readonly roleId: string
}

/** An Azure storage account: `name` is its resource id in lower case, since Azure's ids ignore case. */
export interface StorageAccountTarget extends NamedTarget {
  readonly kind: 'StorageAccount'
  readonly resourceGroup: string
  readonly storageAccount: string
}

/** The service principal of a vendor's application in the customer's tenant: `name` is TENANT/CLIENT-ID. */
export interface ServicePrincipalTarget extends NamedTarget {
  readonly kind: 'ServicePrincipal'
  readonly clientId: string
}

/** A target of another cloud than the session's: a bug of ours, never the user's fault. */
export function foreignTarget({ name }: Target): Error {
  return new Error(`${name} belongs to another cloud than this session`)
}

/** A read-only test, as a browser or vendor would make it, or of what defeats a grant. Equal probes are tried once a pass. */
export type Probe =
  | CorsPreflight
  | GrantProbe
  | RoleGrantProbe
  | GcsGrantProbe
  | CustomRoleProbe
  | BlobGrantProbe

export interface CorsPreflight {
  readonly kind: 'CorsPreflight'
  readonly origin: string
  readonly method: string
  readonly requestHeaders: readonly string[]
}

/**
 * What is granted on a bucket, to be held against everything that could defeat it: a Deny in the bucket's policy, Block
 * Public Access, Object Ownership, a KMS key that the grantee cannot use. It is looked at in mode Plan, too.
 */
export interface GrantProbe {
  readonly kind: 'Grant'
  /** ARNs and account ids: the vendor's principals, or the customer's own role that the vendor assumes. */
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  /** ARNs of this bucket and its objects. */
  readonly resources: readonly string[]
}

/**
 * Who is to assume a role and what it is to be able to do, to be held against everything in the role itself that could defeat
 * it: a Deny in its trust or in its policies. It is looked at in mode Plan, too.
 */
export interface RoleGrantProbe {
  readonly kind: 'RoleGrant'
  /** ARNs and account ids of the vendor, and identity providers. */
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  /** ARNs of buckets, objects and keys. */
  readonly resources: readonly string[]
}

/**
 * What is granted on a Google Cloud Storage bucket, to be held against the bucket's settings and against what else its
 * policy gives to the same members. Looked at in mode Plan, too.
 */
export interface GcsGrantProbe {
  readonly kind: 'GcsGrant'
  readonly grants: readonly MemberGrant[]
  /** Empty for the whole bucket. */
  readonly prefix: string
}

export interface MemberGrant {
  /** By its full name. */
  readonly role: string
  /** `serviceAccount:reader@vendor.iam.gserviceaccount.com` */
  readonly member: string
  readonly condition?: { readonly title: string; readonly description: string; readonly expression: string }
}

/** What a custom role is to permit, to be held against what it permits. Looked at in mode Plan, too. */
export interface CustomRoleProbe {
  readonly kind: 'CustomRoleGrant'
  readonly permissions: readonly string[]
}

/** What is granted on an Azure storage account, to be held against the account's settings. Looked at in mode Plan, too. */
export interface BlobGrantProbe {
  readonly kind: 'BlobGrant'
  /** Empty for the whole account. */
  readonly container: string
  /** What the vendor demands of the account: settings with which it does not work. */
  readonly demands: readonly ('PublicNetworkAccess' | 'NoHierarchicalNamespace')[]
  /** Application whose service principal is to get in; absent where the recipe names a principal by itself. */
  readonly clientId?: string
  /** Addresses (CIDR) from which the vendor connects, as far as they are known. */
  readonly sourceAddresses: readonly string[]
}

/** What must be there before anything is written for an integration, at this target or another. */
export type Requirement = BucketRequirement | AccountRequirement

/** That the storage account is there: a principal that nothing can be given to is not brought into the tenant. */
export interface AccountRequirement {
  readonly target: StorageAccountTarget
}

/** What a vendor demands of the bucket itself; looked at before anything is written for an integration, and never changed. */
export interface BucketRequirement {
  readonly target: S3BucketTarget
  /** The only regions that it may be in. */
  readonly regions?: readonly string[] | undefined
  readonly excludedRegions?: readonly string[] | undefined
  readonly versioning?: 'Enabled' | 'Disabled' | undefined
  readonly retention?: 'Forbidden' | undefined
}

/** One entry of status.checks. */
export interface CheckResult {
  readonly name: string
  readonly result: 'Passed' | 'Failed' | 'Unknown'
  readonly message: string
  /**
   * The condition's reason while this check fails, where waiting does not help; of an `Unknown` one it says only how soon it
   * is tried again. Not shown in status.checks.
   */
  readonly reason?: Reason | undefined
}

/**
 * One target, reached with one account's credentials. Every method throws FaultError (already translated: reason,
 * message naming the permission or field, retry class) and honours the abort signal and the fence.
 */
export interface TargetDriver {
  /**
   * Reads these documents of the target, in one read set. An absent document is an empty one.
   *
   * @param claimed what integrations want of the target, for what a document can only say of them: the service principal
   * that an application has in this tenant.
   */
  read(
    names: readonly DocumentName[],
    signal: AbortSignal,
    claimed?: readonly Claimed[],
  ): Promise<readonly ObservedDocument[]>
  /** Writes `plan.after` in one call; never deletes and puts. Call only when the plan has changes. */
  write(plan: DocumentPlan, signal: AbortSignal): Promise<void>
  /** What only the cloud knows of the target, as far as it was met: the bucket's own region. For placeholders. */
  facts(): Readonly<Record<string, string>>
  /** What this bucket lacks of what a vendor demands; undefined where it lacks nothing. Absent: nothing can be demanded of it. */
  unmet?(requirement: Requirement, signal: AbortSignal): Promise<Fault | undefined>
  /**
   * Tries one probe. Never throws for what the other side answers; `Unknown` when it could not be tried.
   *
   * @param seen the documents as last read, with the owners' marks also where the document has no room for them.
   */
  probe(
    probe: Probe,
    signal: AbortSignal,
    seen?: readonly ObservedDocument[],
  ): Promise<readonly CheckResult[]>
}

/** Work with one CloudAccount; made once per account and content of its credentials. */
export interface CloudSession {
  /** Who we are there, e.g. the caller's ARN. Checks that the credentials belong to the account that spec names. */
  identity(signal: AbortSignal): Promise<string>
  /** Facts that recipes can name in placeholders. */
  readonly facts: { readonly accountId: string; readonly partition: string; readonly region: string }
  open(target: Target): TargetDriver
  close(): void
}

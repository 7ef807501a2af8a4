import type { RetryClass } from './fault.ts'

interface ReasonEntry {
  /** One sentence: what the reason means. */
  readonly meaning: string
  /** One sentence: what the reader does next. */
  readonly next: string
  /** How a failure with this reason is tried again; absent where the reason is no failure. */
  readonly retry?: RetryClass
}

/**
 * Every reason that a condition can carry. `docs/reasons.md` is generated from this table and a test says
 * when it is behind. Names are CamelCase faults, as Kubernetes API conventions ask:
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md
 */
export const REASONS = {
  // — good —
  Verified: {
    meaning:
      'The access is applied, read back from the cloud, and every check that could be tried has passed.',
    next: 'Follow status.nextStep in the vendor’s own form.',
  },
  Applied: { meaning: 'The cloud’s document carries the entries, as read back.', next: 'Nothing.' },
  Adopted: {
    meaning:
      'An equal entry was there before; it satisfies the integration and stays when the integration goes.',
    next: 'Nothing.',
  },
  AccountReady: {
    meaning: 'The credentials work and belong to the account that spec names.',
    next: 'Nothing.',
  },
  RecipeValid: { meaning: 'The vendor’s recipe is complete and safe to apply.', next: 'Nothing.' },
  // — waiting —
  Progressing: { meaning: 'A pass is under way or about to start.', next: 'Wait a few seconds.' },
  Propagating: {
    meaning: 'The change is written and read back, but the cloud does not act on it everywhere yet.',
    next: 'Wait; it is checked again by itself.',
    retry: 'Backoff',
  },
  Planned: {
    meaning: 'mode is Plan: nothing was written; status.plan shows what Enforce would change.',
    next: 'Review status.plan, then set spec.mode to Enforce.',
  },
  Suspended: {
    meaning: 'spec.suspend is true: nothing is read, written or repaired.',
    next: 'Set spec.suspend to false to go on.',
  },
  Expired: {
    meaning: 'spec.expiresAt has passed; the access was taken away.',
    next: 'Move spec.expiresAt to a later time, or delete the object.',
  },
  Revoking: {
    meaning: 'The access is being taken away.',
    next: 'Wait; the object goes when the cloud shows no entry of it.',
  },
  AwaitingVendorInput: {
    meaning: 'The vendor has yet to hand out a value (its external ID, its service account).',
    next: 'Follow status.nextStep, then fill in spec.parameters.',
    retry: 'OnChange',
  },
  // — what the cluster says —
  NotAllowed: {
    meaning: 'No rule in the CloudAccount’s spec.allow matches this integration whole.',
    next: 'Ask the platform team for a rule in CloudAccount.spec.allow.',
    retry: 'OnChange',
  },
  NotSupported: {
    meaning: 'This version of Mooring cannot do what the spec or the vendor’s recipe asks for.',
    next: 'See the message for what works, and the changelog for what is coming.',
    retry: 'OnChange',
  },
  VendorNotFound: {
    meaning: 'There is no StorageVendor of the name in spec.vendor.',
    next: 'Apply the catalogue (deploy/vendors), or correct spec.vendor (delete and create anew).',
    retry: 'OnChange',
  },
  VendorInvalid: {
    meaning: 'The StorageVendor’s recipe is incomplete or unsafe, so nothing is made from it.',
    next: 'See the StorageVendor’s own Ready condition.',
    retry: 'OnChange',
  },
  AccountNotFound: {
    meaning: 'There is no CloudAccount of the name in spec.account, or none is marked as default.',
    next: 'Create it, or annotate one with mooring.dev/is-default-account: "true".',
    retry: 'OnChange',
  },
  TargetOutOfReach: {
    meaning:
      'Access was applied at a place that the CloudAccount no longer reaches (its endpoint changed, or another account became the default).',
    next: 'Point the account back; or, if it is the same storage under a new address, follow the message.',
    retry: 'OnChange',
  },
  InvalidSpec: {
    meaning: 'A field of spec has a value that the API server could not check and that cannot work.',
    next: 'Correct the field that the message names.',
    retry: 'OnChange',
  },
  InvalidParameter: {
    meaning:
      'A value in spec.parameters (or parametersFrom) is missing, unknown, or not of the vendor’s form.',
    next: 'Correct the parameter that the message names.',
    retry: 'OnChange',
  },
  SecretNotFound: {
    meaning: 'A Secret that spec refers to does not exist, or lacks the key.',
    next: 'Create the Secret, or correct the reference.',
    retry: 'Backoff',
  },
  SecretNotReadable: {
    meaning: 'Mooring may not read the Secret that spec refers to.',
    next: 'Give its ServiceAccount `get` on that Secret; the message has the command.',
    retry: 'Slow',
  },
  // — what the cloud says —
  CredentialsRejected: {
    meaning: 'The cloud refuses the account’s credentials, or there are none.',
    next: 'Renew the Secret in CloudAccount.spec.*.credentialsSecretRef, or the workload identity.',
    retry: 'Slow',
  },
  WrongAccount: {
    meaning: 'The credentials belong to another cloud account than the one spec names; nothing was written.',
    next: 'Correct the credentials or the account id of the CloudAccount.',
    retry: 'Slow',
  },
  AccessDenied: {
    meaning: 'The cloud does not let Mooring’s identity do what the message names.',
    next: 'Grant the permission that the message names (docs/aws-permissions.md, docs/gcp-permissions.md).',
    retry: 'Slow',
  },
  BucketNotFound: {
    meaning: 'The bucket does not exist.',
    next: 'Create the bucket, or correct its name (delete the integration and create it anew).',
    retry: 'Backoff',
  },
  KeyNotFound: {
    meaning: 'The KMS key does not exist.',
    next: 'Correct the key’s ARN, or restore the key.',
    retry: 'Backoff',
  },
  KeyNotUsable: {
    meaning:
      'The KMS key is disabled, being deleted, or otherwise in a state in which KMS refuses the request.',
    next: 'Enable the key, or cancel its deletion.',
    retry: 'Slow',
  },
  RoleNotFound: {
    meaning: 'The role of the vendor’s own that is to get a policy does not exist.',
    next: 'Set up what makes the role, or correct its name; it is looked for again by itself.',
    retry: 'Backoff',
  },
  WrongRegion: {
    meaning: 'The bucket lies in another region than the request went to.',
    next: 'Correct the CloudAccount’s region, or add an account for the bucket’s region.',
    retry: 'Slow',
  },
  Conflict: {
    meaning:
      'What this integration needs under a fixed name belongs to somebody else: a role or policy that Mooring did not make, or an older integration that needs it otherwise. It was not touched.',
    next: 'The message says who has it: give both the same values, use another account, or remove the other one.',
    retry: 'Slow',
  },
  PolicyTooLarge: {
    meaning:
      'With this integration’s statements the policy would exceed the cloud’s size limit; nothing was written.',
    next: 'Remove statements that are no longer needed, or merge integrations; the message has the sizes.',
    retry: 'Slow',
  },
  AwaitingConsent: {
    meaning:
      'The vendor’s application has no service principal in the tenant yet, and Mooring may not create it: an administrator must let it in.',
    next: 'Run the command in the message, or open the consent page that it names; it is looked for again by itself.',
    retry: 'Backoff',
  },
  StorageAccountNotFound: {
    meaning: 'The storage account, its resource group or the subscription does not exist.',
    next: 'Create it, or correct its name (delete the integration and create it anew).',
    retry: 'Backoff',
  },
  ContainerNotFound: {
    meaning: 'The container does not exist in the storage account.',
    next: 'Create the container, or correct its name (delete the integration and create it anew).',
    retry: 'Backoff',
  },
  UniformAccessNeeded: {
    meaning:
      'The grant needs an IAM condition (a prefix), and the bucket does not have uniform bucket-level access, without which Cloud Storage takes none.',
    next: 'Turn uniform bucket-level access on for the bucket (the message has the command), or leave the prefix out.',
    retry: 'Slow',
  },
  RequirementNotMet: {
    meaning:
      'The bucket is not as the vendor demands it (versioning, Object Lock); the vendor could not work with it.',
    next: 'Change what the message names, or use another bucket.',
    retry: 'Slow',
  },
  TooManyRules: {
    meaning:
      'With this integration’s rules the document would exceed the cloud’s limit of rules; nothing was written.',
    next: 'Remove rules that are no longer needed; the message has the counts.',
    retry: 'Slow',
  },
  QuotaExceeded: {
    meaning: 'A quota of the cloud account (roles, policies, versions) leaves no room.',
    next: 'Remove what is no longer needed, or ask the cloud for a higher quota; the message names it.',
    retry: 'Slow',
  },
  InvalidPrincipal: {
    meaning: 'The cloud refuses the whole document because a principal in it does not exist.',
    next: 'The message names the principal and its statement: correct the vendor’s recipe, or the stranger’s statement.',
    retry: 'Slow',
  },
  InvalidDocument: {
    meaning: 'The cloud refuses the document for a reason of form.',
    next: 'See the message; where the entry is Mooring’s, report it as a bug.',
    retry: 'Slow',
  },
  UnreadableDocument: {
    meaning: 'The document in the cloud cannot be taken apart without loss, so it is not touched.',
    next: 'See the message for what is not understood.',
    retry: 'Slow',
  },
  PlanRefused: {
    meaning: 'The plan would have changed an entry that Mooring did not make; it was thrown away.',
    next: 'Report it as a bug; nothing was written.',
    retry: 'Slow',
  },
  PublicAccessBlocked: {
    meaning: 'S3 Block Public Access refuses the policy as public.',
    next: 'Find the public statement that the message speaks of; Mooring itself writes none.',
    retry: 'Slow',
  },
  LostRace: {
    meaning: 'Someone else wrote the document at the same moment and ours was lost; it is written again.',
    next: 'Wait; if it goes on, see who else manages the document.',
    retry: 'Backoff',
  },
  Contended: {
    meaning: 'Another tool keeps removing what Mooring writes; Mooring has slowed down.',
    next: 'Stop the other tool (Terraform, ACK, …) from managing the whole document; the message names what was removed.',
    retry: 'Slow',
  },
  Throttled: {
    meaning: 'The cloud asks for fewer calls.',
    next: 'Wait; it is tried again by itself.',
    retry: 'Backoff',
  },
  CloudUnavailable: {
    meaning: 'The cloud could not be reached, or answered with an error of its own.',
    next: 'Wait; if it lasts, check the network, the endpoint and the cloud’s status page.',
    retry: 'Backoff',
  },
  InternalError: {
    meaning: 'Mooring met an error of its own; the log has its stack.',
    next: 'Report it as a bug with the log line; it is tried again by itself.',
    retry: 'Backoff',
  },
  // — verification —
  PreflightRefused: {
    meaning: 'A real CORS preflight from the vendor’s origin was refused although the rule is there.',
    next: 'See whether an earlier CORS rule, a proxy or a CDN answers first; the check’s message has the answer.',
    retry: 'Backoff',
  },
  GrantDefeated: {
    meaning:
      'The grant stands, but something else in the bucket’s settings wins over it: a Deny in its policy, or Block Public Access.',
    next: 'Narrow what the message names; Mooring changes nothing that it did not make.',
    retry: 'Slow',
  },
  GrantTooWide: {
    meaning:
      'The grant stands, but the vendor may do more than was asked for: somebody widened its role, or gave it the whole bucket besides.',
    next: 'Take away what the message names, or ask for it in spec; Mooring removes nothing that it did not make.',
    retry: 'Slow',
  },
  KeyAccessMissing: {
    meaning: 'The bucket is encrypted with a KMS key that the grantee cannot use.',
    next: 'Add the statement in the message to the key policy, or encrypt the bucket otherwise.',
    retry: 'Slow',
  },
  ForeignObjectOwner: {
    meaning: 'Objects that the vendor writes would belong to the vendor’s account.',
    next: 'Set Object Ownership of the bucket to BucketOwnerEnforced.',
    retry: 'Slow',
  },
  VerificationIncomplete: {
    meaning: 'A check could not be tried, so it is not known whether the access works.',
    next: 'See status.checks for what could not be tried and why.',
    retry: 'Backoff',
  },
} as const satisfies Readonly<Record<string, ReasonEntry>>

/** A condition's reason; the keys of {@link REASONS}. */
export type Reason = keyof typeof REASONS

/** How failures with this reason are tried again. */
export function retryOf(reason: Reason): RetryClass {
  const entry: ReasonEntry = REASONS[reason]
  return entry.retry ?? 'Backoff'
}

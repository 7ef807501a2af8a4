/**
 * Every step between an integration and its Ready=True, and on the way back: the places at which an operator can die. A walk
 * (crash-walk.ts) dies right before and right after each of them; that this list is whole, a run without a death shows.
 *
 * Steps of one lane come one after the other, lanes run beside each other. "read back" is the look after a write in the same
 * life; what is read before a write is no step, since a death there is one before the write.
 */

/** Steps of each lane, in their order. */
export type Lanes = Readonly<Record<string, readonly string[]>>

export interface CrashPoints {
  readonly apply: Lanes
  readonly revoke: Lanes
}

/**
 * Steps that are there on some days only, so nobody dies at them: where the cloud refuses a write, since the role that it names
 * does not show yet, the line that was listed before is taken back.
 */
export const SOMETIMES: readonly string[] = ['apply / bucket / cut BucketIam in the ledger']

/** What is written into the StorageIntegration itself. */
const coming = ['put on the finalizer', 'note the places'] as const
const OBJECT_GOES = ['take off the finalizer'] as const
const READY = 'say Ready'
/** Listed last in its lane. */
export const READ_BACK = 'read back'

export const AWS_CRASH_POINTS: CrashPoints = {
  apply: {
    'object documents': [...coming, READY],
    'object own': [...coming, 'note what was chosen', READY],
    'object other': [...coming, READY],
    bucket: ['PUT policy', 'PUT cors', 'PUT lifecycle', READ_BACK],
    key: ['PutKeyPolicy', READ_BACK],
    'own role': ['CreateRole', 'PutRolePolicy', 'CreatePolicy', 'AttachRolePolicy', READ_BACK],
    'role of others': ['TagRole', 'PutRolePolicy', READ_BACK],
  },
  revoke: {
    bucket: ['PUT policy', 'PUT cors', 'PUT lifecycle', READ_BACK],
    key: ['PutKeyPolicy', READ_BACK],
    'own role': ['DeleteRolePolicy', 'DetachRolePolicy', 'DeletePolicy', 'DeleteRole', READ_BACK],
    'role of others': ['DeleteRolePolicy', 'UntagRole', READ_BACK],
    'object documents': [...OBJECT_GOES],
    'object own': [...OBJECT_GOES],
    'object other': [...OBJECT_GOES],
  },
}

const lists = (document: string) => `list ${document} in the ledger`
const cuts = (document: string) => `cut ${document} in the ledger`

export const GCP_CRASH_POINTS: CrashPoints = {
  apply: {
    'object clips': [...coming, READY],
    bucket: [
      ...[lists('BucketIam'), 'setIamPolicy'],
      ...[lists('Cors'), 'patch cors'],
      ...[lists('Lifecycle'), 'patch lifecycle', READ_BACK],
    ],
    // What was deleted keeps its id: the second round brings it back.
    role: [lists('CustomRole'), 'create role', 'undelete role', 'patch role', READ_BACK],
  },
  revoke: {
    bucket: [
      ...['setIamPolicy', cuts('BucketIam')],
      ...['patch cors', cuts('Cors')],
      ...['patch lifecycle', cuts('Lifecycle'), READ_BACK],
    ],
    role: ['delete role', cuts('CustomRole'), READ_BACK],
    'object clips': [...OBJECT_GOES],
  },
}

export const AZURE_CRASH_POINTS: CrashPoints = {
  apply: {
    'object clips': [...coming, READY],
    // The account's lane looks for the principal with the same request, so its read-back cannot be told from that.
    principal: [lists('ServicePrincipal'), 'create principal'],
    account: [
      ...[lists('RoleAssignments'), 'put assignment'],
      ...[lists('Cors'), 'put blob service', READ_BACK],
    ],
  },
  revoke: {
    account: [
      ...['delete assignment', cuts('RoleAssignments')],
      ...['put blob service', cuts('Cors'), READ_BACK],
    ],
    principal: ['delete principal', cuts('ServicePrincipal')],
    'object clips': [...OBJECT_GOES],
  },
}

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import type { Reason } from '../../api/reasons.ts'
import type { GcpCall } from './gcp-call.ts'
import { toFaultError } from './gcp-errors.ts'
import { GoogleError } from './google-error.ts'

const WHO = 'mooring@perception-prod.iam.gserviceaccount.com'
const GET: GcpCall = {
  service: 'storage',
  operation: 'GetBucket',
  host: 'storage.googleapis.com',
  projectId: 'perception-prod',
  identity: WHO,
  bucket: 'clips',
}
const PATCH: GcpCall = { ...GET, operation: 'PatchBucket' }
const SET: GcpCall = { ...GET, operation: 'SetBucketIamPolicy' }
const { bucket: _, ...NO_BUCKET } = GET
const PROJECT: GcpCall = { ...NO_BUCKET, operation: 'GetStorageServiceAccount' }
const ROLE: GcpCall = {
  ...NO_BUCKET,
  service: 'iam',
  host: 'iam.googleapis.com',
  operation: 'CreateRole',
  role: 'projects/perception-prod/roles/reads',
}
const ACT: GcpCall = {
  ...NO_BUCKET,
  service: 'iamcredentials',
  host: 'iamcredentials.googleapis.com',
  operation: 'GenerateAccessToken',
  serviceAccount: 'other@p.iam.gserviceaccount.com',
}
const TOKEN: GcpCall = {
  ...NO_BUCKET,
  service: 'oauth2',
  host: 'oauth2.googleapis.com',
  operation: 'LoadCredentials',
}

/** As Cloud Storage answers. https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes */
const storage = (status: number, reason: string, message: string) =>
  new GoogleError(status, {
    error: { code: status, message, errors: [{ domain: 'global', reason, message }] },
  })
/** As IAM answers. https://google.aip.dev/193 */
const rpc = (code: number, status: string, message: string, details: readonly object[] = []) =>
  new GoogleError(code, { error: { code, status, message, details: details as never } })
/** As OAuth answers. */
const oauth = (status: number, error: string, error_description: string) =>
  new GoogleError(status, { error, error_description })

const DENIED = `${WHO} does not have storage.buckets.getIamPolicy access to the Google Cloud Storage bucket. Permission 'storage.buckets.getIamPolicy' denied on resource (or it may not exist).`
const DISABLED = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'SERVICE_DISABLED',
  metadata: { service: 'iam.googleapis.com', consumer: 'projects/123456789012' },
}

type Row = readonly [name: string, error: unknown, call: GcpCall, reason: Reason, message: RegExp]

const ROWS: readonly Row[] = [
  [
    'no such bucket',
    storage(404, 'notFound', 'The specified bucket does not exist.'),
    GET,
    'BucketNotFound',
    /bucket "clips" does not exist.*spec\.gcs\.bucket/,
  ],
  ['a bare 404', new GoogleError(404, undefined), GET, 'CloudUnavailable', /status 404/],
  [
    'no such project',
    storage(404, 'notFound', 'Unknown project id'),
    PROJECT,
    'InvalidSpec',
    /project "perception-prod" does not exist/,
  ],
  [
    'a role that is gone',
    rpc(404, 'NOT_FOUND', 'The role named x was not found.'),
    { ...ROLE, operation: 'PatchRole' },
    'Propagating',
    /does not know role/,
  ],
  [
    'no permission, in words',
    storage(403, 'forbidden', DENIED),
    GET,
    'AccessDenied',
    /may not storage\.buckets\.getIamPolicy on bucket "clips".*gcloud projects add-iam-policy-binding perception-prod --member=serviceAccount:mooring@/,
  ],
  [
    'no permission, in details',
    rpc(403, 'PERMISSION_DENIED', 'Denied', [
      { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: 'iam.roles.create' } },
    ]),
    ROLE,
    'AccessDenied',
    /may not iam\.roles\.create.*--role=projects\/perception-prod\/roles\/mooringRoles/,
  ],
  [
    'no permission, without words',
    storage(403, 'forbidden', ''),
    PATCH,
    'AccessDenied',
    /may not storage\.buckets\.update/,
  ],
  [
    'nobody to act as',
    rpc(403, 'PERMISSION_DENIED', 'x'),
    ACT,
    'AccessDenied',
    /may not act as service account other@.*roles\/iam\.serviceAccountTokenCreator/,
  ],
  [
    'an account that is not there to act as',
    rpc(404, 'NOT_FOUND', 'x'),
    ACT,
    'CredentialsRejected',
    /other@p/,
  ],
  [
    'an API that is off',
    rpc(403, 'PERMISSION_DENIED', 'x', [DISABLED]),
    ROLE,
    'AccessDenied',
    /gcloud services enable iam\.googleapis\.com --project=123456789012/,
  ],
  [
    'an API that is off, in words',
    storage(403, 'accessNotConfigured', 'x'),
    GET,
    'AccessDenied',
    /gcloud services enable storage\.googleapis\.com --project=perception-prod/,
  ],
  [
    'domain restricted sharing',
    storage(
      412,
      'conditionNotMet',
      'One or more users named in the policy do not belong to a permitted customer.',
    ),
    SET,
    'AccessDenied',
    /domain restricted sharing, constraints\/iam\.allowedPolicyMemberDomains/,
  ],
  [
    'another constraint',
    storage(
      412,
      'conditionNotMet',
      "Request violates constraint 'constraints/storage.uniformBucketLevelAccess'",
    ),
    PATCH,
    'AccessDenied',
    /constraints\/storage\.uniformBucketLevelAccess refuses PatchBucket/,
  ],
  [
    'a stale metageneration',
    storage(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.'),
    PATCH,
    'LostRace',
    /nothing was written/,
  ],
  [
    'a stale etag',
    storage(412, 'conditionNotMet', 'Precondition Failed'),
    SET,
    'LostRace',
    /refused SetBucketIamPolicy/,
  ],
  [
    'another failed precondition',
    storage(
      412,
      'conditionNotMet',
      'The member bindings allUsers are not allowed since public access prevention is enforced.',
    ),
    SET,
    'InvalidDocument',
    /public access prevention/,
  ],
  [
    'a condition without uniform access',
    storage(412, 'conditionNotMet', 'Conditions need uniform bucket-level access.'),
    SET,
    'UniformAccessNeeded',
    /gs:\/\/clips --uniform-bucket-level-access/,
  ],
  [
    'a race at IAM',
    rpc(409, 'ABORTED', 'There were concurrent policy changes.'),
    { ...ROLE, operation: 'PatchRole' },
    'LostRace',
    /role projects/,
  ],
  ['a role that was just made', rpc(409, 'ALREADY_EXISTS', 'exists'), ROLE, 'LostRace', /role projects/],
  [
    'an id that is taken',
    rpc(400, 'FAILED_PRECONDITION', "You can't create a role_id (reads) which has been marked for deletion."),
    ROLE,
    'Conflict',
    /37 days/,
  ],
  [
    'an id that is taken, in other words',
    rpc(
      400,
      'FAILED_PRECONDITION',
      "You can't create a role with role_id (reads) where there is an existing role with that role_id in a deleted state.",
    ),
    ROLE,
    'Conflict',
    /37 days/,
  ],
  [
    'a role that went while it was written',
    rpc(400, 'FAILED_PRECONDITION', "You can't update role_id (reads) which has been marked for deletion."),
    { ...ROLE, operation: 'PatchRole' },
    'LostRace',
    /nothing was written/,
  ],
  [
    'too many roles',
    rpc(429, 'RESOURCE_EXHAUSTED', 'Maximum number of roles reached. Maximum is: 300'),
    ROLE,
    'QuotaExceeded',
    /Maximum is: 300/,
  ],
  [
    'a permission that is none',
    rpc(400, 'INVALID_ARGUMENT', 'Permission storage.objects.foo is not valid.'),
    ROLE,
    'InvalidDocument',
    /storage\.objects\.foo/,
  ],
  [
    'a role of Google that is none',
    storage(400, 'invalid', 'Role roles/storage.viewer is not supported for this resource.'),
    SET,
    'InvalidDocument',
    /roles\/storage\.viewer/,
  ],
  [
    'a custom role that is not known',
    storage(400, 'invalid', 'Role projects/p/roles/reads is not supported for this resource.'),
    SET,
    'Propagating',
    /projects\/p\/roles\/reads/,
  ],
  [
    'too many principals',
    storage(400, 'invalid', 'The policy has 1501 principals. At most 1500 are allowed.'),
    SET,
    'PolicyTooLarge',
    /1501 principals/,
  ],
  [
    'Requester Pays',
    storage(400, 'required', 'Bucket is a requester pays bucket but no user project provided.'),
    GET,
    'AccessDenied',
    /quotaProjectId/,
  ],
  ['too many requests', storage(429, 'rateLimitExceeded', 'x'), PATCH, 'Throttled', /fewer requests/],
  [
    'too many requests, as 403',
    storage(403, 'userRateLimitExceeded', 'x'),
    GET,
    'Throttled',
    /fewer requests/,
  ],
  ['a busy service', new GoogleError(503, undefined), GET, 'Throttled', /status 503/],
  ['an error of theirs', storage(500, 'internalError', 'x'), GET, 'CloudUnavailable', /internalError/],
  [
    'a rejected token',
    storage(401, 'authError', 'Invalid Credentials'),
    GET,
    'CredentialsRejected',
    /Invalid Credentials/,
  ],
  [
    'a deleted key',
    oauth(400, 'invalid_grant', 'Invalid JWT Signature.'),
    TOKEN,
    'CredentialsRejected',
    /key was deleted.*clock/,
  ],
  [
    'a client that is none',
    oauth(401, 'invalid_client', 'x'),
    TOKEN,
    'CredentialsRejected',
    /invalid_client/,
  ],
  [
    'a token service that is down',
    new GoogleError(500, undefined),
    TOKEN,
    'CloudUnavailable',
    /oauth2\.googleapis\.com/,
  ],
  [
    'nobody there',
    Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    GET,
    'CloudUnavailable',
    /ECONNREFUSED/,
  ],
  [
    'a timeout',
    Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
    GET,
    'CloudUnavailable',
    /UND_ERR_HEADERS_TIMEOUT/,
  ],
  ['a page instead of JSON', new SyntaxError('x'), GET, 'CloudUnavailable', /not Google’s answer/],
  [
    'a read that is refused',
    storage(400, 'invalid', 'Invalid argument.'),
    GET,
    'CloudUnavailable',
    /Invalid argument/,
  ],
]

const NOT_WRITTEN: ReadonlySet<string> = new Set(['LostRace'])

describe('an answer of Google', () => {
  for (const [name, error, call, reason, message] of ROWS) {
    it(`that is ${name} is ${reason}`, () => {
      const known = toFaultError(error, call)
      assert.equal(known?.fault.reason, reason, known?.message)
      assert.match(known?.message ?? '', message)
      assert.equal(known?.fault.notWritten === true, NOT_WRITTEN.has(reason))
    })
  }

  const dead: readonly (readonly [string, string | undefined])[] = [
    [
      'Service account gone@v.iam.gserviceaccount.com does not exist.',
      'serviceAccount:gone@v.iam.gserviceaccount.com',
    ],
    ['User ann@example.com does not exist.', 'user:ann@example.com'],
    ['Group all@example.com does not exist.', 'group:all@example.com'],
    ['The member x is of an unknown type. Please set a valid type prefix for the member.', undefined],
  ]
  for (const [words, principal] of dead) {
    it(`that says "${words}" names ${principal ?? 'nobody'}`, () => {
      const known = toFaultError(storage(400, 'invalid', words), SET)
      assert.equal(known?.fault.reason, 'InvalidPrincipal')
      assert.equal(known?.fault.principal, principal)
    })
  }

  it('that says how long to wait passes it on', () => {
    const known = toFaultError(new GoogleError(429, undefined, '30'), GET)
    assert.equal(known?.fault.retryAfterMs, 30_000)
  })

  it('is told without tokens and keys', () => {
    const words = 'token ya29.abc and eyJhbGciOi.eyJpc3Mi.sig-X of Bearer q1w2e3'
    const known = toFaultError(storage(400, 'invalid', words), PATCH)
    assert.doesNotMatch(known?.message ?? '', /ya29\.abc|eyJ|q1w2e3/)
  })

  it('that is a fault already stays one, and a bug stays a bug', () => {
    const fault = new FaultError({ reason: 'Throttled', message: 'x', retry: 'Backoff' })
    assert.equal(toFaultError(fault, GET), fault)
    assert.equal(toFaultError(new TypeError('x is not a function'), GET), undefined)
  })
})

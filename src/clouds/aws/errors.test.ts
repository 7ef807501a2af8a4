import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import type { Fault } from '../../api/fault.ts'
import { FaultError } from '../../api/fault.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import { openSession } from '../index.ts'
import type { Answer, SeenRequest } from './answering-server.ts'
import { callerIdentity, s3Error, startAnsweringServer } from './answering-server.ts'
import { bucketPolicyKind } from './bucket-policy.ts'
import { corsKind } from './cors.ts'
import { toFaultError } from './errors.ts'

const never = new AbortController().signal
const ME = 'arn:aws:iam::123456789012:role/mooring'

interface Case {
  readonly name: string
  readonly during?: 'observe' | 'writePolicy' | 'deletePolicy' | 'writeCors' | 'deleteCors'
  readonly answer: Answer
  readonly reason: Fault['reason']
  /** The whole message; `HOST` stands for the server. */
  readonly message: string
  readonly retry?: Fault['retry']
  readonly retryAfterMs?: number
  readonly principal?: string
}

const CASES: readonly Case[] = [
  {
    name: 'a bucket that does not exist',
    answer: s3Error(
      404,
      'NoSuchBucket',
      'The specified bucket does not exist',
      '<BucketName>clips</BucketName>',
    ),
    reason: 'BucketNotFound',
    message: `bucket "clips" does not exist in account 123456789012 or is not readable by ${ME} (s3:GetBucketPolicy). Create it, or correct spec.s3.bucket.`,
    retry: 'Backoff',
  },
  {
    name: 'a missing permission, as S3 says it for short',
    answer: s3Error(403, 'AccessDenied', 'Access Denied'),
    reason: 'AccessDenied',
    message: `${ME} may not s3:GetBucketPolicy on bucket "clips". Allow s3:GetBucketPolicy on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
    retry: 'Slow',
  },
  {
    name: 'a missing permission, with the policy that refuses',
    during: 'writeCors',
    answer: s3Error(
      403,
      'AccessDenied',
      'User: arn:aws:sts::123456789012:assumed-role/mooring/i-0123 is not authorized to perform: s3:PutBucketCORS on resource: &quot;arn:aws:s3:::clips&quot; because no identity-based policy allows the s3:PutBucketCORS action',
    ),
    reason: 'AccessDenied',
    message: `${ME} may not s3:PutBucketCORS on bucket "clips": no identity-based policy allows the s3:PutBucketCORS action. Allow s3:PutBucketCORS on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
  },
  {
    name: 'an explicit deny',
    during: 'deletePolicy',
    answer: s3Error(
      403,
      'AccessDenied',
      'User: x is not authorized to perform: s3:DeleteBucketPolicy on resource: &quot;y&quot; with an explicit deny in a service control policy',
    ),
    reason: 'AccessDenied',
    message: `${ME} may not s3:DeleteBucketPolicy on bucket "clips": an explicit deny in a service control policy. Allow s3:DeleteBucketPolicy on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
  },
  {
    name: 'deleting CORS needs the permission to put it',
    during: 'deleteCors',
    answer: s3Error(403, 'AccessDenied', 'Access Denied'),
    reason: 'AccessDenied',
    message: `${ME} may not s3:PutBucketCORS on bucket "clips". Allow s3:PutBucketCORS on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
  },
  {
    name: 'a 403 without a body, as for HEAD and some proxies',
    answer: { status: 403 },
    reason: 'AccessDenied',
    message: `${ME} may not s3:GetBucketPolicy on bucket "clips". Allow s3:GetBucketPolicy on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
  },
  {
    name: 'a 405 for an identity outside the owner’s account',
    answer: s3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.'),
    reason: 'AccessDenied',
    message: `HOST does not allow GetBucketPolicy on bucket "clips" (MethodNotAllowed): ${ME} is not of the account that owns the bucket. Use a CloudAccount of that account.`,
  },
  {
    name: 'Block Public Access',
    during: 'writePolicy',
    answer: s3Error(
      403,
      'AccessDenied',
      'User: x is not authorized to perform: s3:PutBucketPolicy on resource: &quot;arn:aws:s3:::clips&quot; because public policies are blocked by the BlockPublicPolicy block public access setting.',
    ),
    reason: 'PublicAccessBlocked',
    message:
      'S3 Block Public Access refuses the policy of bucket "clips" as public (BlockPublicPolicy). Mooring writes no public statement: find the one in the bucket policy that is, and narrow it.',
    retry: 'Slow',
  },
  {
    name: 'a principal that does not exist',
    during: 'writePolicy',
    answer: s3Error(
      400,
      'MalformedPolicy',
      'Invalid principal in policy',
      '<Detail>&quot;AWS&quot; : &quot;arn:aws:iam::111122223333:role/gone&quot;</Detail>',
    ),
    reason: 'InvalidPrincipal',
    message:
      'S3 refuses the policy of bucket "clips" because principal "arn:aws:iam::111122223333:role/gone" in it does not exist. Correct or remove the statement that names it; nothing was written.',
    principal: 'arn:aws:iam::111122223333:role/gone',
    retry: 'Slow',
  },
  {
    name: 'a principal that does not exist and is not named',
    during: 'writePolicy',
    answer: s3Error(400, 'MalformedPolicy', 'Invalid principal in policy'),
    reason: 'InvalidPrincipal',
    message:
      'S3 refuses the policy of bucket "clips" because a principal in it does not exist. Correct or remove the statement that names it; nothing was written.',
  },
  {
    name: 'a malformed policy',
    during: 'writePolicy',
    answer: s3Error(
      400,
      'MalformedPolicy',
      'Policy has invalid resource',
      '<Detail>arn:aws:s3:::other/*</Detail>',
    ),
    reason: 'InvalidDocument',
    message:
      'S3 refuses PutBucketPolicy for bucket "clips" (MalformedPolicy): Policy has invalid resource (arn:aws:s3:::other/*)',
    retry: 'Slow',
  },
  {
    name: 'a policy beyond the limit',
    during: 'writePolicy',
    answer: s3Error(400, 'PolicyTooLarge', 'Policy exceeds the maximum allowed document size.'),
    reason: 'PolicyTooLarge',
    message:
      'S3 refuses the policy of bucket "clips" as too large; nothing was written. Remove entries that are no longer needed.',
  },
  {
    name: 'a CORS rule that S3 does not accept',
    during: 'writeCors',
    answer: s3Error(
      400,
      'InvalidRequest',
      'Found unsupported HTTP method in CORS config. Unsupported method is PATCH',
    ),
    reason: 'InvalidDocument',
    message:
      'S3 refuses PutBucketCors for bucket "clips" (InvalidRequest): Found unsupported HTTP method in CORS config. Unsupported method is PATCH',
  },
  {
    name: 'another change under way',
    during: 'writePolicy',
    answer: s3Error(
      409,
      'OperationAborted',
      'A conflicting conditional operation is currently in progress against this resource. Please try again.',
    ),
    reason: 'LostRace',
    message:
      'another change to bucket "clips" is under way, so S3 refused PutBucketPolicy (OperationAborted). It is tried again by itself.',
    retry: 'Backoff',
  },
  {
    name: 'too many requests, with the time to wait',
    answer: {
      ...s3Error(503, 'SlowDown', 'Please reduce your request rate.'),
      headers: { 'retry-after': '7' },
    },
    reason: 'Throttled',
    message:
      'HOST asks for fewer requests (SlowDown to GetBucketPolicy on bucket "clips"). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.',
    retry: 'Backoff',
    retryAfterMs: 7_000,
  },
  {
    name: 'a 429 of a proxy',
    answer: { status: 429 },
    reason: 'Throttled',
    message:
      'HOST asks for fewer requests (status 429 to GetBucketPolicy on bucket "clips"). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.',
  },
  {
    name: 'expired keys',
    answer: s3Error(
      400,
      'ExpiredToken',
      'The provided token has expired.',
      '<Token-0>IQoJb3JpZ2luX2VjEXAMPLE</Token-0>',
    ),
    reason: 'CredentialsRejected',
    message: 'HOST rejects the credentials (ExpiredToken to GetBucketPolicy): they have expired. Renew them.',
    retry: 'Slow',
  },
  {
    name: 'an unknown access key',
    answer: s3Error(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      '<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>',
    ),
    reason: 'CredentialsRejected',
    message:
      'HOST rejects the credentials (InvalidAccessKeyId to GetBucketPolicy): the access key is unknown, disabled, or belongs to another partition or a region that is not enabled.',
  },
  {
    name: 'a secret key that does not fit',
    answer: s3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      '<StringToSign>AWS4-HMAC-SHA256</StringToSign><SignatureProvided>abc</SignatureProvided>',
    ),
    reason: 'CredentialsRejected',
    message:
      'HOST rejects the credentials (SignatureDoesNotMatch to GetBucketPolicy): the secret access key does not belong to the access key id.',
  },
  {
    name: 'a wrong clock',
    answer: s3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      '<RequestTime>20261122T144657Z</RequestTime>',
    ),
    reason: 'CredentialsRejected',
    message:
      "HOST rejects the request because this machine's clock is wrong by more than AWS allows (RequestTimeTooSkewed). Set the node's clock (NTP); the credentials may be right.",
    retry: 'Backoff',
  },
  {
    name: 'another region that S3 does not name',
    answer: s3Error(
      301,
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint.',
      '<Endpoint>clips.s3.amazonaws.com</Endpoint>',
    ),
    reason: 'WrongRegion',
    message:
      'bucket "clips" is not in region eu-west-1 (PermanentRedirect), and S3 does not say where it is. Correct the region of the CloudAccount.',
    retry: 'Slow',
  },
  {
    name: 'a store without bucket policies',
    answer: s3Error(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented.',
    ),
    reason: 'NotSupported',
    message: 'the store at HOST does not offer GetBucketPolicy (NotImplemented), which Mooring needs.',
    retry: 'Slow',
  },
  {
    name: 'an error of S3 itself',
    answer: s3Error(500, 'InternalError', 'We encountered an internal error. Please try again.'),
    reason: 'CloudUnavailable',
    message:
      'HOST could not be asked for GetBucketPolicy on bucket "clips": InternalError. It is tried again by itself; if it lasts, check network, endpoint and region.',
    retry: 'Backoff',
  },
  {
    name: 'a proxy’s page',
    answer: { status: 502, body: '<html><body>Bad Gateway</body></html>' },
    reason: 'CloudUnavailable',
    message:
      'HOST could not be asked for GetBucketPolicy on bucket "clips": status 502. It is tried again by itself; if it lasts, check network, endpoint and region.',
  },
  {
    name: 'a bare 404, which does not say that the bucket is gone',
    answer: { status: 404, body: 'not found' },
    reason: 'CloudUnavailable',
    message:
      'HOST answered GetBucketPolicy on bucket "clips" with something that is not of AWS\' form (status 404). Check the endpoint of the CloudAccount and any proxy on the way.',
  },
  {
    name: 'a connection that breaks',
    answer: { status: 200, hangUp: true },
    reason: 'CloudUnavailable',
    message:
      'HOST could not be asked for GetBucketPolicy on bucket "clips": ECONNRESET. It is tried again by itself; if it lasts, check network, endpoint and region.',
  },
  {
    name: 'an error that nobody knew, without keys and ids in its text',
    answer: s3Error(
      400,
      'BrandNew',
      'AKIAIOSFODNN7EXAMPLE did something at 2026-11-22T14:46:57Z (Request ID: 4442587FB7D0A2F9)',
    ),
    reason: 'CloudUnavailable',
    message:
      'HOST refuses GetBucketPolicy on bucket "clips" (BrandNew): [removed] did something at [removed] ([removed])',
  },
]

describe('what S3 answers becomes a fault with reason, remedy and retry class', () => {
  for (const { name, during = 'observe', answer, ...expected } of CASES) {
    it(`${name} (${expected.reason})`, async (test) => {
      const { fault, host } = await faultFrom(test, during, answer)
      const message = fault.message.replaceAll(host, 'HOST')
      const { reason, retry, retryAfterMs, principal } = fault
      assert.deepEqual({ reason, message, ...pick({ retry, retryAfterMs, principal }, expected) }, expected)
      assert.doesNotMatch(JSON.stringify(fault), /4442587FB7D0A2F9|iRdqU|AKIA|IQoJ|AWS4-HMAC/)
    })
  }

  it('a bug of ours stays what it is', () => {
    const call = {
      service: 's3',
      operation: 'GetBucketPolicy',
      host: 'h',
      accountId: '1',
      identity: 'i',
    } as const
    assert.equal(toFaultError(new TypeError('x is not a function'), call), undefined)
  })
})

/** The fields that a case speaks of. */
function pick(fields: Record<string, unknown>, wanted: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key in wanted))
}

/** Lets the real SDK do what `during` says against a server that gives the answer. */
async function faultFrom(
  test: TestContext,
  during: NonNullable<Case['during']>,
  answer: Answer,
): Promise<{ readonly fault: Fault; readonly host: string }> {
  const server = await startAnsweringServer(test, (request) => respond(request, during, answer))
  const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint: server.endpoint }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' }
  const session = await openSession({ aws }, keys, { fence: () => undefined, onCall: () => undefined })
  test.after(() => session.close())
  const driver = session.open({ key: 'k', kind: 'S3Bucket', name: 's3://clips', bucket: 'clips' })
  const work =
    during === 'observe' ? driver.read(['BucketPolicy', 'Cors'], never) : driver.write(planFor(during), never)
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof FaultError, `${error}`)
  return { fault: error.fault, host: server.host }
}

function respond({ method, url }: SeenRequest, during: string, answer: Answer): Answer {
  if (method === 'POST')
    return callerIdentity('123456789012', 'arn:aws:sts::123456789012:assumed-role/mooring/i-0123')
  if (during === 'observe' && url.includes('cors')) return s3Error(404, 'NoSuchCORSConfiguration')
  return answer
}

function planFor(during: string): DocumentPlan {
  const kind = during.endsWith('Policy') ? bucketPolicyKind : corsKind
  const entries = during.startsWith('delete') ? [] : [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }]
  const after = { entries, envelope: {} }
  return { kind, before: after, after, changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
}

import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import type { CloudSession } from '../cloud.ts'
import { openSession } from '../index.ts'
import type { CloudCall } from '../session-hooks.ts'
import type { AwsAccountSpec } from './account.ts'
import {
  type Answer,
  type AnsweringServer,
  assumedRole,
  callerIdentity,
  type SeenRequest,
  s3Error,
  startAnsweringServer,
  stsError,
} from './answering-server.ts'

const never = new AbortController().signal
const SECRET = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI' }
const ROLE = 'arn:aws:iam::123456789012:role/mooring'

describe('credentials from a Secret', () => {
  for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    it(`are refused without ${key}, which is named, and show nothing of the rest`, async (test) => {
      await assert.rejects(open(test, healthy, { ...SECRET, [key]: ' ' }), (error) => {
        assert.ok(error instanceof FaultError)
        assert.equal(error.fault.reason, 'CredentialsRejected')
        assert.match(error.message, new RegExp(`has no value under ${key};`))
        assert.doesNotMatch(error.message, /AKIA|wJalr/)
        return true
      })
    })
  }

  it('sign every request, without the white space that editors leave', async (test) => {
    const { session, server } = await open(test, healthy, {
      ...SECRET,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE\n',
    })
    await observe(session)
    assert.deepEqual(new Set(server.seen.map(signer)), new Set(['AKIAIOSFODNN7EXAMPLE']))
  })

  it('may be temporary, with a session token', async (test) => {
    const { session, server } = await open(test, healthy, { ...SECRET, AWS_SESSION_TOKEN: 'token' })
    await observe(session)
    assert.ok(server.seen.every(({ headers }) => headers['x-amz-security-token'] === 'token'))
  })
})

describe('a role that the account takes on', () => {
  it('is assumed once for S3 and STS, with external ID and a constant session name', async (test) => {
    const { session, server, calls } = await open(test, withRole(later(3_600)), SECRET, {
      roleArn: ROLE,
      externalId: 'x-1',
    })
    await observe(session)
    const assumed = server.seen.filter(isAssumeRole)
    assert.equal(assumed.length, 1)
    const form = new URLSearchParams(assumed[0]?.body)
    assert.deepEqual(
      [form.get('RoleArn'), form.get('ExternalId'), form.get('RoleSessionName')],
      [ROLE, 'x-1', 'mooring'],
    )
    assert.deepEqual(assumed.map(signer), ['AKIAIOSFODNN7EXAMPLE'])
    assert.ok(
      server.seen
        .filter((request) => !isAssumeRole(request))
        .every((request) => signer(request) === 'ASIAROLE'),
    )
    assert.deepEqual(calls.map(({ operation }) => operation).sort(), [
      'AssumeRole',
      'GetBucketCors',
      'GetBucketPolicy',
      'GetCallerIdentity',
    ])
  })

  it('is renewed before its keys expire', async (test) => {
    const { session, server } = await open(test, withRole(later(240)), SECRET, { roleArn: ROLE })
    await observe(session)
    await observe(session)
    assert.ok(server.seen.filter(isAssumeRole).length > 1)
  })

  it('that may not be assumed is named, and is not mistaken for a missing S3 permission', async (test) => {
    const denied = stsError(
      403,
      'AccessDenied',
      `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
    )
    const { session } = await open(
      test,
      (request) => (isAssumeRole(request) ? denied : healthy(request)),
      SECRET,
      { roleArn: ROLE },
    )
    await assert.rejects(
      session.open(clips()).read(['BucketPolicy', 'Cors'], never),
      faultOf(
        'AccessDenied',
        `the given credentials may not take on role ${ROLE} (sts:AssumeRole). Allow sts:AssumeRole for it, and see that the role's trust policy names it and the same external ID.`,
      ),
    )
  })
})

describe('the ambient identity', () => {
  it('is IRSA where the pod has a token file, with a constant session name', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'mooring-irsa-'))
    test.after(() => rm(folder, { recursive: true }))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'a.web.token')
    setEnvironment(test, { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: ROLE })
    const { session, server, calls } = await open(test, withRole(later(3_600)), undefined)
    await observe(session)
    const form = new URLSearchParams(server.seen.find(isWebIdentity)?.body)
    assert.deepEqual(
      [form.get('RoleArn'), form.get('RoleSessionName'), form.get('WebIdentityToken')],
      [ROLE, 'mooring', 'a.web.token'],
    )
    assert.equal(server.seen.filter(isWebIdentity).length, 1)
    assert.deepEqual(calls.map(({ operation }) => operation).sort(), [
      'GetBucketCors',
      'GetBucketPolicy',
      'GetCallerIdentity',
    ])
  })

  it('that the role does not trust is reported as such', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'mooring-irsa-'))
    test.after(() => rm(folder, { recursive: true }))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'a.web.token')
    setEnvironment(test, { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: ROLE })
    const { session } = await open(
      test,
      () =>
        stsError(
          400,
          'InvalidIdentityToken',
          'No OpenIDConnect provider found in your account for https://oidc.example',
        ),
      undefined,
    )
    await assert.rejects(session.identity(never), (error) => {
      assert.ok(error instanceof FaultError, `${error}`)
      assert.equal(error.fault.reason, 'CredentialsRejected')
      assert.match(error.message, /the role does not trust the cluster’s identity provider/)
      return true
    })
  })

  it('may be keys in the environment', async (test) => {
    setEnvironment(test, { AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENT00000', AWS_SECRET_ACCESS_KEY: 'x' })
    const { session, server } = await open(test, healthy, undefined)
    await observe(session)
    assert.ok(server.seen.every((request) => signer(request) === 'AKIAENVIRONMENT00000'))
  })

  it('that is not there is said so, with what can be given', async (test) => {
    setEnvironment(test, {})
    const { session } = await open(test, healthy, undefined)
    await assert.rejects(
      session.identity(never),
      faultOf(
        'CredentialsRejected',
        'no AWS credentials were found: the CloudAccount has no credentialsSecretRef, and the pod has no ambient identity (IRSA, EKS Pod Identity, instance role, AWS_* variables). Give one of them.',
      ),
    )
  })

  it('that points to a token file which is not there is said so too', async (test) => {
    setEnvironment(test, { AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token', AWS_ROLE_ARN: ROLE })
    const { session } = await open(test, healthy, undefined)
    await assert.rejects(
      session.identity(never),
      (error) => error instanceof FaultError && error.fault.reason === 'CredentialsRejected',
    )
  })
})

/** For one test: only these AWS_* variables, no files of the developer's own, no instance metadata. */
function setEnvironment(test: TestContext, variables: Readonly<Record<string, string>>): void {
  const before = { ...process.env }
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_')))
    delete process.env[name]
  Object.assign(process.env, variables, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  })
  test.after(() => {
    process.env = before
  })
}

async function open(
  test: TestContext,
  answer: (request: SeenRequest) => Answer,
  secret: Readonly<Record<string, string>> | undefined,
  assumeRole?: AwsAccountSpec['assumeRole'],
): Promise<{
  readonly session: CloudSession
  readonly server: AnsweringServer
  readonly calls: CloudCall[]
}> {
  const server = await startAnsweringServer(test, answer)
  const calls: CloudCall[] = []
  const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint: server.endpoint, assumeRole }
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => void calls.push(call) }
  const session = await openSession({ aws }, secret, hooks)
  test.after(() => session.close())
  return { session, server, calls }
}

function healthy(request: SeenRequest): Answer {
  if (request.method === 'POST')
    return callerIdentity('123456789012', 'arn:aws:sts::123456789012:assumed-role/mooring/mooring')
  return s3Error(404, request.url.includes('cors') ? 'NoSuchCORSConfiguration' : 'NoSuchBucketPolicy')
}

function withRole(expiration: Date): (request: SeenRequest) => Answer {
  return (request) => {
    if (isAssumeRole(request)) return assumedRole('ASIAROLE', expiration, 'AssumeRole')
    if (isWebIdentity(request)) return assumedRole('ASIAROLE', expiration, 'AssumeRoleWithWebIdentity')
    return healthy(request)
  }
}

function isAssumeRole({ body }: SeenRequest): boolean {
  return new URLSearchParams(body).get('Action') === 'AssumeRole'
}

function isWebIdentity({ body }: SeenRequest): boolean {
  return new URLSearchParams(body).get('Action') === 'AssumeRoleWithWebIdentity'
}

/** The access key that the request was signed with. */
function signer({ headers }: SeenRequest): string | undefined {
  return /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1]
}

function later(seconds: number): Date {
  return new Date(Date.now() + seconds * 1_000)
}

function clips() {
  return { key: 'k', kind: 'S3Bucket', name: 's3://clips', bucket: 'clips' } as const
}

function observe(session: CloudSession): Promise<unknown> {
  return session.open(clips()).read(['BucketPolicy', 'Cors'], never)
}

function faultOf(reason: string, message: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FaultError, `${error}`)
    assert.equal(error.fault.reason, reason)
    assert.equal(error.message, message)
    return true
  }
}

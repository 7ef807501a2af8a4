import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import { type Fault, FaultError } from '../../api/fault.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { Target } from '../cloud.ts'
import { openSession } from '../index.ts'
import type { CloudCall } from '../session-hooks.ts'
import { type Answer, callerIdentity, type SeenRequest, startAnsweringServer } from './answering-server.ts'
import { decodeKeyPolicy, keyPolicyKind } from './key-policy.ts'

const never = new AbortController().signal
const ME = 'arn:aws:iam::123456789012:role/mooring'
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const VENDOR = 'arn:aws:iam::725579432336:role/WandbIntegration'
const ROOT = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:root' },
  Action: 'kms:*',
  Resource: '*',
}
const OURS = {
  Sid: 'MooringTest',
  Effect: 'Allow',
  Principal: { AWS: [VENDOR] },
  Action: ['kms:Decrypt'],
  Resource: '*',
}
const POLICY = JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [ROOT] })

describe('a KMS key', () => {
  it('is read where its ARN says that it is, and its whole policy is written back with ours', async (test) => {
    const { driver, seen, calls } = await openKey(test, () =>
      answer(200, { Policy: POLICY, PolicyName: 'default' }),
    )
    const [observed] = await driver.read(['KeyPolicy'], never)
    assert.deepEqual(observed?.document, decodeKeyPolicy(POLICY))
    await driver.write(plan([ROOT, OURS]), never)
    const [, read, write] = seen
    assert.match(String(read?.headers.authorization), /\/eu-central-1\/kms\//)
    assert.deepEqual(JSON.parse(read?.body ?? ''), { KeyId: KEY, PolicyName: 'default' })
    const { Policy, ...rest } = JSON.parse(write?.body ?? '')
    assert.deepEqual(rest, { KeyId: KEY, PolicyName: 'default' }, 'the lockout safety check stays on')
    assert.deepEqual(JSON.parse(Policy), {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [ROOT, OURS],
    })
    assert.deepEqual(
      calls.map(({ service, operation, result }) => `${service} ${operation} ${result}`),
      ['sts GetCallerIdentity ok', 'kms GetKeyPolicy ok', 'kms PutKeyPolicy ok'],
    )
    assert.deepEqual([driver.facts(), await driver.probe(PROBE, never)], [{}, []])
  })

  it('is not written when the fence says that another process leads', async (test) => {
    const lost = new FaultError({ reason: 'Progressing', message: 'another process leads', retry: 'Backoff' })
    const fence = (): void => {
      throw lost
    }
    const { driver, seen } = await openKey(test, () => answer(200, { Policy: POLICY }), { fence })
    await driver.read(['KeyPolicy'], never)
    await assert.rejects(driver.write(plan([ROOT, OURS]), never), lost)
    assert.equal(seen.length, 2)
  })

  const unasked: readonly (readonly [string, string, Fault['reason'], RegExp])[] = [
    [
      'of another account',
      KEY.replace('123456789012', '111122223333'),
      'AccessDenied',
      /belongs to account 111122223333, and KMS lets no other account.*the CloudAccount is of account 123456789012/,
    ],
    [
      'whose ARN is an alias',
      'arn:aws:kms:eu-central-1:123456789012:alias/clips',
      'InvalidParameter',
      /is not the ARN of a KMS key/,
    ],
  ]
  for (const [name, keyArn, reason, message] of unasked) {
    it(`${name} is not asked for`, async (test) => {
      const { driver, seen } = await openKey(test, () => answer(200, {}), { keyArn })
      await assert.rejects(driver.read(['KeyPolicy'], never), fault(reason, message))
      assert.equal(seen.length, 1)
    })
  }

  it('without a policy in the answer is not touched', async (test) => {
    const { driver } = await openKey(test, () => answer(200, {}))
    await assert.rejects(
      driver.read(['KeyPolicy'], never),
      fault('UnreadableDocument', /^the key policy cannot/),
    )
  })

  it('has no other document', async (test) => {
    const { driver } = await openKey(test, () => answer(200, {}))
    await assert.rejects(driver.read(['Cors'], never), /a KMS key has no Cors/)
    assert.deepEqual(await driver.read([], never), [])
  })
})

describe('what KMS refuses', () => {
  const invalid = 'Policy contains a statement with one or more invalid principals.'
  const cases: readonly (readonly [string, Answer, Fault['reason'], string])[] = [
    [
      'a missing permission',
      error(
        'AccessDeniedException',
        `User: x is not authorized to perform: kms:PutKeyPolicy on resource: ${KEY} because no resource-based policy allows the kms:PutKeyPolicy action`,
      ),
      'AccessDenied',
      `${ME} may not kms:PutKeyPolicy on key ${KEY}: no resource-based policy allows the kms:PutKeyPolicy action. Allow kms:PutKeyPolicy on that key for it, and see that the key policy lets it, or IAM policies of account 123456789012, decide.`,
    ],
    [
      'a key that does not exist',
      error('NotFoundException', `Key '${KEY}' does not exist`),
      'KeyNotFound',
      `key ${KEY} does not exist in account 123456789012. Correct the key's ARN, or restore the key.`,
    ],
    [
      'an ARN that it does not take, which is no sign that the key is gone',
      error('InvalidArnException', 'Invalid arn eu-central-1'),
      'InvalidParameter',
      `KMS does not take the ARN of key ${KEY} (InvalidArnException): Invalid arn eu-central-1`,
    ],
    [
      'a key that is being deleted',
      error('KMSInvalidStateException', `${KEY} is pending deletion.`),
      'KeyNotUsable',
      `key ${KEY} is in a state in which KMS refuses PutKeyPolicy (KMSInvalidStateException): ${KEY} is pending deletion. Enable it, or cancel its deletion.`,
    ],
    [
      'a policy that is too large',
      error('LimitExceededException', 'The policy is too large'),
      'PolicyTooLarge',
      `KMS refuses the policy of key ${KEY} as too large; nothing was written. Remove statements that are no longer needed.`,
    ],
    [
      'a policy that locks us out',
      error(
        'MalformedPolicyDocumentException',
        'The new key policy will not allow you to update the key policy in the future.',
      ),
      'InvalidDocument',
      `KMS refuses the policy of key ${KEY}, because with it ${ME} could not change that policy again (its lockout safety check). Allow kms:PutKeyPolicy for it in the key policy; nothing was written.`,
    ],
    [
      'a principal that it does not name, but only one is new',
      error('MalformedPolicyDocumentException', invalid),
      'InvalidPrincipal',
      `KMS refuses the policy of key ${KEY} because principal "${VENDOR}" in it does not exist, most likely. Correct or remove the statement that names it; nothing was written.`,
    ],
    [
      'a form that it does not take',
      error('MalformedPolicyDocumentException', 'Syntax error at 1:2'),
      'InvalidDocument',
      `KMS refuses PutKeyPolicy for key ${KEY} (MalformedPolicyDocumentException): Syntax error at 1:2`,
    ],
    [
      'too many requests',
      error('ThrottlingException', 'Rate exceeded'),
      'Throttled',
      'HOST asks for fewer requests (ThrottlingException to PutKeyPolicy on key KEY). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.',
    ],
    [
      'itself',
      error('KMSInternalException', 'x'),
      'CloudUnavailable',
      'HOST could not be asked for PutKeyPolicy on key KEY: KMSInternalException. It is tried again by itself; if it lasts, check network, endpoint and region.',
    ],
  ]
  for (const [name, refusal, reason, message] of cases) {
    it(`${name}: ${reason}`, async (test) => {
      const { driver, host } = await openKey(test, () => refusal)
      const text = message.replace('HOST', host).replace('key KEY', `key ${KEY}`)
      await assert.rejects(driver.write(plan([ROOT, OURS]), never), (thrown) => {
        assert.ok(thrown instanceof FaultError, String(thrown))
        assert.equal(thrown.fault.reason, reason)
        assert.equal(thrown.fault.message, text)
        assert.equal(thrown.fault.principal, reason === 'InvalidPrincipal' ? VENDOR : undefined)
        return true
      })
    })
  }
})

const PROBE = { kind: 'Grant', principals: [], actions: [], resources: [] } as const

function answer(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/x-amz-json-1.1' } }
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html */
function error(code: string, message: string): Answer {
  return answer(code === 'KMSInternalException' ? 500 : 400, { __type: code, message })
}

async function openKey(
  test: TestContext,
  kms: (request: SeenRequest) => Answer,
  { fence = () => undefined, keyArn = KEY }: { fence?: () => void; keyArn?: string } = {},
) {
  const { endpoint, host, seen } = await startAnsweringServer(test, (request) =>
    request.headers['x-amz-target'] === undefined
      ? callerIdentity('123456789012', 'arn:aws:sts::123456789012:assumed-role/mooring/i-0123')
      : kms(request),
  )
  const calls: CloudCall[] = []
  const spec = { aws: { accountId: '123456789012', region: 'eu-west-1', endpoint } }
  const credentials = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const session = await openSession(spec, credentials, { fence, onCall: (call) => calls.push(call) })
  test.after(() => session.close())
  const target: Target = { kind: 'KmsKey', key: 'k', name: keyArn, keyArn }
  return { driver: session.open(target), seen, calls, host }
}

function plan(entries: readonly object[]): DocumentPlan {
  const before = decodeKeyPolicy(POLICY)
  const nothing = { changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
  return { kind: keyPolicyKind, before, after: { ...before, entries }, ...nothing } as unknown as DocumentPlan
}

function fault(reason: string, message: RegExp): (thrown: unknown) => true {
  return (thrown) => {
    assert.ok(thrown instanceof FaultError, String(thrown))
    assert.equal(thrown.fault.reason, reason)
    assert.match(thrown.fault.message, message)
    return true
  }
}

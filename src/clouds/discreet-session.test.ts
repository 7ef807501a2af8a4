import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../api/fault.ts'
import type { CloudSession, S3BucketTarget, TargetDriver } from './cloud.ts'
import { discreet } from './discreet-session.ts'

const signal = new AbortController().signal
const target: S3BucketTarget = { kind: 'S3Bucket', key: 'k', name: 'n', bucket: 'b' }

/** A cloud that says this whatever it is asked. */
function echoing(said: string): CloudSession {
  const fault = { reason: 'InvalidDocument', message: `refused: ${said}`, retry: 'Slow' } as const
  const refuse = async (): Promise<never> => {
    throw new FaultError(fault)
  }
  const driver: TargetDriver = {
    read: refuse,
    write: refuse,
    facts: () => ({}),
    unmet: async () => fault,
    probe: async () => [{ name: 'CorsPreflight', result: 'Failed', message: said }],
  }
  return {
    identity: refuse,
    facts: { accountId: '1', partition: 'aws', region: 'eu-west-1' },
    open: () => driver,
    close: () => undefined,
  }
}

/** Everything that people may come to read of it. */
async function heard(session: CloudSession): Promise<string> {
  const driver = session.open(target)
  const failures = await Promise.allSettled([
    session.identity(signal),
    driver.read([], signal),
    driver.write(undefined as never, signal),
  ])
  const faults = failures.map((result) => result.status === 'rejected' && result.reason.fault.message)
  const unmet = await driver.unmet?.({ target }, signal)
  const checks = await driver.probe({ kind: 'CustomRoleGrant', permissions: [] }, signal)
  return JSON.stringify([faults, unmet, checks])
}

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEcanary-one\nQx==canary-two\n-----END PRIVATE KEY-----\n'

describe('what a cloud says again of the credentials that it was sent', () => {
  for (const [name, credentials, said] of [
    ['an AWS secret key', { AWS_SECRET_ACCESS_KEY: 'canary/Key+1' }, 'key canary/Key+1 is wrong'],
    ['one with white space around it', { AWS_SECRET_ACCESS_KEY: ' canary-1\n' }, 'key canary-1 is wrong'],
    ['one in an address', { AWS_SECRET_ACCESS_KEY: 'canary/Key+1' }, 'GET /?k=canary%2FKey%2B1'],
    ['a session token', { AWS_SESSION_TOKEN: 'canary-token' }, 'canary-token'],
    [
      'an Azure client secret',
      { AZURE_CLIENT_SECRET: 'x8Q~canary.with_all-signs~' },
      'secret "x8Q~canary.with_all-signs~"',
    ],
    ['an access token', { accessToken: 'canary-access' }, 'Bearer canary-access'],
    [
      'a private key',
      { 'credentials.json': JSON.stringify({ private_key: PEM }) },
      `in ${JSON.stringify({ PEM })}`,
    ],
    ['a line of it', { 'credentials.json': JSON.stringify({ private_key: PEM }) }, 'found Qx==canary-two'],
  ] as const) {
    it(`is nowhere to be read: ${name}`, async () => {
      const text = await heard(discreet(echoing(said), credentials as Readonly<Record<string, string>>))
      assert.doesNotMatch(text, /canary/)
      assert.match(text, /\[hidden\]/)
    })
  }

  it('is told where it is no secret: who asked', async () => {
    const credentials = {
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      'credentials.json': JSON.stringify({
        client_email: 'reader@vendor.example',
        token_uri: 'https://x.example',
      }),
    }
    const said = 'AKIDEXAMPLE, reader@vendor.example at https://x.example'
    assert.match(await heard(discreet(echoing(said), credentials)), new RegExp(said))
  })

  it('leaves everything else of a fault as it is', async () => {
    const session = discreet(echoing('canary-1'), { accessToken: 'canary-1' })
    await assert.rejects(session.identity(signal), ({ fault }: FaultError) => {
      assert.deepEqual(fault, { reason: 'InvalidDocument', message: 'refused: [hidden]', retry: 'Slow' })
      return true
    })
  })
})

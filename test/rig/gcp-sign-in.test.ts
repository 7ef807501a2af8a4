/** How principals sign in to the Google Cloud for tests. */
import { strict as assert } from 'node:assert'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { ExternalAccountClient, Impersonated, OAuth2Client } from 'google-auth-library'
import { type GcpAccount, gcpAccount } from './gcp.ts'
import { ask } from './gcp-clients.ts'
import type { GcpFacade } from './gcp-facade.ts'
import { makeRunFolder } from './run-folder.ts'
import { gcp, uniqueName } from './shared.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

function newAccount(): GcpAccount {
  return gcpAccount(world.cloud, uniqueName('project'))
}

/** The status of a request that every right kind of token is enough for. */
async function knock(account: GcpAccount, accessToken: string): Promise<number> {
  const path = `/storage/v1/b?project=${account.projectId}`
  return (await ask({ endpoint: account.endpoint, accessToken }, 'GET', path)).status
}

describe('a token', () => {
  it('is needed, known, not over and not taken back', async () => {
    const account = newAccount()
    const { principal, accessToken } = account
    assert.equal(await knock(account, accessToken), 200)
    assert.equal(await knock(account, ''), 401)
    assert.equal(await knock(account, 'ya29.unknown'), 401)
    assert.equal(await knock(account, world.cloud.token({ principal, seconds: -1 })), 401)
    world.cloud.revokeTokens(principal)
    assert.equal(await knock(account, accessToken), 401)
  })

  it('covers what its scopes say', async () => {
    const account = newAccount()
    const scoped = (scope: string) =>
      knock(account, world.cloud.token({ principal: account.principal, scopes: [scope] }))
    assert.equal(await scoped('https://www.googleapis.com/auth/devstorage.read_only'), 200)
    assert.equal(await scoped('https://www.googleapis.com/auth/pubsub'), 403)
  })

  it('is refused in IAM’s words by IAM', async () => {
    const { endpoint } = newAccount()
    const { status, body } = await ask({ endpoint, accessToken: 'x' }, 'GET', '/v1/projects/p/roles/reads')
    assert.deepEqual([status, body.error.status], [401, 'UNAUTHENTICATED'])
  })
})

describe('the key of a service account', () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  function signed(claims: object, kid: string, key: string): string {
    const text = `${base64({ alg: 'RS256', typ: 'JWT', kid })}.${base64(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`
  }

  async function exchange(assertion: string) {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const body = new URLSearchParams({ grant_type, assertion })
    const answer = await fetch(`${world.cloud.endpoint}/token`, { method: 'POST', body })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }

  function keyAndClaims() {
    const account = newAccount()
    const key = world.cloud.serviceAccountKey(account.principal)
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: key.client_email, aud: key.token_uri, scope: cloudPlatform, iat, exp: iat + 3600 }
    return { account, key, claims }
  }

  it('gives tokens of an hour for an assertion that it signed', async () => {
    const { account, key, claims } = keyAndClaims()
    const { status, body } = await exchange(signed(claims, key.private_key_id, key.private_key))
    assert.equal(status, 200)
    assert.equal(await knock(account, body.access_token ?? ''), 200)
  })

  it('is itself enough for a service that sees its signature', async () => {
    const { account, key, claims } = keyAndClaims()
    const token = signed({ ...claims, sub: claims.iss }, key.private_key_id, key.private_key)
    assert.equal(await knock(account, token), 200)
  })

  for (const [why, changes, error] of [
    ['for another audience', { aud: 'https://example.com' }, 'invalid_grant'],
    ['that is over', { iat: 1_000_000_000, exp: 1_000_003_600 }, 'invalid_grant'],
    ['for more than an hour', { exp: Math.floor(Date.now() / 1000) + 7200 }, 'invalid_grant'],
    ['without a scope', { scope: '' }, 'invalid_scope'],
    ['of somebody else', { iss: 'other@p.iam.gserviceaccount.com' }, 'invalid_grant'],
  ] as const) {
    it(`gives none for an assertion ${why}`, async () => {
      const { key, claims } = keyAndClaims()
      const answer = await exchange(signed({ ...claims, ...changes }, key.private_key_id, key.private_key))
      assert.deepEqual([answer.status, answer.body.error], [400, error])
    })
  }

  it('gives none for an assertion that another key signed, and none after the account is gone', async () => {
    const { account, key, claims } = keyAndClaims()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const forged = signed(
      claims,
      key.private_key_id,
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    assert.equal((await exchange(forged)).body.error, 'invalid_grant')
    world.cloud.deleteServiceAccount(account.principal)
    const late = await exchange(signed(claims, key.private_key_id, key.private_key))
    assert.equal(late.body.error, 'invalid_grant')
  })
})

describe('impersonation', () => {
  const targetOf = ({ projectId }: GcpAccount) => `robot@${projectId}.iam.gserviceaccount.com`

  it('works with Google’s library where it is allowed, and is recorded', async () => {
    const account = newAccount()
    const robot = targetOf(account)
    world.cloud.allow(robot, account.projectId, ['storage.buckets.list'])
    world.cloud.allowImpersonation(account.principal, robot)
    const sourceClient = new OAuth2Client()
    sourceClient.setCredentials({ access_token: account.accessToken })
    const client = new Impersonated({
      ...{ sourceClient, targetPrincipal: robot, targetScopes: [cloudPlatform], lifetime: 600 },
      endpoint: account.endpoint,
    })
    const { token } = await client.getAccessToken()
    assert.equal(await knock(account, token ?? ''), 200)
    const last = { by: account.principal, as: robot, scopes: [cloudPlatform] }
    assert.deepEqual(world.cloud.impersonations.at(-1), last)
  })

  for (const [why, isAllowed, body, status] of [
    ['nobody allowed it', false, { scope: [cloudPlatform] }, 403],
    ['it is for nothing', true, { scope: [] }, 400],
    ['it is for more than an hour', true, { scope: [cloudPlatform], lifetime: '3601s' }, 400],
  ] as const) {
    it(`is refused when ${why}`, async () => {
      const account = newAccount()
      if (isAllowed) world.cloud.allowImpersonation(account.principal, targetOf(account))
      const path = `/v1/projects/-/serviceAccounts/${targetOf(account)}:generateAccessToken`
      assert.equal((await ask(account, 'POST', path, body)).status, status)
    })
  }
})

describe('a workload', () => {
  const pool = 'projects/123456/locations/global/workloadIdentityPools/cluster'
  const subject = 'system:serviceaccount:mooring:mooring'

  it('signs in with the token of its cluster, with Google’s library', async () => {
    const account = newAccount()
    const principal = `principal://iam.googleapis.com/${pool}/subject/${subject}`
    world.cloud.allow(principal, account.projectId, ['storage.buckets.list'])
    const file = join(makeRunFolder('workload'), 'token')
    await writeFile(file, `e30.${Buffer.from(JSON.stringify({ sub: subject })).toString('base64url')}.x`)
    const client = ExternalAccountClient.fromJSON({
      type: 'external_account',
      audience: `//iam.googleapis.com/${pool}/providers/cluster`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${account.endpoint}/v1/token`,
      credential_source: { file },
    })
    assert.ok(client)
    client.scopes = [cloudPlatform]
    const { token } = await client.getAccessToken()
    assert.equal(await knock(account, token ?? ''), 200)
  })

  it('signs in through the metadata server, where an account is set', async () => {
    const account = newAccount()
    const path = '/computeMetadata/v1/instance/service-accounts/default/token'
    const get = () => fetch(`${account.endpoint}${path}`, { headers: { 'metadata-flavor': 'Google' } })
    assert.equal((await get()).status, 403)
    world.cloud.setMetadataAccount(account.principal)
    const { access_token: token } = (await (await get()).json()) as { access_token: string }
    world.cloud.setMetadataAccount(undefined)
    assert.equal(await knock(account, token), 200)
  })
})

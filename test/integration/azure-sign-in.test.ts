/** Signing in to Azure by each way there is, and what is said where that fails; with Microsoft's own library. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import type { Reason } from '../../src/api/reasons.ts'
import type { AzureAccountSpec } from '../../src/clouds/azure/account.ts'
import type { CloudSession } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import { type AzureAccount, azureAccount } from '../rig/azure.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import { azure } from '../rig/shared.ts'
import { never } from './ledger-pass.ts'

interface Scene {
  readonly facade: AzureFacade
  readonly me: AzureAccount
}

async function scene(): Promise<Scene> {
  const facade = await azure()
  return { facade, me: await azureAccount(facade) }
}

async function open(
  test: TestContext,
  { me }: Scene,
  secret: Readonly<Record<string, string>> | undefined,
  words: Partial<AzureAccountSpec> = {},
): Promise<CloudSession> {
  const { tenantId, subscriptionId, endpoints } = me
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const session = await openSession(
    { azure: { tenantId, subscriptionId, endpoints, ...words } },
    secret,
    hooks,
  )
  test.after(() => session.close())
  return session
}

const secretOf = ({ me }: Scene) => ({ AZURE_CLIENT_ID: me.clientId, AZURE_CLIENT_SECRET: me.clientSecret })

/** Sets variables of the environment for one test. */
function environment(test: TestContext, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name]
    process.env[name] = value
    test.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
}

async function refused(
  identity: Promise<string>,
  reason: Reason,
  words: RegExp,
  secrets: readonly string[] = [],
) {
  await assert.rejects(identity, (error) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, reason, error.message)
    assert.match(error.message, words)
    for (const secret of secrets) assert.ok(!error.message.includes(secret), 'a secret is told')
    assert.doesNotMatch(error.message, /trace id|correlation id|\d\d:\d\d:\d\d/i)
    return true
  })
}

describe('signing in to Azure', () => {
  it('works by a client secret, and says who it is', async (test) => {
    const here = await scene()
    const session = await open(test, here, {
      ...secretOf(here),
      AZURE_CLIENT_SECRET: `${here.me.clientSecret}\n`,
    })
    const { clientId, objectId } = here.me
    assert.equal(await session.identity(never), `application ${clientId} (object ${objectId})`)
    await session.identity(never)
    assert.equal(
      here.facade.requests.filter(
        ({ operation, principal }) => operation === 'token' && principal === clientId,
      ).length,
      1,
    )
    assert.equal(
      here.facade.requests.filter(
        ({ operation, principal }) => operation === 'Subscriptions_Get' && principal === clientId,
      ).length,
      1,
    )
  })

  it('works by workload identity, which the pod’s environment describes', async (test) => {
    const here = await scene()
    const { facade, me } = here
    const who = { issuer: 'https://oidc.example/cluster', subject: 'system:serviceaccount:mooring:mooring' }
    facade.federate(me.clientId, who)
    const file = join(mkdtempSync(join(tmpdir(), 'mooring-azure-')), 'token')
    writeFileSync(file, facade.federatedToken(who))
    environment(test, {
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_CLIENT_ID: me.clientId,
      AZURE_TENANT_ID: randomUUID(),
    })
    assert.match(await (await open(test, here, undefined)).identity(never), new RegExp(me.clientId))
    writeFileSync(file, facade.federatedToken({ ...who, subject: 'system:serviceaccount:other:other' }))
    await refused(
      (await open(test, here, undefined)).identity(never),
      'CredentialsRejected',
      /AADSTS700213.*does not fit this pod’s service account/,
    )
    environment(test, { AZURE_FEDERATED_TOKEN_FILE: `${file}-missing` })
    await refused(
      (await open(test, here, undefined)).identity(never),
      'CredentialsRejected',
      /AZURE_FEDERATED_TOKEN_FILE\) cannot be read \(ENOENT\)/,
    )
  })

  it('works by managed identity where there is no other', async (test) => {
    const here = await scene()
    const { facade, me } = here
    facade.setManagedIdentity({ tenantId: me.tenantId, clientId: me.clientId })
    environment(test, { AZURE_POD_IDENTITY_AUTHORITY_HOST: facade.endpoints.metadata })
    assert.match(await (await open(test, here, undefined)).identity(never), new RegExp(me.clientId))
  })

  const failures: readonly (readonly [
    string,
    (here: Scene) => readonly [Readonly<Record<string, string>>, Partial<AzureAccountSpec>?],
    Reason,
    RegExp,
  ])[] = [
    [
      'a wrong secret',
      (here) => [{ ...secretOf(here), AZURE_CLIENT_SECRET: 'Wr0ng~Secret' }],
      'CredentialsRejected',
      /AADSTS7000215.*AZURE_CLIENT_SECRET is wrong/,
    ],
    [
      'an unknown application',
      (here) => [{ ...secretOf(here), AZURE_CLIENT_ID: randomUUID() }],
      'CredentialsRejected',
      /AADSTS700016.*spec\.azure\.tenantId/,
    ],
    [
      'an unknown tenant',
      (here) => [secretOf(here), { tenantId: randomUUID() }],
      'CredentialsRejected',
      /AADSTS90002/,
    ],
    [
      'a subscription that does not exist',
      (here) => [secretOf(here), { subscriptionId: randomUUID() }],
      'WrongAccount',
      /subscription \S+ does not exist/,
    ],
    [
      'a subscription of another tenant',
      (here) => [
        secretOf(here),
        { subscriptionId: here.facade.createSubscription(here.facade.createTenant()) },
      ],
      'WrongAccount',
      /trusts another tenant/,
    ],
    [
      'a sign-in that nobody answers',
      (here) => [secretOf(here), { endpoints: { ...here.me.endpoints, authority: 'https://127.0.0.1:1' } }],
      'CloudUnavailable',
      /127\.0\.0\.1:1 could not be asked for GetToken.*ECONNREFUSED/,
    ],
    [
      'a Resource Manager that nobody answers',
      (here) => [
        secretOf(here),
        { endpoints: { ...here.me.endpoints, resourceManager: 'https://127.0.0.1:1' } },
      ],
      'CloudUnavailable',
      /ECONNREFUSED/,
    ],
  ]
  for (const [name, given, reason, words] of failures)
    it(`with ${name} is told as ${reason}`, async (test) => {
      const here = await scene()
      const [secret, spec] = given(here)
      await refused((await open(test, here, secret, spec)).identity(never), reason, words, [
        here.me.clientSecret,
        'Wr0ng~Secret',
      ])
    })

  it('is told as throttled where Entra asks for fewer requests', async (test) => {
    const here = await scene()
    const throttling = here.facade.fail(1_000, 429, ({ operation }) => operation === 'token')
    test.after(() => throttling.remove())
    await refused(
      (await open(test, here, secretOf(here))).identity(never),
      'Throttled',
      /asks for fewer requests/,
    )
  })

  it('without rights in the subscription names the action and the command', async (test) => {
    const here = await scene()
    here.facade.deny(here.me.clientId, ['Microsoft.Resources/subscriptions/read'])
    const words = new RegExp(
      `may not Microsoft.Resources/subscriptions/read on /subscriptions/${here.me.subscriptionId}.*az role assignment create --assignee-object-id ${here.me.objectId}`,
    )
    await refused((await open(test, here, secretOf(here))).identity(never), 'AccessDenied', words)
  })

  it('asks for a new token when one was rejected', async (test) => {
    const here = await scene()
    const session = await open(test, here, secretOf(here))
    await session.identity(never)
    here.facade.revokeTokens(here.me.clientId)
    const { resourceGroup, storageAccount } = here.me
    const account = session.open({
      kind: 'StorageAccount',
      key: 'k',
      name: 'n',
      resourceGroup,
      storageAccount,
    })
    await refused(
      account.read(['Cors'], never).then(() => ''),
      'CredentialsRejected',
      /rejects the credentials/,
    )
    assert.equal((await account.read(['Cors'], never)).length, 1)
  })

  it('is refused at once where the Secret lacks a key', async (test) => {
    const here = await scene()
    await refused(
      open(test, here, { AZURE_CLIENT_ID: 'x' }).then(() => ''),
      'CredentialsRejected',
      /no value under AZURE_CLIENT_SECRET/,
    )
    await refused(
      open(test, here, { AZURE_CLIENT_SECRET: 'x' }).then(() => ''),
      'CredentialsRejected',
      /no value under AZURE_CLIENT_ID/,
    )
  })
})

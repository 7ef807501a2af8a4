/** How one signs in to the Azure for tests, seen with Microsoft's own library. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { type AzureAccount, azureAccount } from './azure.ts'
import { credentialOf, storageManagementOf } from './azure-clients.ts'
import type { AzureFacade } from './azure-facade.ts'
import { runCommand } from './run-command.ts'
import { makeRunFolder } from './run-folder.ts'
import { azure } from './shared.ts'

const SCOPE = 'https://management.azure.com/.default'

async function stage(): Promise<{ readonly cloud: AzureFacade; readonly me: AzureAccount }> {
  const cloud = await azure()
  return { cloud, me: await azureAccount(cloud) }
}

const optionsOf = ({ endpoints }: AzureAccount) => ({
  ...{ authorityHost: endpoints.authority, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } },
})

const works = async (me: AzureAccount, credential: TokenCredential) => {
  const { name } = await storageManagementOf(me, credential).storageAccounts.getProperties(
    me.resourceGroup,
    me.storageAccount,
  )
  assert.equal(name, me.storageAccount)
}

describe('a client secret', () => {
  it('signs in', async () => {
    const { me } = await stage()
    await works(me, credentialOf(me))
  })

  for (const [what, change, words] of [
    ['a wrong secret', { clientSecret: 'wrong' }, /AADSTS7000215: Invalid client secret provided/],
    ['an unknown application', { clientId: randomUUID() }, /AADSTS700016: Application with identifier/],
    // The library hides AADSTS90002, which Entra answers to its first question.
    ['an unknown tenant', { tenantId: randomUUID() }, /endpoints_resolution_error/],
  ] as const)
    it(`is refused: ${what}`, async () => {
      const { me } = await stage()
      const { tenantId, clientId, clientSecret } = { ...me, ...change }
      const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, optionsOf(me))
      await assert.rejects(credential.getToken(SCOPE), words)
    })

  it('is of one tenant: a subscription that trusts another one refuses it', async () => {
    const { cloud, me } = await stage()
    const other = await azureAccount(cloud)
    const credential = credentialOf(other)
    await assert.rejects(works(me, credential), { code: 'InvalidAuthenticationTokenTenant', statusCode: 401 })
  })

  it('that is taken away leaves its tokens, until they are revoked', async () => {
    const { cloud, me } = await stage()
    const credential = credentialOf(me)
    await works(me, credential)
    cloud.removeSecrets(me.clientId)
    await works(me, credential)
    cloud.revokeTokens(me.clientId)
    await assert.rejects(works(me, credential), { code: 'ExpiredAuthenticationToken', statusCode: 401 })
    await assert.rejects(credentialOf(me).getToken(SCOPE), /AADSTS7000215/)
  })
})

describe('a token', () => {
  it('for Graph is none for Resource Manager', async () => {
    const { cloud, me } = await stage()
    const token = cloud.token({ ...me, audience: 'graph' })
    const getToken = async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 })
    await assert.rejects(works(me, { getToken }), {
      code: 'InvalidAuthenticationTokenAudience',
      statusCode: 401,
    })
  })

  it('that is over is refused', async () => {
    const { cloud, me } = await stage()
    const token = cloud.token({ ...me, audience: 'arm', seconds: 0 })
    const getToken = async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 })
    await assert.rejects(works(me, { getToken }), { code: 'ExpiredAuthenticationToken', statusCode: 401 })
  })
})

describe('a federated assertion', () => {
  const issuer = 'https://cluster.example'
  const subject = 'system:serviceaccount:mooring:mooring'

  async function credentialFor(cloud: AzureFacade, me: AzureAccount, claimed: string) {
    const tokenFilePath = join(makeRunFolder('federated'), 'token')
    await writeFile(tokenFilePath, cloud.federatedToken({ issuer, subject: claimed }))
    const { tenantId, clientId } = me
    return new WorkloadIdentityCredential({ ...optionsOf(me), tenantId, clientId, tokenFilePath })
  }

  it('signs in whom the application trusts', async () => {
    const { cloud, me } = await stage()
    cloud.federate(me.clientId, { issuer, subject })
    await works(me, await credentialFor(cloud, me, subject))
  })

  it('is refused for another subject', async () => {
    const { cloud, me } = await stage()
    cloud.federate(me.clientId, { issuer, subject })
    const credential = await credentialFor(cloud, me, 'system:serviceaccount:default:default')
    await assert.rejects(credential.getToken(SCOPE), /AADSTS700213: No matching federated identity record/)
  })
})

describe('a managed identity', () => {
  it('gets tokens from the metadata service, and none when the machine has no identity', async () => {
    const { cloud, me } = await stage()
    process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = cloud.endpoints.metadata
    const credential = () => new ManagedIdentityCredential({ retryOptions: { maxRetries: 0 } })
    await assert.rejects(credential().getToken(SCOPE), /Identity not found/)
    // In this order, since the library keeps tokens of managed identities for the whole process.
    cloud.setManagedIdentity(me)
    await works(me, credential())
  })
})

describe('another process', () => {
  it('trusts the test cloud by NODE_EXTRA_CA_CERTS alone', async () => {
    const { cloud } = await stage()
    const script = `fetch('${cloud.endpoints.authority}/x/discovery/instance').then((a) => console.log(a.status), (e) => console.log(e.cause.code))`
    const run = async (env: NodeJS.ProcessEnv) =>
      (await runCommand(process.execPath, ['-e', script], { env })).stdout.trim()
    assert.equal(await run({ ...cloud.environment }), '200')
    assert.notEqual(await run({}), '200')
  })
})

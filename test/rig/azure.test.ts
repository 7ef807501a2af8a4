/** What the Azure for tests does as the real one, seen with Microsoft's own libraries. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { type AzureAccount, azureAccount, azurePrincipal } from './azure.ts'
import { ask, authorizationOf, blobsAs, blobsOf, preflight, storageManagementOf } from './azure-clients.ts'
import type { AzureFacade } from './azure-facade.ts'
import { azure } from './shared.ts'

const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
const ORIGIN = 'https://app.segments.ai'
const rule = (origin: string) => ({
  allowedOrigins: [origin],
  allowedMethods: ['GET'],
  allowedHeaders: ['*'],
  exposedHeaders: ['*'],
  maxAgeInSeconds: 3600,
})

interface Stage {
  readonly cloud: AzureFacade
  readonly me: AzureAccount
  readonly vendor: string
  readonly principalId: string
  readonly accountId: string
}

async function stage(): Promise<Stage> {
  const cloud = await azure()
  const me = await azureAccount(cloud)
  await cloud.createContainer(me.storageAccount, 'clips')
  const vendor = cloud.createApplication()
  const principalId = await cloud.createServicePrincipal(me.tenantId, vendor)
  const group = `/subscriptions/${me.subscriptionId}/resourceGroups/${me.resourceGroup}`
  const accountId = `${group}/providers/Microsoft.Storage/storageAccounts/${me.storageAccount}`
  return { cloud, me, vendor, principalId, accountId }
}

const roleId = ({ me }: Stage, role = READER) =>
  `/subscriptions/${me.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`

function assign(on: Stage, scope: string, name: string = randomUUID(), role = READER) {
  const { principalId } = on
  const asked = { principalId, roleDefinitionId: roleId(on, role), principalType: 'ServicePrincipal' }
  return authorizationOf(on.me).roleAssignments.create(scope, name, asked)
}

/** Of a download the library reads no body: the code is that of a header. */
const isMismatch = (error: { details?: { errorCode?: string }; statusCode?: number }) => {
  assert.deepEqual([error.details?.errorCode, error.statusCode], ['AuthorizationPermissionMismatch', 403])
  return true
}

const code = (expected: string, status: number) => (error: { code?: string; statusCode?: number }) => {
  assert.deepEqual([error.code, error.statusCode], [expected, status])
  return true
}

describe('a storage account', () => {
  it('shows what it is, with the address of its blobs', async () => {
    const { cloud, me } = await stage()
    await cloud.changeStorageAccount(me.storageAccount, {
      isHnsEnabled: true,
      publicNetworkAccess: 'Disabled',
    })
    const account = await storageManagementOf(me).storageAccounts.getProperties(
      me.resourceGroup,
      me.storageAccount,
    )
    assert.equal(account.primaryEndpoints?.blob, `${cloud.endpoints.blob}/${me.storageAccount}/`)
    assert.deepEqual(
      [
        account.kind,
        account.isHnsEnabled,
        account.publicNetworkAccess,
        account.networkRuleSet?.defaultAction,
      ],
      ['StorageV2', true, 'Disabled', 'Allow'],
    )
  })

  it('that is missing is told apart from a group that is missing', async () => {
    const { me } = await stage()
    const { storageAccounts } = storageManagementOf(me)
    await assert.rejects(
      storageAccounts.getProperties(me.resourceGroup, 'nobody'),
      code('ResourceNotFound', 404),
    )
    await assert.rejects(
      storageAccounts.getProperties('nowhere', me.storageAccount),
      code('ResourceGroupNotFound', 404),
    )
  })

  it('takes its role assignments along when it is deleted', async () => {
    const on = await stage()
    await assign(on, on.accountId)
    await on.cloud.deleteStorageAccount(on.me.storageAccount)
    const path = `${on.accountId}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
    const { status, body } = await ask(on.cloud, on.me, 'GET', path)
    assert.deepEqual([status, body.error.code], [404, 'ResourceNotFound'])
  })
})

describe('a subscription', () => {
  it('tells the tenant that it trusts', async () => {
    const { cloud, me } = await stage()
    const path = `/subscriptions/${me.subscriptionId}?api-version=2022-12-01`
    assert.equal((await ask(cloud, me, 'GET', path)).body.tenantId, me.tenantId)
    cloud.deny(me.clientId, ['Microsoft.Resources/subscriptions/read'])
    assert.equal((await ask(cloud, me, 'GET', path)).body.error.code, 'AuthorizationFailed')
  })
})

describe('blob service properties', () => {
  it('are written as a whole: what is not mentioned is lost', async () => {
    const { me } = await stage()
    const { blobServices } = storageManagementOf(me)
    const whole = {
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 9 },
      changeFeed: { enabled: true },
      staticWebsite: { enabled: true, indexDocument: 'index.html' },
    }
    await blobServices.setServiceProperties(me.resourceGroup, me.storageAccount, whole)
    const kept = await blobServices.getServiceProperties(me.resourceGroup, me.storageAccount)
    assert.deepEqual(
      [kept.isVersioningEnabled, kept.deleteRetentionPolicy?.days, kept.changeFeed?.enabled],
      [true, 9, true],
    )
    assert.equal(kept.staticWebsite?.indexDocument, 'index.html')
    await blobServices.setServiceProperties(me.resourceGroup, me.storageAccount, {
      cors: { corsRules: [rule(ORIGIN)] },
    })
    const lost = await blobServices.getServiceProperties(me.resourceGroup, me.storageAccount)
    assert.deepEqual(
      [lost.isVersioningEnabled, lost.deleteRetentionPolicy?.enabled, lost.changeFeed, lost.staticWebsite],
      [undefined, false, undefined, undefined],
    )
  })

  it('answer preflights by the CORS rules that Resource Manager was given', async () => {
    const { cloud, me } = await stage()
    assert.equal((await preflight(cloud, me.storageAccount, ORIGIN, 'GET')).status, 403)
    const { blobServices } = storageManagementOf(me)
    await blobServices.setServiceProperties(me.resourceGroup, me.storageAccount, {
      cors: { corsRules: [rule(ORIGIN)] },
    })
    const answer = await preflight(cloud, me.storageAccount, ORIGIN, 'GET')
    assert.deepEqual([answer.status, answer.headers.get('access-control-max-age')], [200, '3600'])
    assert.equal((await preflight(cloud, me.storageAccount, 'https://elsewhere.example', 'GET')).status, 403)
  })

  it('take no more than five CORS rules', async () => {
    const { me } = await stage()
    const { blobServices } = storageManagementOf(me)
    const rules = (many: number) => ({
      cors: { corsRules: Array.from({ length: many }, (_, n) => rule(`https://${n}.example`)) },
    })
    await blobServices.setServiceProperties(me.resourceGroup, me.storageAccount, rules(5))
    await assert.rejects(
      blobServices.setServiceProperties(me.resourceGroup, me.storageAccount, rules(6)),
      code('InvalidRequestPropertyValue', 400),
    )
  })
})

describe('a role assignment', () => {
  it('is made, found by name and deleted, at the account and at a container', async () => {
    const on = await stage()
    const { roleAssignments } = authorizationOf(on.me)
    for (const scope of [on.accountId, `${on.accountId}/blobServices/default/containers/clips`]) {
      const name = randomUUID()
      const made = await assign(on, scope, name)
      assert.deepEqual([made.name, made.scope, made.principalId], [name, scope, on.principalId])
      assert.equal((await roleAssignments.get(scope, name)).roleDefinitionId, roleId(on))
      assert.equal((await roleAssignments.delete(scope, name))?.name, name)
      await assert.rejects(roleAssignments.get(scope, name), code('RoleAssignmentNotFound', 404))
      const again = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
      assert.equal((await ask(on.cloud, on.me, 'DELETE', again)).status, 204)
    }
  })

  it('of the same role, scope and principal is refused under any name, with the id of the first', async () => {
    const on = await stage()
    const first = randomUUID()
    await assign(on, on.accountId, first)
    const id = new RegExp(first.replaceAll('-', ''))
    await assert.rejects(
      assign(on, on.accountId),
      (error: { message: string; code?: string; statusCode?: number }) => {
        assert.match(error.message, id)
        return code('RoleAssignmentExists', 409)(error)
      },
    )
    await assert.rejects(assign(on, on.accountId, first), code('RoleAssignmentExists', 409))
  })

  it('needs a principal that Resource Manager has heard of, and a role that there is', async () => {
    const on = await stage()
    const stranger = { ...on, principalId: randomUUID() }
    await assert.rejects(assign(stranger, on.accountId), code('PrincipalNotFound', 400))
    await assert.rejects(
      assign(on, on.accountId, randomUUID(), randomUUID()),
      code('RoleDefinitionDoesNotExist', 404),
    )
    await on.cloud.trustPrincipalType(true)
    await assign(stranger, on.accountId)
    await on.cloud.trustPrincipalType(false)
  })

  it('is listed from above and below, with atScope() from above alone', async () => {
    const on = await stage()
    const group = on.accountId.split('/providers/')[0] ?? ''
    const container = `${on.accountId}/blobServices/default/containers/clips`
    for (const scope of [group, on.accountId, container]) await assign(on, scope)
    const scopes = async (scope: string, filter?: string) => {
      const listed = authorizationOf(on.me).roleAssignments.listForScope(scope, filter ? { filter } : {})
      const found: (string | undefined)[] = []
      for await (const one of listed) found.push(one.scope)
      return found.sort()
    }
    assert.deepEqual(await scopes(on.accountId), [group, on.accountId, container])
    assert.deepEqual(await scopes(on.accountId, 'atScope()'), [group, on.accountId])
    assert.deepEqual(await scopes(container, `principalId eq '${on.principalId}'`), [
      group,
      on.accountId,
      container,
    ])
    assert.deepEqual(await scopes(on.accountId, `principalId eq '${randomUUID()}'`), [])
  })
})

describe('a vendor', () => {
  it('reads what a role assignment lets it read, and nothing when it is gone', async () => {
    const on = await stage()
    const owner = blobsOf(on.cloud, on.me.storageAccount).getContainerClient('clips')
    await owner.getBlockBlobClient('a.txt').upload('hello', 5)
    const blob = blobsAs(on.cloud, on.me.storageAccount, { tenantId: on.me.tenantId, clientId: on.vendor })
      .getContainerClient('clips')
      .getBlobClient('a.txt')
    await assert.rejects(blob.downloadToBuffer(), isMismatch)
    const scope = `${on.accountId}/blobServices/default/containers/clips`
    const name = randomUUID()
    await assign(on, scope, name)
    assert.equal((await blob.downloadToBuffer()).toString(), 'hello')
    await authorizationOf(on.me).roleAssignments.delete(scope, name)
    await assert.rejects(blob.downloadToBuffer(), isMismatch)
  })
})

describe('the test', () => {
  before(azure)

  it('denies an action, in the words of Azure', async () => {
    const on = await stage()
    on.cloud.deny(on.me.clientId, ['Microsoft.Authorization/roleAssignments/write'])
    await assert.rejects(
      assign(on, on.accountId),
      (error: { message: string; code?: string; statusCode?: number }) => {
        assert.ok(
          error.message.includes(
            `The client '${on.me.clientId}' with object id '${on.me.objectId}' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${on.accountId}/providers/`,
          ),
        )
        return code('AuthorizationFailed', 403)(error)
      },
    )
    on.cloud.undeny(on.me.clientId)
    await assign(on, on.accountId)
  })

  it('may have somebody who may do little', async () => {
    const { cloud, me, accountId } = await stage()
    const little = await azurePrincipal(cloud, me, {
      actions: ['Microsoft.Storage/storageAccounts/read'],
      graph: [],
    })
    const who = { ...me, ...little }
    const version = '?api-version=2024-01-01'
    assert.equal((await ask(cloud, who, 'GET', `${accountId}${version}`)).status, 200)
    assert.equal((await ask(cloud, who, 'GET', `${accountId}/blobServices/default${version}`)).status, 403)
  })

  it('has a request throttled, and counts it', async () => {
    const { cloud, me, accountId } = await stage()
    cloud.fail(1, 429, ({ operation }) => operation === 'StorageAccounts_GetProperties')
    cloud.setRetryAfter(7)
    const throttled = await ask(cloud, me, 'GET', `${accountId}?api-version=2024-01-01`)
    assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '7'])
    assert.equal((await ask(cloud, me, 'GET', `${accountId}?api-version=2024-01-01`)).status, 200)
    assert.equal(cloud.requests.at(-1)?.principal, me.clientId)
    assert.equal(cloud.count('StorageAccounts_GetProperties', 429), 1)
    cloud.setRetryAfter(1)
  })

  it('does something right before a write is carried out', async () => {
    const on = await stage()
    const isWrite = ({ operation }: { operation: string }) => operation === 'RoleAssignments_Create'
    const hook = on.cloud.before(isWrite, () => on.cloud.deleteStorageAccount(on.me.storageAccount))
    await assert.rejects(assign(on, on.accountId), code('ResourceNotFound', 404))
    assert.equal(hook.runs, 1)
  })
})

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { RetryClass } from '../../api/fault.ts'
import type { Reason } from '../../api/reasons.ts'
import type { Json } from '../../plan/json.ts'
import type { AzureCall } from './azure-call.ts'
import { AzureError } from './azure-error.ts'
import { isNotFound, toFaultError } from './azure-errors.ts'

const ACCOUNT = { resourceGroup: 'ml', name: 'streetscenes' }
const ID = '/subscriptions/s/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/streetscenes'
const CALL: AzureCall = {
  service: 'arm',
  operation: 'CreateRoleAssignment',
  host: 'management.azure.com',
  tenantId: 't',
  subscriptionId: 's',
  identity: 'application a (object o)',
  objectId: 'o',
  scope: `${ID}/providers/Microsoft.Authorization/roleAssignments/n`,
  account: ACCOUNT,
}
const READ: AzureCall = { ...CALL, operation: 'GetStorageAccount', scope: ID }
const GRAPH: AzureCall = {
  ...{ service: 'graph', operation: 'CreateServicePrincipal', host: 'graph.microsoft.com' },
  ...{ tenantId: 't', subscriptionId: 's', identity: 'application a', application: 'app' },
}
const ENTRA: AzureCall = {
  ...GRAPH,
  service: 'entra',
  operation: 'GetToken',
  host: 'login.microsoftonline.com',
}

const arm = (code: string, message = ''): Json => ({ error: { code, message } })
const DENIED = `The client 'a' with object id 'o' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${CALL.scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`
const UNFULFILLED = `The client 'a' with object id 'o' does not have authorization or an ABAC condition not fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${ID}' or the scope is invalid.`

interface Case {
  readonly name: string
  readonly call?: AzureCall
  readonly status: number
  readonly body: Json | undefined
  readonly reason: Reason
  readonly words: RegExp
  readonly retry?: RetryClass
  readonly notWritten?: true
}

const CASES: readonly Case[] = [
  {
    name: 'a missing action',
    status: 403,
    body: arm('AuthorizationFailed', DENIED),
    reason: 'AccessDenied',
    words: new RegExp(
      `may not Microsoft.Authorization/roleAssignments/write on ${CALL.scope}.*--assignee-object-id o .*--scope ${ID}\\.`,
    ),
  },
  {
    name: 'a condition on Mooring’s own role',
    status: 403,
    body: arm('AuthorizationFailed', UNFULFILLED),
    reason: 'AccessDenied',
    words: /a condition on its own role/,
  },
  {
    name: 'a policy',
    status: 403,
    body: arm('RequestDisallowedByPolicy', "Resource 'x' was disallowed by policy."),
    reason: 'AccessDenied',
    words: /an Azure Policy refuses CreateRoleAssignment/,
  },
  {
    name: 'any other refusal',
    status: 403,
    body: arm('Forbidden', 'no'),
    reason: 'AccessDenied',
    words: /refuses CreateRoleAssignment for storage account "streetscenes": no\. See/,
  },
  {
    name: 'a lock',
    status: 409,
    body: arm(
      'ScopeLocked',
      "The scope 'x' cannot perform delete operation because following scope(s) are locked: 'y'.",
    ),
    reason: 'AccessDenied',
    words: /a lock keeps .*locked: 'y'\. Remove the lock/,
  },
  {
    name: 'a disabled subscription',
    status: 409,
    body: arm('ReadOnlyDisabledSubscription'),
    reason: 'AccessDenied',
    words: /subscription s is disabled/,
  },
  {
    name: 'a missing account',
    call: READ,
    status: 404,
    body: arm('ResourceNotFound'),
    reason: 'StorageAccountNotFound',
    words: /storage account "streetscenes" does not exist in resource group "ml"/,
  },
  {
    name: 'a missing group',
    call: READ,
    status: 404,
    body: arm('ResourceGroupNotFound'),
    reason: 'StorageAccountNotFound',
    words: /resource group "ml" does not exist/,
  },
  {
    name: 'a missing subscription',
    call: READ,
    status: 404,
    body: arm('SubscriptionNotFound'),
    reason: 'WrongAccount',
    words: /subscription s does not exist/,
  },
  {
    name: 'a missing container',
    call: { ...READ, account: { ...ACCOUNT, container: 'images' } },
    status: 404,
    body: arm('ContainerNotFound'),
    reason: 'ContainerNotFound',
    words: /container "images" of storage account/,
  },
  {
    name: 'a bare 404, which may be a proxy’s',
    call: READ,
    status: 404,
    body: undefined,
    reason: 'CloudUnavailable',
    words: /refuses GetStorageAccount .*\(status 404\)/,
  },
  {
    name: 'an unknown principal',
    status: 400,
    body: arm('PrincipalNotFound', 'Principal x does not exist in the directory t.'),
    reason: 'Propagating',
    words: /does not know the principal/,
    retry: 'Backoff',
  },
  {
    name: 'an unknown role',
    status: 404,
    body: arm('RoleDefinitionDoesNotExist'),
    reason: 'InvalidDocument',
    words: /roleDefinitionId/,
  },
  {
    name: 'too many assignments',
    status: 400,
    body: arm('RoleAssignmentLimitExceeded', 'No more role assignments can be created'),
    reason: 'QuotaExceeded',
    words: /takes no more role assignments/,
  },
  {
    name: 'a conflict',
    status: 409,
    body: arm('StorageAccountOperationInProgress'),
    reason: 'LostRace',
    words: /somebody else changes/,
  },
  {
    name: 'a guard that did not hold',
    status: 412,
    body: arm('PreconditionFailed'),
    reason: 'LostRace',
    words: /somebody else changes/,
    notWritten: true,
  },
  {
    name: 'a token that has ended',
    call: READ,
    status: 401,
    body: arm('ExpiredAuthenticationToken'),
    reason: 'CredentialsRejected',
    words: /rejects the credentials \(ExpiredAuthenticationToken/,
  },
  {
    name: 'a token of another tenant',
    call: READ,
    status: 401,
    body: arm('InvalidAuthenticationTokenTenant'),
    reason: 'WrongAccount',
    words: /trusts another tenant than t/,
  },
  {
    name: 'too many requests',
    call: READ,
    status: 429,
    body: arm('SubscriptionRequestsThrottled'),
    reason: 'Throttled',
    words: /asks for fewer requests/,
  },
  {
    name: 'an error of Azure',
    call: READ,
    status: 500,
    body: arm('InternalServerError'),
    reason: 'CloudUnavailable',
    words: /could not do GetStorageAccount/,
  },
  {
    name: 'an unknown answer to a write',
    status: 400,
    body: arm('BadRequestFormat', 'odd'),
    reason: 'InvalidDocument',
    words: /refuses CreateRoleAssignment .*\(BadRequestFormat\): odd\./,
  },
  {
    name: 'a missing permission of Graph',
    call: GRAPH,
    status: 403,
    body: arm('Authorization_RequestDenied', 'Insufficient privileges'),
    reason: 'AccessDenied',
    words: /Application\.ReadWrite\.All.*nothing was written/,
  },
  {
    name: 'an application that is none',
    call: GRAPH,
    status: 400,
    body: {
      error: { code: 'Request_BadRequest', message: 'x', details: [{ code: 'NoBackingApplicationObject' }] },
    },
    reason: 'InvalidPrincipal',
    words: /knows no application app/,
  },
  {
    name: 'the same as the code itself',
    call: GRAPH,
    status: 400,
    body: arm('NoBackingApplicationObject'),
    reason: 'InvalidPrincipal',
    words: /knows no application app/,
  },
  {
    name: 'a wrong secret',
    call: ENTRA,
    status: 401,
    body: {
      error: 'invalid_client',
      error_description:
        'AADSTS7000215: Invalid client secret provided. Trace ID: 11111111-2222-3333-4444-555555555555 Correlation ID: 1-2 Timestamp: 2026-11-22 10:00:00Z',
    },
    reason: 'CredentialsRejected',
    words:
      /\(AADSTS7000215 to GetToken\): AADSTS7000215: Invalid client secret provided\. AZURE_CLIENT_SECRET is wrong/,
  },
  {
    name: 'an expired secret',
    call: ENTRA,
    status: 401,
    body: { error: 'invalid_client', error_description: 'AADSTS7000222: expired.' },
    reason: 'CredentialsRejected',
    words: /make a new one/,
  },
  {
    name: 'a busy sign-in',
    call: ENTRA,
    status: 429,
    body: { error: 'temporarily_unavailable', error_description: 'AADSTS90033: busy' },
    reason: 'Throttled',
    words: /asks for fewer requests/,
  },
]

describe('an answer of Azure', () => {
  for (const { name, call = CALL, status, body, reason, words, retry, notWritten } of CASES)
    it(`that says ${name} becomes ${reason}`, () => {
      const error = toFaultError(new AzureError(status, body, '7'), call)
      assert.equal(error?.fault.reason, reason, error?.message)
      assert.match(error.message, words)
      assert.doesNotMatch(error.message, /Trace|Correlation|Timestamp|10:00|\n|\.\.|undefined/)
      if (retry !== undefined) assert.equal(error.fault.retry, retry)
      assert.equal(error.fault.notWritten, notWritten)
      if (reason === 'Throttled') assert.equal(error.fault.retryAfterMs, 7_000)
    })

  it('that does not come is told by the code of the socket', () => {
    const error = toFaultError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), READ)
    assert.equal(error?.fault.reason, 'CloudUnavailable')
    assert.match(
      error.message,
      /management\.azure\.com could not be asked for GetStorageAccount .*: ECONNREFUSED/,
    )
  })

  it('that is not JSON speaks of the endpoint', () => {
    assert.match(toFaultError(new SyntaxError('x'), READ)?.message ?? '', /something that is no answer to it/)
  })

  it('is none where it is a bug', () => assert.equal(toFaultError(new TypeError('x'), READ), undefined))

  it('says that something is missing only in Azure’s own words', () => {
    const answers = [
      new AzureError(404, arm('ResourceNotFound')),
      new AzureError(404, undefined),
      new AzureError(400, arm('ResourceNotFound')),
    ]
    assert.deepEqual(answers.map(isNotFound), [true, false, false])
  })
})

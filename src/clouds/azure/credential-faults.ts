import type { FaultError } from '../../api/fault.ts'
import type { AzureCall } from './azure-call.ts'
import type { AzureError } from './azure-error.ts'
import { fault, nameOf, wordsOf } from './fault-parts.ts'

/** Azure does not accept the token, or Entra does not give one. */
export function rejected(error: AzureError, call: AzureCall): FaultError {
  const advice = ADVICE.find(([codes]) => codes.test(error.code))?.[1] ?? OTHERWISE
  const message = `${call.host} rejects the credentials (${nameOf(error)} to ${call.operation})${wordsOf(error)}. ${advice}`
  return fault('CredentialsRejected', message)
}

const OTHERWISE = 'Renew the Secret in spec.azure.credentialsSecretRef, or the workload identity.'

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes#aadsts-error-codes */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^AADSTS7000215$/, 'AZURE_CLIENT_SECRET is wrong: put the secret’s value there, not its id.'],
  [/^AADSTS7000222$/, 'The client secret has expired: make a new one and put it into the Secret.'],
  [/^AADSTS(?:700016|90002|90019)$/, 'Check spec.azure.tenantId and the application (client) id.'],
  [
    /^AADSTS(?:70021|700211|700212|700213|700223|700024)$/,
    'The federated credential of the application does not fit this pod’s service account: compare issuer, subject (system:serviceaccount:<namespace>:<name>) and audience (api://AzureADTokenExchange).',
  ],
  [
    /^AADSTS5300\d$/,
    'A conditional access policy refuses the sign-in: let its owner make an exception for this identity.',
  ],
  [
    /^AADSTS(?:7000112|7000218|50105)$/,
    'The application is disabled, or not set up for this sign-in: see it in Entra’s enterprise applications.',
  ],
]

/** The token was issued by another tenant than the subscription trusts. */
export function otherTenant(_error: AzureError, call: AzureCall): FaultError {
  const message = `subscription ${call.subscriptionId} trusts another tenant than ${call.tenantId}, which the credentials are of; nothing was written. Correct spec.azure.tenantId and the credentials, or make a CloudAccount for the other subscription.`
  return fault('WrongAccount', message)
}

/** Nothing that could give credentials did. */
export function noCredentials(): FaultError {
  const message =
    'no Azure credentials were found: the CloudAccount has no credentialsSecretRef, and the pod has neither a workload identity (AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_ID) nor a managed identity. Give one of them.'
  return fault('CredentialsRejected', message)
}

/** The Secret lacks a key. */
export function secretLacks(names: readonly string[]): FaultError {
  const message = `the Secret in spec.azure.credentialsSecretRef has no value under ${names.join(' and none under ')}.`
  return fault('CredentialsRejected', message)
}

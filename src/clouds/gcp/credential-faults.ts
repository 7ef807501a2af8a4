import type { FaultError } from '../../api/fault.ts'
import { fault, nameOf, wordsOf } from './fault-parts.ts'
import { type GcpCall, serviceName } from './gcp-call.ts'
import type { GoogleError } from './google-error.ts'

/** Google does not accept the token, the key or the configuration. */
export function rejected(error: GoogleError, call: GcpCall): FaultError {
  const message = `${call.host} rejects the credentials (${nameOf(error)} to ${call.operation})${wordsOf(error)}. Renew the Secret in spec.gcp.credentialsSecretRef, or the workload identity.`
  return fault('CredentialsRejected', message)
}

/** `invalid_grant`: the key was deleted, the account is gone or disabled, or the clock is wrong. */
export function noSuchAccount(error: GoogleError, call: GcpCall): FaultError {
  const message = `${serviceName(call)} at ${call.host} does not accept the credentials of ${call.identity} (invalid_grant)${wordsOf(error)}. The key was deleted, the account is gone or disabled, or the node's clock is wrong. Make a new key, or set the clock.`
  return fault('CredentialsRejected', message)
}

/** Nothing that could give credentials did. */
export function noCredentials(): FaultError {
  const message =
    'no Google credentials were found: the CloudAccount has no credentialsSecretRef, and the pod has no ambient identity (workload identity, metadata server, GOOGLE_APPLICATION_CREDENTIALS). Give one of them.'
  return fault('CredentialsRejected', message)
}

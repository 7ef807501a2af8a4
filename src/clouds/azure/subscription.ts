import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import type { AzureApi } from './azure-api.ts'
import { claimsIn } from './token-claims.ts'
import type { TokenSource } from './token-source.ts'

/** Who Mooring is in the subscription. */
export interface Identity {
  /** For people. */
  readonly identity: string
}

const VERSION = '2022-12-01'

/**
 * Asks for the subscription, and holds it and the token against what the account names. Until then nothing else is asked.
 * https://learn.microsoft.com/rest/api/resources/subscriptions/get
 *
 * @throws FaultError WrongAccount when the token or the subscription is another tenant's.
 */
export async function checkSubscription(
  api: AzureApi,
  tokens: TokenSource,
  signal: AbortSignal,
): Promise<Identity> {
  const { tenantId, subscriptionId } = api.account
  const { identity, tenantId: ofToken } = claimsIn(await tokens.token('arm', signal))
  if (ofToken !== undefined && ofToken !== tenantId.toLowerCase())
    throw wrong(`the credentials are of tenant ${ofToken}, not of ${tenantId}`, 'spec.azure.tenantId')
  const path = `/subscriptions/${encodeURIComponent(subscriptionId)}?api-version=${VERSION}`
  const isAnswer = (answer: Json | undefined) =>
    isJsonObject(answer) && typeof answer.subscriptionId === 'string'
  const request = { service: 'arm', operation: 'GetSubscription', method: 'GET', path, isAnswer } as const
  const answer = await api.send(request, {}, signal)
  const { tenantId: owner, subscriptionId: found } = isJsonObject(answer) ? answer : {}
  if (isOther(owner, tenantId))
    throw wrong(
      `subscription ${subscriptionId} belongs to tenant ${String(owner)}, not to ${tenantId}`,
      'spec.azure.tenantId',
    )
  if (isOther(found, subscriptionId))
    throw wrong(
      `Azure answered with subscription ${String(found)} instead of ${subscriptionId}`,
      'the endpoint of Resource Manager',
    )
  return { identity }
}

function isOther(told: Json | undefined, named: string): boolean {
  return typeof told === 'string' && told.toLowerCase() !== named.toLowerCase()
}

function wrong(what: string, where: string): FaultError {
  return new FaultError({
    reason: 'WrongAccount',
    message: `${what}; nothing was written. Correct ${where} of the CloudAccount, or the credentials.`,
    retry: retryOf('WrongAccount'),
  })
}

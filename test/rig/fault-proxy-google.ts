/** How Google says that it is asked too often. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './fault-proxy-throttling.ts'

/** Its clients sign in with a bearer token, and its libraries say what they are. */
export function isForGoogle(headers: IncomingHttpHeaders): boolean {
  return headers['x-goog-api-client'] !== undefined || /^Bearer /.test(headers.authorization ?? '')
}

/**
 * One body for both kinds of API: `errors` is what Cloud Storage has and `status` what IAM has.
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes#429_Too_Many_Requests,
 * https://cloud.google.com/apis/design/errors#http_mapping
 */
export function googleThrottlingAnswer(): Answer {
  const message = 'The rate of requests exceeded the limit. Please reduce your request rate.'
  const errors = [{ message, domain: 'usageLimits', reason: 'rateLimitExceeded' }]
  return {
    status: 429,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({ error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', errors } }),
  }
}

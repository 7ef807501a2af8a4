/** How tests ask the Google Cloud for tests: with Google's libraries, and plainly where an answer itself is of interest. */
import { Storage } from '@google-cloud/storage'
import { type iam_v1, iam as iamApi } from '@googleapis/iam'
import { OAuth2Client } from 'google-auth-library'
import type { GcpAccount } from './gcp.ts'

type Wiring = Pick<GcpAccount, 'endpoint' | 'accessToken'>

/** Google's library for Cloud Storage. It does not ask again by itself. */
export function storageOf({ endpoint, projectId, accessToken }: Omit<GcpAccount, 'principal'>): Storage {
  return new Storage({
    apiEndpoint: endpoint,
    projectId,
    useAuthWithCustomEndpoint: true,
    authClient: signedIn(accessToken),
    retryOptions: { autoRetry: false },
  })
}

/** Google's library for IAM, which brings an older library for signing in along. */
export function iamOf({ endpoint, accessToken }: Wiring): iam_v1.Iam {
  const auth = signedIn(accessToken) as unknown as NonNullable<iam_v1.Options['auth']>
  return iamApi({ version: 'v1', auth, rootUrl: `${endpoint}/`, retry: false })
}

function signedIn(accessToken: string): OAuth2Client {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: accessToken })
  return client
}

export interface GcpReply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they check
  readonly body: any
}

/** One request, with a body of JSON where there is one. */
export async function ask(
  { endpoint, accessToken }: Wiring,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<GcpReply> {
  const answer = await fetch(`${endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false
  return { status: answer.status, body: isJson && text !== '' ? JSON.parse(text) : text }
}

/** Where access tokens come from, and whose they are. All methods throw FaultError; they honour the abort signal. */
export interface TokenSource {
  /** A token that is good for some minutes yet. */
  token(signal: AbortSignal): Promise<string>
  /** This token was rejected: the next one is a new one, where there can be one. */
  forget(token: string): void
  /** For people: whose tokens they are, an e-mail where it is known; the same after a restart. */
  identity(signal: AbortSignal): Promise<string>
}

/** What every token is asked for: custom roles need more than the scopes of Cloud Storage. https://developers.google.com/identity/protocols/oauth2/scopes */
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

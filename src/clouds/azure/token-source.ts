/** The services that take tokens; each its own. */
export type Audience = 'arm' | 'graph'

/** Where access tokens come from. All methods throw FaultError; they honour the abort signal. */
export interface TokenSource {
  /** A token that is good for some minutes yet. */
  token(audience: Audience, signal: AbortSignal): Promise<string>
  /** This token was rejected: the next one is a new one. */
  forget(audience: Audience, token: string): void
}

import { abortable } from './abortable.ts'
import { Remembered } from './remembered.ts'

/** A token, and when it ends in milliseconds since 1970; undefined where that is not known. */
export interface AccessToken {
  readonly token: string
  readonly expiresAt: number | undefined
}

/** A token is renewed so long before it ends. https://docs.cloud.google.com/docs/authentication/token-types#access-tokens */
const RENEW_EARLY_MS = 300_000

/** Tokens of one source: loaded once for all who ask at the same time, and kept until shortly before they end. */
export class KeptTokens {
  readonly #tokens: Remembered<AccessToken>
  readonly #refused = new Set<string>()

  constructor(load: () => Promise<AccessToken>) {
    this.#tokens = new Remembered(load, (known) => this.#isFresh(known))
  }

  async token(signal: AbortSignal): Promise<string> {
    const { token } = await abortable(() => this.#tokens.get(), signal)
    return token
  }

  forget(token: string): void {
    this.#refused.clear()
    this.#refused.add(token)
  }

  #isFresh({ token, expiresAt }: AccessToken): boolean {
    if (this.#refused.has(token)) return false
    return expiresAt === undefined || expiresAt - Date.now() > RENEW_EARLY_MS
  }
}

/** Where nothing succeeds, so many requests are asked again in place; then only whole passes try. */
const MOST = 20
/** What a request that succeeds earns. */
const EARNED = 0.5

/**
 * How often requests of one session may still be asked again in place: a failure takes one chance, a success earns a
 * half. So a cloud that turns some requests away is asked a little more often, and one that turns all away is not.
 * The SDKs of AWS bound their retries in the same way, by a quota.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html ("Retry quota")
 */
export class SecondChances {
  #left = MOST

  /** Takes one; false when there is none. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  earn(): void {
    this.#left = Math.min(MOST, this.#left + EARNED)
  }
}

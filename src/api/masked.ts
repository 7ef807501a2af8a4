/** What stands in a text in place of a secret. */
const MASK = '[hidden]'
/** Shorter ones are words by chance, and no secrets. */
const SHORTEST = 4

/**
 * The text without these secrets, as they are and as they stand in JSON and in an address: a cloud may say again what it was sent.
 */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets
    .filter(({ length }) => length >= SHORTEST)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.toWellFormed()),
    ])
    .sort((a, b) => b.length - a.length)
    .reduce((rest, spelling) => rest.replaceAll(spelling, MASK), text)
}

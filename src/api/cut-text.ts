/**
 * A text of at most `limit` UTF-16 units that a JSON parser in another language reads as the same text: it is cut between
 * characters, and half of a surrogate pair becomes U+FFFD, as the API server makes it. What it gives back then equals what was
 * sent, so an unchanged status stays unchanged.
 */
export function cutText(text: string, limit: number): string {
  const whole = text.toWellFormed()
  if (whole.length <= limit) return whole
  const cut = whole.slice(0, limit - 2)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)} …`
}

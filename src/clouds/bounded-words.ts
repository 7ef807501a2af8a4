/** No message of a cloud is longer; a page that a proxy sends may be. */
const LONGEST = 8_192

/**
 * What the other side says, as far as patterns are looked for in it: some of them take time that grows with the square of the
 * text, and a text of a megabyte would stop the whole operator.
 */
export function boundedWords(text: string): string {
  return text.length <= LONGEST ? text : text.slice(0, LONGEST)
}

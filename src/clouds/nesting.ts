/** No document of any cloud is nested deeper than a dozen levels; beyond some thousands JavaScript cannot follow. */
const DEEPEST = 200

/**
 * Refuses a JSON text that is nested too deeply to be compared and written back. It looks at brackets only, in one walk and
 * without recursion, so that it can be asked before anything else is done with the text.
 *
 * @throws SyntaxError
 */
export function assertShallow(json: string): void {
  let depth = 0
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (char === '"') at = endOfText(json, at)
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    if (depth > DEEPEST) throw new SyntaxError(`nested deeper than ${DEEPEST} levels`)
  }
}

/** Where the closing quote of the text is that begins here. */
export function endOfText(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

import { endOfText } from '../nesting.ts'

interface Frame {
  readonly keys: Set<string> | undefined
  readonly path: string
  key: string
  expectsKey: boolean
}

/**
 * The first key that an object in a JSON text has twice, as a path (`Statement/0/Condition/StringLike`), or
 * undefined. JSON.parse would keep the last and lose the others in silence. The text must be valid JSON.
 */
export function duplicateKey(json: string): string | undefined {
  const frames: Frame[] = []
  for (const token of tokensOf(json)) {
    const frame = frames.at(-1)
    if (token === '{' || token === '[') frames.push(openFrame(token, frame))
    else if (token === '}' || token === ']') frames.pop()
    else if (token === ',') nextItem(frame)
    else if (frame?.keys !== undefined && frame.expectsKey) {
      const key: string = JSON.parse(token)
      frame.key = key
      frame.expectsKey = false
      if (frame.keys.has(key)) return pathOf(frame)
      frame.keys.add(key)
    }
  }
  return undefined
}

/** Texts and punctuation. By hand: an expression that matches a text of millions of escapes has no room for what it remembers. */
function* tokensOf(json: string): Iterable<string> {
  const next = /["{}[\],]/g
  for (let found = next.exec(json); found !== null; found = next.exec(json)) {
    const [token] = found
    if (token !== '"') yield token
    else {
      next.lastIndex = endOfText(json, found.index) + 1
      yield json.slice(found.index, next.lastIndex)
    }
  }
}

function openFrame(token: '{' | '[', parent: Frame | undefined): Frame {
  const isObject = token === '{'
  const path = parent === undefined ? '' : `${pathOf(parent)}/`
  return { keys: isObject ? new Set() : undefined, path, key: isObject ? '' : '0', expectsKey: isObject }
}

function nextItem(frame: Frame | undefined): void {
  if (frame === undefined) return
  if (frame.keys === undefined) frame.key = String(Number(frame.key) + 1)
  else frame.expectsKey = true
}

function pathOf(frame: Frame): string {
  return `${frame.path}${frame.key}`
}

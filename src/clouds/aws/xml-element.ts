/** An XML element as far as it matters for comparing structures; text is left out. */
export interface XmlElement {
  readonly name: string
  /** Names of the attributes, without name-space declarations. */
  readonly attributes: readonly string[]
  readonly children: readonly XmlElement[]
}

interface OpenElement extends XmlElement {
  readonly attributes: string[]
  readonly children: OpenElement[]
}

/** What begins with `<` and is no element, with its end. */
const NOT_ELEMENTS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!DOCTYPE', '>'],
] as const
const TAG = /<(\/?)([^\s/<>]+)((?:\s+[^\s=<>/]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g

/** The root of an XML text, or undefined when the text is no XML that this small parser understands whole. */
export function parseXml(text: string): XmlElement | undefined {
  const plain = withoutNotElements(text)
  if (plain === undefined) return undefined
  const top: OpenElement = { name: '', attributes: [], children: [] }
  const open = [top]
  for (const [, closing, name = '', attributes = '', empty] of plain.matchAll(TAG)) {
    if (closing !== '') {
      if (open.pop()?.name !== name) return undefined
      continue
    }
    const element: OpenElement = { name, attributes: namesIn(attributes), children: [] }
    open.at(-1)?.children.push(element)
    if (empty === '') open.push(element)
  }
  const isWhole = open.length === 1 && top.children.length === 1 && !plain.replace(TAG, '').includes('<')
  return isWhole ? top.children[0] : undefined
}

/** In one walk: a regular expression would look for every end anew from every beginning. Undefined where an end is missing. */
function withoutNotElements(text: string): string | undefined {
  const kept: string[] = []
  let from = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    const [opener, closer] = NOT_ELEMENTS.find(([begin]) => text.startsWith(begin, at)) ?? []
    if (opener === undefined) {
      at += 1
      continue
    }
    const end = text.indexOf(closer, at + opener.length)
    if (end === -1) return undefined
    kept.push(text.slice(from, at))
    at = end + closer.length
    from = at
  }
  return kept.concat(text.slice(from)).join('')
}

function namesIn(attributes: string): string[] {
  const names = [...attributes.matchAll(/([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')/g)].map(([, name]) => name ?? '')
  return names.filter((name) => !/^xmlns(?::|$)/.test(name))
}

/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of policies */
/** JSON texts as no well-meaning cloud sends them: a document that somebody has tampered with in a few places. */
import fc from 'fast-check'

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** Nested so deep that a comparison by recursion would not come to its end. */
const deep = (levels: number): string => `${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`

/** Raw JSON, since much of it is nothing that a JavaScript value can hold. */
const RAW: readonly string[] = [
  ...['null', 'true', '0', '-0', '1.0', '1e400', '9007199254740993', '1E-7', '"1"', '"true"', '""', '" "'],
  ...['[]', '{}', '[[]]', '[null]', '["x"]', '[1]', '{"a":1}', '[{"a":[]}]'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":1}}', '{"length":-1}'],
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"e\\u0301"',
    '"\\u00e9"',
    '"\\u202e\\u200b\\ufeff"',
    '"\\u0000\\u0001"',
  ],
  ...['"*"', '"arn:aws:iam::111122223333:root"', '"Mooring"', '"mooring.dev/"', '"${aws:username}"'],
  ...['{"k":1,"k":2}', '"</CORSRule><x>"', '"a\\"}],\\"Principal\\":\\"*"'],
  `"${'x'.repeat(100_000)}"`,
  `["${'y'.repeat(1_000)}","${'y'.repeat(1_000)}"]`,
  deep(40),
  deep(1_000),
]

const NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'X-New',
  'etag',
  'condition',
  'Sid',
  'ID',
  'é',
  '',
]

interface Tampering {
  readonly at: number
  readonly how: 'Replace' | 'Add' | 'Wrap' | 'Repeat'
  readonly raw: string
  readonly name: string
}

const tampering: fc.Arbitrary<Tampering> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('Replace', 'Replace', 'Add', 'Wrap', 'Repeat'),
  raw: fc.constantFrom(...RAW),
  name: fc.constantFrom(...NAMES),
})

/** The text of a document, tampered with in up to three places. */
export function tampered(document: fc.Arbitrary<Plain>): fc.Arbitrary<string> {
  return fc.tuple(document, fc.array(tampering, { maxLength: 3 })).map(([value, list]) => {
    const root = { document: value }
    return list.reduce((text, one) => tamper(text, one), textOf(root.document))
  })
}

/** Where values begin and end in a JSON text: good enough to spoil them, also in a text that is spoilt already. */
function tamper(text: string, { at, how, raw, name }: Tampering): string {
  const spans = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\}/g)]
  const objects = [...text.matchAll(/\{(?=")/g)]
  if (how === 'Add') {
    const place = objects[at % Math.max(objects.length, 1)]?.index
    return place === undefined
      ? text
      : `${text.slice(0, place + 1)}${JSON.stringify(name)}:${raw},${text.slice(place + 1)}`
  }
  const span = spans[at % Math.max(spans.length, 1)]
  if (span === undefined) return raw
  const [value] = span
  const instead = how === 'Replace' ? raw : how === 'Wrap' ? `[${value}]` : `[${value},${value}]`
  return `${text.slice(0, span.index)}${instead}${text.slice(span.index + value.length)}`
}

function textOf(value: Plain): string {
  return JSON.stringify(value)
}

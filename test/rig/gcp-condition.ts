/**
 * IAM conditions as Cloud Storage evaluates them, as far as storage integrations need them: `resource.name` and
 * `resource.type` compared, `.startsWith(…)`, `api.getAttribute(…)`, `&&`, `||`, `!` and parentheses.
 * https://cloud.google.com/iam/docs/conditions-attribute-reference
 */

export interface ConditionFacts {
  /** As `projects/_/buckets/B/objects/O`, or `projects/_/buckets/B`. */
  readonly resourceName: string
  /** As `storage.googleapis.com/Object`. */
  readonly resourceType: string
  /** For a listing: its `prefix` parameter, under `storage.googleapis.com/objectListPrefix`. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Whether the expression holds. One that cannot be read, or that asks for something else, does not hold. */
export function conditionHolds(expression: string, facts: ConditionFacts): boolean {
  try {
    const reader = { tokens: tokensOf(expression), at: 0, facts }
    const value = either(reader)
    return reader.at === reader.tokens.length && value === true
  } catch {
    return false
  }
}

type Value = string | boolean

interface Reader {
  readonly tokens: readonly string[]
  at: number
  readonly facts: ConditionFacts
}

const shape = /\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|&&|\|\||==|!=|[!().,]|[A-Za-z_]\w*)/y

function tokensOf(expression: string): string[] {
  const tokens: string[] = []
  const scanner = new RegExp(shape)
  const text = expression.trim()
  while (scanner.lastIndex < text.length) {
    const token = scanner.exec(text)?.[1]
    if (token === undefined) throw new Error(`cannot read: ${text}`)
    tokens.push(token)
  }
  return tokens
}

function take(reader: Reader, wanted: string): boolean {
  if (reader.tokens[reader.at] !== wanted) return false
  reader.at += 1
  return true
}

function expect(reader: Reader, wanted: string): void {
  if (!take(reader, wanted)) throw new Error(`expected ${wanted}`)
}

function next(reader: Reader): string {
  const token = reader.tokens[reader.at]
  if (token === undefined) throw new Error('it ends too early')
  reader.at += 1
  return token
}

function either(reader: Reader): Value {
  let value = both(reader)
  while (take(reader, '||')) {
    const right = both(reader)
    value = value === true || right === true
  }
  return value
}

function both(reader: Reader): Value {
  let value = compared(reader)
  while (take(reader, '&&')) {
    const right = compared(reader)
    value = value === true && right === true
  }
  return value
}

function compared(reader: Reader): Value {
  const left = term(reader)
  if (take(reader, '==')) return left === term(reader)
  if (take(reader, '!=')) return left !== term(reader)
  return left
}

function term(reader: Reader): Value {
  if (take(reader, '!')) return !term(reader)
  let value: Value
  if (take(reader, '(')) {
    value = either(reader)
    expect(reader, ')')
  } else value = atom(reader)
  while (take(reader, '.')) value = called(reader, value, next(reader))
  return value
}

function atom(reader: Reader): Value {
  const token = next(reader)
  if (/^["']/.test(token)) return unquoted(token)
  if (token === 'true' || token === 'false') return token === 'true'
  expect(reader, '.')
  const member = next(reader)
  if (token === 'resource' && member === 'name') return reader.facts.resourceName
  if (token === 'resource' && member === 'type') return reader.facts.resourceType
  if (token === 'resource' && member === 'service') return 'storage.googleapis.com'
  if (token === 'api' && member === 'getAttribute') {
    const [name = '', otherwise = ''] = argumentsOf(reader)
    return reader.facts.attributes[String(name)] ?? otherwise
  }
  throw new Error(`what is ${token}.${member}?`)
}

function called(reader: Reader, value: Value, method: string): boolean {
  const [first = ''] = argumentsOf(reader)
  if (method === 'startsWith') return String(value).startsWith(String(first))
  if (method === 'endsWith') return String(value).endsWith(String(first))
  throw new Error(`what is .${method}()?`)
}

function argumentsOf(reader: Reader): Value[] {
  const values: Value[] = []
  expect(reader, '(')
  while (!take(reader, ')')) {
    values.push(either(reader))
    take(reader, ',')
  }
  return values
}

const unquoted = (token: string) => token.slice(1, -1).replaceAll(/\\(.)/g, '$1')

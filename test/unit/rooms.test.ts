/** The rules of the rooms in src/: who may import whom, what pure code may not touch, and how large things may grow. */
import { strict as assert } from 'node:assert'
import { basename, posix } from 'node:path'
import { describe, it } from 'node:test'
import { functionsIn, isShipped, type SourceFile, sourceFile, sourceFiles } from './source-files.ts'

const everything = await sourceFiles('src', 'test', 'tools')
const shipped = everything.filter((file) => file.path.startsWith('src/') && isShipped(file))
const byPath = new Map(shipped.map((file) => [file.path, file]))

/**
 * Imports point downwards. Of clouds/, others know the interface and single pure facts; SDKs stay inside.
 *
 *     api ← plan ← clouds ← vendors ← reconcile ← top level
 *     kube ←───────────────────────── reconcile
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  api: ['api'],
  plan: ['api', 'plan'],
  clouds: ['api', 'plan', 'clouds'],
  vendors: [
    'api',
    'plan',
    'clouds/cloud.ts',
    'clouds/aws/partition.ts',
    'clouds/aws/role-parts.ts',
    'clouds/azure/account.ts',
    'vendors',
  ],
  kube: ['kube'],
  reconcile: [
    'api',
    'plan',
    'clouds/cloud.ts',
    'clouds/index.ts',
    'clouds/session-hooks.ts',
    'vendors',
    'kube',
    'reconcile',
  ],
}

/** Files of src/clouds/aws that only translate, besides the rooms that are pure as a whole. */
const PURE_AWS =
  /^src\/clouds\/aws\/(bucket-policy|key-policy|policy-document|statement|key-arn|grant-(?!checks)[a-z]+|cors|partition|account|aws-call|iam-action|duplicate-keys|fault-parts|s3-location|xml-element|lifecycle|lifecycle-rule|lifecycle-form|role-parts|role-ledger|role-limits|role-document|role-content|role-steps|iam-role|statement)\.ts$/
/** The same of src/clouds/gcp. */
const PURE_GCP =
  /^src\/clouds\/gcp\/(account|bucket-iam|iam-bindings|iam-limits|gcs-cors|gcs-lifecycle|gcs-grant-checks|custom-role|custom-role-steps|role-after|role-limits|role-tag|gcp-operation|gcp-call|google-error|fault-parts|key-file|federation-config|loopback|[a-z]+-faults)\.ts$/
/** The same of src/clouds/azure. */
const PURE_AZURE =
  /^src\/clouds\/azure\/(account|cloud-instance|address-range|assignment-(name|steps)|role-assignments|blob-(cors|grant-checks|service)|service-principal|consent|resource-id|azure-(call|error|operation)|token-claims|fault-parts|[a-z]+-faults)\.ts$/
const PURE_CLOUDS =
  /^src\/clouds\/(cloud|session-hooks|redact|ledger-kind|unreadable|nesting|bounded-words)\.ts$/
const isPure = ({ path }: SourceFile) =>
  /^src\/(api|plan|vendors)\//.test(path) ||
  [PURE_AWS, PURE_GCP, PURE_AZURE, PURE_CLOUDS].some((pure) => pure.test(path))

describe('every room of src/', () => {
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${room} imports only ${allowed.join(', ')}`, () => {
      const wrong = shipped
        .filter(({ path }) => path.startsWith(`src/${room}/`))
        .flatMap(({ path, imports }) => imports.map((target) => ({ path, target })))
        .filter(({ target }) => target.startsWith('src/') && !allowed.some((room) => isIn(target, room)))
      assert.deepEqual(wrong, [])
    })
  }

  it('has rules here', () => {
    const rooms = new Set(shipped.flatMap(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []))
    assert.deepEqual([...rooms].sort(), Object.keys(MAY_IMPORT).sort())
  })
})

describe('pure code', () => {
  const pure = shipped.filter(isPure)

  it('imports no package and no module of Node but its hashes, not even through others', () => {
    const wrong = pure.flatMap((file) => reachable(file).map((target) => `${file.path} → ${target}`))
    assert.deepEqual(wrong, [])
  })

  it('reads no clock, no chance, no network, no environment, and says nothing', () => {
    const impure =
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|process\.|console\.|fetch\(|setTimeout|setInterval|randomUUID|randomBytes)/
    assert.deepEqual(found(pure, impure), [])
  })
})

describe('a library is known in one place', () => {
  for (const [library, room] of [
    ['@kubernetes/client-node', /^src\/kube\/kubeconfig\.ts$/],
    ['undici', /^src\/(kube|clouds)\//],
    ['@aws-sdk', /^src\/clouds\/aws\//],
    ['@smithy', /^src\/clouds\/aws\//],
    ['@google-cloud', /^src\/clouds\/gcp\//],
    ['@googleapis', /^src\/clouds\/gcp\//],
    ['google-auth-library', /^src\/clouds\/gcp\/[a-z]+-tokens\.ts$/],
    ['@azure', /^src\/clouds\/azure\//],
    ['pino', /^src\/log\.ts$/],
    ['commander', /^src\/config\.ts$/],
    ['@prometheus-io/client', /^src\/metrics\.ts$/],
  ] as const) {
    it(`${library} only in ${room.source}`, () => {
      const users = shipped.filter(({ imports }) => imports.some((name) => isIn(name, library)))
      assert.deepEqual(paths(users.filter(({ path }) => !room.test(path))), [])
    })
  }

  it('the inside of a cloud only by a lazy import, so that a cloud nobody uses costs nothing', () => {
    const eager = shipped
      .filter(({ path }) => !/^src\/clouds\/[^/]+\//.test(path))
      .flatMap(({ path, code }) => staticImports(path, code).map((target) => `${path} → ${target}`))
    assert.deepEqual(eager, [])
  })

  it('the environment and the arguments only in src/main.ts', () => {
    const users = shipped.filter(({ code }) => /\bprocess\.(env|argv)\b/.test(code))
    assert.deepEqual(paths(users), ['src/main.ts'])
  })
})

describe('a file of src/, tools/ or the tests’ own machinery', () => {
  const files = everything.filter(({ path }) => !path.endsWith('.test.ts'))

  it('has at most 400 lines', () => {
    const long = files.filter(({ lines }) => lines.length > 400)
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines.length}`),
      [],
    )
  })

  it('has no function of more than 70 lines', () => {
    const long = files.flatMap(functionsIn).filter(({ length }) => length > 70)
    assert.deepEqual(
      long.map(({ path, line, length }) => `${path}:${line}: ${length}`),
      [],
    )
  })

  it('has no enum, no default export and no variable at module level', () => {
    assert.deepEqual(
      found(files, /^(?:export )?(?:(?:const |declare )*enum |default |let |var )|^export default /),
      [],
    )
  })

  it('is named for what is in it: no util, common, helpers or misc', () => {
    const nameless = /^(utils?|common|helpers?|misc|shared-utils)$|-(utils?|helpers?)$/
    assert.deepEqual(paths(files.filter(({ path }) => nameless.test(basename(path, '.ts')))), [])
  })
})

describe('these tests themselves', () => {
  it('see a function of each form, with its whole head', () => {
    const text = [
      'export function a(',
      '  b: string,',
      '): void {',
      '  if (b) {',
      '  }',
      '}',
      'const c = () => {',
      '}',
      'class D {',
      '  async e(): Promise<void> {',
      '  }',
      '}',
    ]
    const blocks = functionsIn(sourceFile('src/x.ts', text.join('\n')))
    assert.deepEqual(
      blocks.map(({ line, length }) => ({ line, length })),
      [
        { line: 1, length: 6 },
        { line: 7, length: 2 },
        { line: 10, length: 2 },
      ],
    )
  })

  it('see static, dynamic and type imports, and none in a comment', () => {
    const text = `import type { A } from './a.ts'\nimport {\n  B,\n} from '../b.ts'\nexport { c } from 'c'\nconst d = await import('d')\ntype E = typeof import('e')\n// from 'f'\n/* import 'g' */`
    const { imports } = sourceFile('src/plan/x.ts', text)
    assert.deepEqual(imports, ['src/plan/a.ts', 'src/b.ts', 'c', 'd', 'e'])
  })
})

/** What a file loads at once of a cloud's inside; types and pure files cost nothing. */
function staticImports(path: string, code: string): string[] {
  const statements = code.matchAll(/^import (?!type)[^']*'([^']*\/(?:aws|gcp|azure)\/[^']*)'/gm)
  const targets = [...statements].map(([, name = '']) => posix.join(posix.dirname(path), name))
  return targets.filter((target) => ![PURE_AWS, PURE_GCP, PURE_AZURE].some((pure) => pure.test(target)))
}

/** Packages and modules of Node that a file reaches, by its own imports or those of its imports. */
function reachable(start: SourceFile): string[] {
  const seen = new Set([start.path])
  for (const path of seen) for (const name of byPath.get(path)?.imports ?? []) seen.add(name)
  return [...seen].filter((name) => !name.startsWith('src/') && name !== 'node:crypto').sort()
}

/** `src/plan/mark.ts` is in `plan`, `@aws-sdk/client-s3` in `@aws-sdk`. */
function isIn(target: string, room: string): boolean {
  const name = target.replace(/^src\//, '')
  return name === room || name.startsWith(`${room}/`)
}

function paths(files: readonly SourceFile[]): string[] {
  return files.map(({ path }) => path)
}

/** Lines of code that match, as `path: line`. */
function found(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    code
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  )
}

/** The project's own code as text, for tests that hold it to the rules of the house. */
import { glob, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { repository } from '../rig/cache.ts'

export interface SourceFile {
  /** From the top of the repository: `src/plan/mark.ts`. */
  readonly path: string
  readonly lines: readonly string[]
  /** Without comments. */
  readonly code: string
  /** What it imports, types included: a package, or a path from the top of the repository. */
  readonly imports: readonly string[]
}

/** A block of code that has a name or is handed over: where it begins, and its lines from head to closing brace. */
export interface Block {
  readonly path: string
  readonly line: number
  readonly length: number
  readonly head: string
}

/** Files below some folders, generated ones left out. */
export async function sourceFiles(...folders: string[]): Promise<SourceFile[]> {
  const found: string[] = []
  for await (const path of glob(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: repository },
  ))
    found.push(path)
  const own = found.filter((path) => !path.startsWith('src/api/generated/')).sort()
  return Promise.all(
    own.map(async (path) => sourceFile(path, await readFile(join(repository, path), 'utf8'))),
  )
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  return { path, code, lines: text.trimEnd().split('\n'), imports: importsOf(path, code) }
}

/** Code that is shipped: no test, and nothing that only tests use. */
export function isShipped({ path, code }: SourceFile): boolean {
  return !path.endsWith('.test.ts') && !/^\/\*\* For tests/m.test(code) && !code.includes("'node:test'")
}

function importsOf(path: string, code: string): string[] {
  const statements = code.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)
  return [...statements].map(([, name = '']) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name) : name,
  )
}

/**
 * Functions, methods and arrow functions with a body, found by the formatter's indentation: a body ends at the first
 * line with a closing brace as deep as the line that it began on. The head counts from its own first line.
 */
export function functionsIn({ path, lines }: SourceFile): Block[] {
  return lines.flatMap((line, at) => {
    if (!FUNCTION_BODY.test(line)) return []
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const end = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}}`))
    const begin = /^\s*\)/.test(line) ? headOf(lines, at, indent) : at
    const length = (end === -1 ? lines.length - 1 : end) - begin + 1
    return [{ path, line: begin + 1, length, head: (lines[begin] ?? '').trim() }]
  })
}

/** `function f() {`, `) {` or `): T {` after a long list of parameters, `=> {`, a method; never if, for or switch. */
const FUNCTION_BODY =
  /^(?!\s*(?:\} )?(?:if|for|while|switch|catch|else|try|do|return|await)\b).*(?:\)|\)[:\s].+) (?:=> )?\{$/

function headOf(lines: readonly string[], at: number, indent: string): number {
  const before = lines
    .slice(0, at)
    .findLastIndex((line) => line.startsWith(indent) && /^\S/.test(line.slice(indent.length)))
  return before === -1 ? at : before
}

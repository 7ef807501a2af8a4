import { dirname, join } from 'node:path'
import { childEnvironment } from './child-environment.ts'
import { type CommandResult, runCommand } from './run-command.ts'

/** An object, a list of objects, or YAML. */
export type Manifest = object | readonly object[] | string

export interface Kubectl {
  readonly kubeconfigPath: string
  /** Any command; a failing one is a result like any other. */
  run(args: readonly string[], input?: string): Promise<CommandResult>
  /** `apply -f -`, for manifests that may be refused. */
  tryApply(manifest: Manifest, ...flags: string[]): Promise<CommandResult>
  /** `apply -f -`; throws with kubectl's words when it fails. */
  apply(manifest: Manifest, ...flags: string[]): Promise<string>
  /** `get … -o json`; throws when it is not there. `get<T>('si', 'clips', '-n', 'a')` */
  get<T = KubernetesObject>(...args: string[]): Promise<T>
  /** `delete … --ignore-not-found` */
  delete(...args: string[]): Promise<string>
  /** Any command that must succeed; returns its stdout. */
  must(...args: string[]): Promise<string>
}

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown }
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
  readonly [field: string]: any
}

export class KubectlError extends Error {
  readonly result: CommandResult
  constructor(args: readonly string[], result: CommandResult) {
    super(`kubectl ${args.join(' ')}: ${result.stderr.trim()}`)
    this.result = result
  }
}

export function makeKubectl(command: string, kubeconfigPath: string): Kubectl {
  const home = dirname(kubeconfigPath)
  const env = {
    ...childEnvironment(home),
    KUBECONFIG: kubeconfigPath,
    KUBECACHEDIR: join(home, 'kubectl-cache'),
  }

  const run = (args: readonly string[], input?: string) =>
    runCommand(command, args, { env, ...(input !== undefined && { input }) })

  async function must(args: readonly string[], input?: string): Promise<string> {
    const result = await run(args, input)
    if (result.code !== 0) throw new KubectlError(args, result)
    return result.stdout
  }

  return {
    kubeconfigPath,
    run,
    tryApply: (manifest, ...flags) => run(['apply', '-f', '-', ...flags], asText(manifest)),
    apply: (manifest, ...flags) => must(['apply', '-f', '-', ...flags], asText(manifest)),
    get: async (...args) => JSON.parse(await must(['get', ...args, '-o', 'json'])),
    delete: (...args) => must(['delete', '--ignore-not-found', ...args]),
    must: (...args) => must(args),
  }
}

function asText(manifest: Manifest): string {
  if (typeof manifest === 'string') return manifest
  if (!Array.isArray(manifest)) return JSON.stringify(manifest)
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifest })
}

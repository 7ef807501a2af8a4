/** What Argo CD and Flux make of objects: their own interpreters (tools/gitops-verdicts). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { repository } from './cache.ts'
import { goProgram } from './go-program.ts'

interface Verdict {
  readonly status: string
  readonly message: string
}

/** Argo CD: Healthy, Progressing, Degraded or Suspended. Flux (kstatus): Current, InProgress, Failed or Terminating. */
export interface GitOpsVerdict {
  readonly argo: Verdict
  readonly flux: Verdict
}

export function gitopsVerdictsBinary(): Promise<string> {
  return goProgram(
    'gitops-verdicts',
    'Building the interpreters of Argo CD and Flux (once; 40 seconds on two cores)',
  )
}

/** One verdict for each object, in their order. */
export async function gitopsVerdicts(objects: readonly object[]): Promise<GitOpsVerdict[]> {
  const configMap = join(repository, 'deploy', 'argocd', 'argocd-cm.yaml')
  const program = spawn(await gitopsVerdictsBinary(), [configMap], { stdio: ['pipe', 'pipe', 'pipe'] })
  program.stdin.end(JSON.stringify(objects))
  const [answer, complaint, [code]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, 'close'),
  ])
  if (code !== 0) throw new Error(`gitops-verdicts: ${complaint}`)
  return JSON.parse(answer)
}

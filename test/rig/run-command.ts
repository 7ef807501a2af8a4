import { type SpawnOptions, spawn } from 'node:child_process'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  readonly input?: string
}

/** Runs a command to its end. A failing command is a result, not an exception; one that cannot be started throws. */
export function runCommand(
  command: string,
  args: readonly string[],
  { input, ...options }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
    child.stdin.on('error', () => child.stdin.destroy()) // it ended before it read everything: its exit code tells why
    child.stdin.end(input ?? '')
  })
}

/** Like `runCommand`, for commands whose failure ends the story. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, options)
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with exit code ${code}\n${stderr || stdout}`)
  return stdout
}

/** How the demo speaks: chapters, the commands it runs with their real output, and what is expected of them. */
import { styleText } from 'node:util'
import type { Kubectl } from '../rig/kubectl.ts'

export interface Narrator {
  chapter(title: string, explanation: string): void
  say(text: string): void
  /** Shows a text as it is, e.g. a manifest or a policy. */
  show(title: string, text: string): void
  /** Runs kubectl, shows command and output, and returns the output. */
  kubectl(...args: string[]): Promise<string>
  /** Applies a manifest as `kubectl apply -f FILE`, and shows it. */
  apply(file: string, manifest: string): Promise<void>
  /** A claim that must hold; the demo ends with an error when it does not. */
  expect(claim: string, holds: boolean): void
}

export function makeNarrator(kubectl: Kubectl): Narrator {
  const state = { chapter: 0 }
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  const indent = (text: string): string => text.trimEnd().replace(/^/gm, '    ')
  const command = (text: string): void => print(`\n  ${styleText('cyan', `$ ${text}`)}`)
  const run = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl.run(args, input)
    print(indent(stdout + stderr))
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed`)
    return stdout
  }
  return {
    chapter: (title, explanation) => {
      state.chapter += 1
      print(`\n${styleText('bold', `${state.chapter}. ${title}`)}\n   ${explanation}`)
    },
    say: (text) => print(`   ${text}`),
    show: (title, text) => print(`\n  ${styleText('dim', title)}\n${indent(text)}`),
    kubectl: (...args) => {
      command(`kubectl ${args.join(' ')}`)
      return run(args)
    },
    apply: async (file, manifest) => {
      command(`cat ${file}`)
      print(indent(manifest))
      command(`kubectl apply -f ${file}`)
      await run(['apply', '-f', '-'], manifest)
    },
    expect: (claim, holds) => {
      print(`\n  ${holds ? styleText('green', '✔') : styleText('red', '✘')} ${claim}`)
      if (!holds) throw new Error(`not so: ${claim}`)
    },
  }
}

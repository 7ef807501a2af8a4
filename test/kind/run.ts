/** `make kind-up`, `kind-down`, `kind-offline`, `kind-e2e`, `kind-gitops`. */
import { parseArgs } from 'node:util'
import { down, kubeconfigPath, prepareImages, up } from './cluster.ts'
import { findDocker, provideDocker, Refusal, requirePrograms } from './docker.ts'
import { endToEnd } from './end-to-end.ts'
import { gitops } from './gitops/run-gitops.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
})

const commands = {
  async offline() {
    await findDocker()
    await requirePrograms(true)
    const isOurs = await provideDocker()
    try {
      const images = await prepareImages(true)
      for (const { name, file } of Object.values(images)) console.log(`${name.padEnd(42)} ${file}`)
    } finally {
      if (isOurs) await down()
    }
  },
  async up() {
    await up()
    console.log(
      `\nThe cluster is up:\n\n  export KUBECONFIG='${kubeconfigPath()}'\n\nmake kind-down takes it away.`,
    )
  },
  down,
  e2e: () => endToEnd(values),
  gitops: () => gitops(values),
}

const command = commands[positionals[0] as keyof typeof commands]
if (!command) throw new Error(`run.ts ${Object.keys(commands).join('|')}`)
try {
  await command()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

import { ConfigError, readConfig } from './config.ts'
import { connect } from './kube/connection.ts'
import { ConnectionError } from './kube/connection-error.ts'
import { KubeError } from './kube/kube-error.ts'
import { superviseProcess } from './kube/lifecycle.ts'
import { stopInOrder } from './kube/stop-in-order.ts'
import { makeLog } from './log.ts'
import { startOperator } from './operator.ts'
import { StartupError } from './startup-checks.ts'

/** Errors that a person mends: told in a sentence, without a stack. */
function isTold(error: unknown): error is Error {
  return [ConfigError, ConnectionError, KubeError, StartupError].some((type) => error instanceof type)
}

async function main(): Promise<void> {
  const config = readConfig(process.argv, process.env)
  const log = makeLog(config.logLevel)
  const connection = await connect(process.env)
  const operator = await startOperator(config, connection, log, () => {
    log.error({}, 'leadership lost, exiting')
    process.exit(1)
  })
  superviseProcess({ process, log, stop: () => stopInOrder(operator, { log }) })
}

main().catch((error: unknown) => {
  process.stderr.write(`mooring: ${isTold(error) ? error.message : (error as Error).stack}\n`)
  process.exit(1)
})

import type { Controllers } from './controllers.ts'
import type { Log } from './kube/log.ts'
import { type PassReport, runWorkers } from './kube/workers.ts'

/** Milliseconds that one pass may take before it is aborted. */
const PASS_TIMEOUT_MS = 120_000

/** The workers over all queues: started once with leadership, stopped in order, or aborted at once when it is lost. */
export class Service {
  readonly #controllers: Controllers
  readonly #onPass: (pass: PassReport) => void
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #lost = new AbortController()
  readonly #running: Promise<boolean>[] = []

  constructor(controllers: Controllers, onPass: (pass: PassReport) => void, log: Log) {
    this.#controllers = controllers
    this.#onPass = onPass
    this.#log = log
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  start(): void {
    this.#controllers.begin()
    const options = {
      passTimeoutMs: PASS_TIMEOUT_MS,
      log: this.#log,
      abort: this.#lost.signal,
      onPass: this.#onPass,
    }
    for (const { controller, workers } of this.#controllers.list) {
      this.#running.push(runWorkers(controller, { ...options, workers }, this.#stopping.signal))
    }
    this.#log.info({}, 'leading')
  }

  abort(): void {
    this.#lost.abort()
  }

  /** False when a pass would not end. */
  async stop(): Promise<boolean> {
    this.#stopping.abort()
    return (await Promise.all(this.#running)).every(Boolean)
  }
}

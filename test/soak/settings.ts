/** What a soak is made of; each is an environment variable of `make soak`. */
export interface SoakSettings {
  readonly minutes: number
  readonly integrations: number
  readonly replicas: number
  /** Seconds between two deaths (SIGKILL) of whoever leads; 0: nobody dies. */
  readonly killSeconds: number
  /** Seconds between two moments at which every watch is ended. */
  readonly cutSeconds: number
  /** Seconds between two moments at which every connection to the API server is reset, the Lease's as well. */
  readonly resetSeconds: number
  /** Shares of requests to the clouds that are turned away, or whose answer is lost. */
  readonly throttle: number
  readonly loseAnswer: number
  readonly clouds: readonly string[]
}

export function soakSettings(env: NodeJS.ProcessEnv): SoakSettings {
  const number = (name: string, fallback: number): number => {
    const value = Number(env[name] || fallback)
    if (!Number.isFinite(value) || value < 0) throw new Error(`${name}=${env[name]} is no number`)
    return value
  }
  return {
    minutes: number('MINUTES', 30),
    integrations: number('INTEGRATIONS', 500),
    replicas: number('REPLICAS', 1),
    killSeconds: number('KILL_SECONDS', 0),
    cutSeconds: number('CUT_SECONDS', 5),
    resetSeconds: number('RESET_SECONDS', 60),
    throttle: number('THROTTLE', 0.05),
    loseAnswer: number('LOSE_ANSWER', 0.02),
    clouds: (env.CLOUDS || 'aws,gcp,azure').split(','),
  }
}

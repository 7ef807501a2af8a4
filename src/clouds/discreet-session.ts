import { type Fault, FaultError } from '../api/fault.ts'
import { masked } from '../api/masked.ts'
import type { CheckResult, CloudSession, TargetDriver } from './cloud.ts'

/**
 * The same session, in whose faults and checks no credential can stand, whatever the other side says again of what it was sent.
 * `redact` takes out what looks like a secret; this one knows them.
 */
export function discreet(session: CloudSession, credentials: Readonly<Record<string, string>>): CloudSession {
  const secrets = secretsIn(credentials)
  if (secrets.length === 0) return session
  return {
    facts: session.facts,
    identity: (signal) => quietly(secrets, () => session.identity(signal)),
    open: (target) => discreetDriver(session.open(target), secrets),
    close: () => session.close(),
  }
}

function discreetDriver(driver: TargetDriver, secrets: readonly string[]): TargetDriver {
  const quiet = <T>(act: () => Promise<T>): Promise<T> => quietly(secrets, act)
  return {
    facts: () => driver.facts(),
    read: (...asked) => quiet(() => driver.read(...asked)),
    write: (...asked) => quiet(() => driver.write(...asked)),
    probe: (...asked) =>
      quiet(async () => (await driver.probe(...asked)).map((check) => withoutSecrets(check, secrets))),
    ...(driver.unmet === undefined
      ? {}
      : {
          unmet: (...asked) =>
            quiet(async () => {
              const fault = await driver.unmet?.(...asked)
              return fault === undefined ? undefined : withoutSecrets(fault, secrets)
            }),
        }),
  }
}

/** Something that fails with a fault, of which the secrets are taken out. */
async function quietly<T>(secrets: readonly string[], act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const fault = withoutSecrets(error.fault, secrets)
    throw fault.message === error.fault.message ? error : new FaultError(fault)
  }
}

function withoutSecrets<T extends Fault | CheckResult>(said: T, secrets: readonly string[]): T {
  return { ...said, message: masked(said.message, secrets) }
}

/** Ids are no secrets, and help people. Of a key file only the key is one; its lines may come alone. */
function secretsIn(credentials: Readonly<Record<string, string>>): string[] {
  return Object.entries(credentials)
    .filter(([name]) => !/_ID$/.test(name))
    .flatMap(([, value]) => keysIn(value) ?? [value.trim()])
    .filter(Boolean)
}

function keysIn(value: string): string[] | undefined {
  const fields = parsed(value)
  if (typeof fields !== 'object' || fields === null) return undefined
  const keys = Object.entries(fields).flatMap(([name, text]) =>
    /key|secret|token|password/i.test(name) && !/ur[il]$|type$/i.test(name) && typeof text === 'string'
      ? [text]
      : [],
  )
  return keys.flatMap((key) => [key, ...key.split('\n').filter((line) => !line.startsWith('-----'))])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

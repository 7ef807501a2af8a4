import { Command, CommanderError, Option } from 'commander'
import { SETTINGS, variableOf } from './settings.ts'

/** The process' settings, checked. */
export interface Config {
  readonly httpAddress: string
  readonly resyncMs: number
  /** Empty: taken from the cluster. */
  readonly installationId: string
  readonly logLevel: string
  readonly leaderElection: boolean
}

/** A setting that cannot be used; the message names flag, variable and remedy. */
export class ConfigError extends Error {}

/**
 * Reads flags, then environment variables, then defaults.
 *
 * @throws ConfigError for a value that cannot be used. `--help` and `--version` print and exit.
 */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const values = valuesOf(argv, env)
  const text = (flag: string): string => values.get(flag) ?? ''
  return {
    httpAddress: text('http-address'),
    resyncMs: duration('resync', text('resync')),
    installationId: text('installation-id'),
    logLevel: oneOf('log-level', text('log-level'), ['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    leaderElection: oneOf('leader-election', text('leader-election'), ['true', 'false']) === 'true',
  }
}

function valuesOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const command = new Command('mooring')
    .description('Ties buckets to the vendors that need them.')
    .version('0.1.0')
  for (const { flag, fallback, description } of SETTINGS) {
    const help = `${description} (env: ${variableOf(flag)})`
    command.addOption(new Option(`--${flag} <value>`, help).default(env[variableOf(flag)] || fallback))
  }
  command.exitOverride().configureOutput({ writeErr: () => undefined })
  try {
    command.parse([...argv], { from: 'node' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0)
    throw new ConfigError(
      error instanceof Error ? `${error.message}; see --help` : 'unusable arguments; see --help',
    )
  }
  const options = command.opts<Record<string, string>>()
  return new Map(SETTINGS.map(({ flag }) => [flag, options[camelCase(flag)] ?? '']))
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase())
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

function duration(flag: string, text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit] ?? 0)
  if (ms >= 1_000 && ms <= 7 * 24 * 3_600_000) return ms
  throw new ConfigError(
    `--${flag} (${variableOf(flag)}) is "${text}"; it must be a time from 1s to 168h, such as 90s, 10m or 1h`,
  )
}

function oneOf(flag: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text
  throw new ConfigError(
    `--${flag} (${variableOf(flag)}) is "${text}"; it must be one of ${choices.join(', ')}`,
  )
}

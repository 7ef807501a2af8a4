/** One setting of the process: a flag and an environment variable of the same meaning. */
export interface Setting {
  /** Long flag without dashes: `http-address`. The variable is MOORING_HTTP_ADDRESS. */
  readonly flag: string
  readonly fallback: string
  /** One sentence for --help and the README's table. */
  readonly description: string
}

/** Every setting, in the order in which the README shows them (a test compares). */
export const SETTINGS = [
  {
    flag: 'http-address',
    fallback: ':8080',
    description: 'Where /livez, /readyz and /metrics are served; host:port, no host for all interfaces.',
  },
  {
    flag: 'resync',
    fallback: '10m',
    description: 'How often every bucket is looked at for drift (±10 %), as 90s, 10m or 1h; at least 1s.',
  },
  {
    flag: 'installation-id',
    fallback: '',
    description:
      'Part of every ownership mark in the cloud; empty: the UID of the kube-system namespace. Must differ between clusters that share buckets, and never change.',
  },
  { flag: 'log-level', fallback: 'info', description: 'trace, debug, info, warn, error or silent.' },
  {
    flag: 'leader-election',
    fallback: 'true',
    description:
      'Whether replicas elect the one that works, by the Lease "mooring"; false only for a single local process.',
  },
] as const satisfies readonly Setting[]

/** The environment variable of a flag: `http-address` is MOORING_HTTP_ADDRESS. */
export function variableOf(flag: string): string {
  return `MOORING_${flag.toUpperCase().replaceAll('-', '_')}`
}

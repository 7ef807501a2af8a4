/**
 * What the servers and the operator see of our environment: next to nothing. A developer's own clouds, clusters and
 * proxies must be out of reach of a test.
 */
export function childEnvironment(home: string): NodeJS.ProcessEnv {
  const { PATH, LANG, TZ } = process.env
  return {
    PATH,
    ...(LANG && { LANG }),
    ...(TZ && { TZ }),
    HOME: home,
    TMPDIR: home,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** The endpoint in its one spelling, so that one bucket is one target: https://S3.example:443/ is https://s3.example. */
export function storeOf(endpoint: string): string {
  const { origin, pathname } = new URL(endpoint)
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

/** For people: why there is no account. */
export function accountMissing(named: string | undefined): string {
  return named === undefined
    ? 'spec.account is absent and no single CloudAccount is annotated mooring.dev/is-default-account: "true". Annotate exactly one, or create the integration anew with spec.account.'
    : `CloudAccount "${named}" (spec.account) does not exist. Create it: kubectl get cloudaccounts lists those there are.`
}

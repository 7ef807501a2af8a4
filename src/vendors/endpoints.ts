import type { CloudAccount } from '../api/generated/cloud-account.ts'
import { type Refused, refuse } from './found.ts'

/**
 * The first address of an account that is none, as a fault; undefined where all are. The CRD checks their form, and cannot check
 * all that makes a host or a port: `http://10.0.0.256`, `https://store:99999`.
 */
export function wrongEndpoint({ metadata, spec }: CloudAccount): Refused | undefined {
  const { aws, gcp, azure } = spec
  const given: readonly (readonly [string, string | undefined])[] = [
    ['aws.endpoint', aws?.endpoint],
    ...Object.entries(gcp?.endpoints ?? {}).map(([name, url]) => [`gcp.endpoints.${name}`, url] as const),
    ...Object.entries(azure?.endpoints ?? {}).map(([name, url]) => [`azure.endpoints.${name}`, url] as const),
  ]
  const wrong = given.find(([, url]) => url !== undefined && !URL.canParse(url.replaceAll('{account}', 'a')))
  if (wrong === undefined) return undefined
  const [field, url] = wrong
  return refuse(
    'InvalidSpec',
    `CloudAccount "${metadata.name}", spec.${field}: "${url}" is no address that can be reached. Correct host and port.`,
  )
}

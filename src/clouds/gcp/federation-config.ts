import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { isLoopback } from './loopback.ts'

/** Metadata servers of AWS and Azure: link-local addresses that only the machine itself reaches. */
const METADATA_HOSTS: ReadonlySet<string> = new Set(['169.254.169.254', '[fd00:ec2::254]'])
/** The operator's own token for the Kubernetes API, and what a process shows of itself. */
const OWN_FILES = /^\/(?:var\/)?run\/secrets\/kubernetes\.io\/|^\/(?:proc|dev|sys)\//

/**
 * Refuses a configuration of workload identity federation that makes the operator do more than exchange a token of its
 * own at Google: run a program (`executable`), send what it has to another address, ask any address of the network, or
 * read the operator's own secrets. https://docs.cloud.google.com/docs/authentication/client-libraries#external-credentials
 *
 * @throws what `refused` makes.
 */
export function assertSafeConfiguration(config: JsonObject, refused: (why: string) => Error): void {
  const address = (name: string, host: RegExp, isNeeded: boolean): void => {
    const value = config[name]
    if (value === undefined && !isNeeded) return
    if (!isGoogle(value, host)) throw refused(`its ${name} is neither of Google nor of this machine`)
  }
  if (typeof config.audience !== 'string') throw refused('it has no audience')
  address('token_url', /^sts(?:\.[a-z0-9-]+)?\.googleapis\.com$/, true)
  address('token_info_url', /^sts(?:\.[a-z0-9-]+)?\.googleapis\.com$/, false)
  address('service_account_impersonation_url', /^iamcredentials(?:\.[a-z0-9-]+)?\.googleapis\.com$/, false)
  const source = config.credential_source
  if (!isJsonObject(source)) throw refused('it has no credential_source')
  assertSafeSource(source, refused)
}

function isGoogle(value: Json | undefined, host: RegExp): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url === null || isLoopback(url)) return url !== null
  const isPlain = url.username === '' && url.password === '' && url.port === ''
  return isPlain && url.protocol === 'https:' && host.test(url.hostname)
}

function assertSafeSource(source: JsonObject, refused: (why: string) => Error): void {
  const { file, environment_id: environment } = source
  const kinds = ['executable', 'certificate'].filter((kind) => source[kind] !== undefined)
  if (kinds.length > 0) throw refused(`a credential_source of the kind ${kinds.join(', ')} is not supported`)
  const urls = ['url', 'region_url', 'imdsv2_session_token_url'].map((name) => source[name])
  if (urls.some((url) => url !== undefined && !isMetadataServer(url)))
    throw refused('its credential_source asks another address than the metadata server 169.254.169.254')
  const sts = source.regional_cred_verification_url
  if (sts !== undefined && !isAwsSts(sts))
    throw refused('its regional_cred_verification_url is not of AWS STS')
  if (file === undefined) {
    if (urls[0] === undefined && environment === undefined)
      throw refused('its credential_source names neither file nor url')
    return
  }
  if (typeof file !== 'string' || !isTokenFile(file))
    throw refused('the file of its credential_source is not a token of a workload identity')
}

function isMetadataServer(value: Json): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && url.protocol === 'http:' && url.port === '' && METADATA_HOSTS.has(url.hostname)
}

function isAwsSts(value: Json): boolean {
  return (
    typeof value === 'string' &&
    /^https:\/\/sts(?:\.(?:\{region\}|[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?[/?]/.test(value)
  )
}

/** A path without detours, to no file that the operator has for other purposes. */
function isTokenFile(path: string): boolean {
  const isPlain = path.startsWith('/') && !/(?:^|\/)\.{0,2}(?:\/|$)/.test(path.slice(1))
  return isPlain && !OWN_FILES.test(path)
}

/** One of the clouds that Azure is: its services have addresses of their own, and tokens of one are nothing in another. */
export interface CloudInstance {
  readonly arm: string
  readonly graph: string
  readonly authority: string
  /** What follows `blob.` in the address of a blob service. */
  readonly storageSuffix: string
  /** Of Microsoft.Storage in Resource Manager. */
  readonly storageVersion: string
  /** Other addresses of its sign-in. */
  readonly otherAuthorities?: readonly string[]
}

/**
 * Sign-in and Graph: https://learn.microsoft.com/graph/deployments; sign-in:
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud; Resource Manager and storage:
 * https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and
 * https://learn.microsoft.com/azure/china/resources-developer-guide.
 *
 * The version of Microsoft.Storage is the newest that @azure/arm-storage 21 knows, so that all settings of a blob service are
 * seen, the static website among them; sovereign clouds get new versions later, so there it is one that is known to be old.
 */
const PUBLIC: CloudInstance = {
  arm: 'https://management.azure.com',
  graph: 'https://graph.microsoft.com',
  authority: 'https://login.microsoftonline.com',
  storageSuffix: 'core.windows.net',
  storageVersion: '2026-09-01',
  otherAuthorities: ['https://login.windows.net', 'https://login.microsoft.com', 'https://sts.windows.net'],
}
const SOVEREIGN: readonly CloudInstance[] = [
  {
    arm: 'https://management.usgovcloudapi.net',
    graph: 'https://graph.microsoft.us',
    authority: 'https://login.microsoftonline.us',
    storageSuffix: 'core.usgovcloudapi.net',
    storageVersion: '2023-05-01',
  },
  {
    arm: 'https://management.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
    storageSuffix: 'core.chinacloudapi.cn',
    storageVersion: '2023-05-01',
    otherAuthorities: ['https://login.partner.microsoftonline.cn'],
  },
]

/** The cloud that one of these addresses belongs to; the public one where none is known, as with emulators. */
export function cloudOf(addresses: readonly (string | undefined)[]): CloudInstance {
  const hosts = new Set(addresses.flatMap((address) => (address === undefined ? [] : [hostOf(address)])))
  const isIt = ({ arm, graph, authority, otherAuthorities = [] }: CloudInstance): boolean =>
    [arm, graph, authority, ...otherAuthorities].some((own) => hosts.has(hostOf(own)))
  return SOVEREIGN.find(isIt) ?? PUBLIC
}

/** True for a sign-in service of Microsoft's own, whose metadata the library may look up. */
export function isKnownAuthority(authority: string): boolean {
  const known = [PUBLIC, ...SOVEREIGN].flatMap((cloud) => [
    cloud.authority,
    ...(cloud.otherAuthorities ?? []),
  ])
  return known.some((own) => hostOf(own) === hostOf(authority))
}

function hostOf(address: string): string {
  return new URL(address).host.toLowerCase()
}

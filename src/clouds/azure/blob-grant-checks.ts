import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { BlobGrantProbe, CheckResult } from '../cloud.ts'
import { isWithin } from './address-range.ts'
import type { FoundPrincipal } from './service-principal.ts'

/**
 * What of a storage account's own settings could defeat a grant. What is not to be seen from the account (deny assignments,
 * conditional access, the vendor's own side) has no check, so that nothing passes unseen.
 *
 * @param account its name, @param settings it as read.
 */
export function checkBlobGrant(
  { demands, sourceAddresses }: BlobGrantProbe,
  account: string,
  settings: JsonObject,
): readonly CheckResult[] {
  const where = `storage account "${account}"`
  const properties = isJsonObject(settings.properties) ? settings.properties : {}
  return [
    ...network(where, properties, demands.includes('PublicNetworkAccess'), sourceAddresses),
    ...(demands.includes('NoHierarchicalNamespace') ? [hierarchy(where, properties)] : []),
  ]
}

/** A disabled one gets no token, whatever its roles. https://learn.microsoft.com/entra/identity/enterprise-apps/disable-user-sign-in-portal */
export function checkPrincipal(principal: FoundPrincipal | null | undefined): readonly CheckResult[] {
  if (principal === null || principal === undefined) return []
  const { id, isDisabled } = principal
  const name = 'ServicePrincipalEnabled'
  if (isDisabled !== true)
    return [{ name, result: 'Passed', message: `service principal ${id} is not disabled` }]
  const message = `service principal ${id} is disabled, so the vendor cannot sign in with it. Enable it: az ad sp update --id ${id} --set accountEnabled=true; where Microsoft disabled it, ask the vendor`
  return [{ name, result: 'Failed', message, reason: 'GrantDefeated' }]
}

/** https://learn.microsoft.com/azure/storage/common/storage-network-security-set-default-access */
function network(
  where: string,
  { publicNetworkAccess, networkAcls }: JsonObject,
  isDemanded: boolean,
  addresses: readonly string[],
): CheckResult[] {
  const name = 'PublicNetworkAccess'
  if (typeof publicNetworkAccess === 'string' && publicNetworkAccess !== 'Enabled') {
    const message = `${where} lets nobody in from public networks (publicNetworkAccess is ${publicNetworkAccess})`
    if (!isDemanded)
      return [
        {
          name,
          result: 'Unknown',
          message: `${message}; whether the vendor comes by a private endpoint is not to be seen from here. If it comes by the Internet: az storage account update --public-network-access Enabled, best with a firewall rule for its addresses`,
        },
      ]
    const advice = `so the vendor cannot reach it. Enable it (az storage account update --public-network-access Enabled), best with a firewall rule for the vendor's addresses`
    return [{ name, result: 'Failed', message: `${message}, ${advice}`, reason: 'GrantDefeated' }]
  }
  const acls = isJsonObject(networkAcls) ? networkAcls : {}
  if (acls.defaultAction === 'Deny') return [firewall(where, acls.ipRules, addresses)]
  return [{ name, result: 'Passed', message: `${where} can be reached from public networks` }]
}

/** https://learn.microsoft.com/azure/storage/common/storage-network-security-ip-address-range */
function firewall(where: string, ipRules: Json | undefined, addresses: readonly string[]): CheckResult {
  const name = 'StorageFirewall'
  const allowed = rangesIn(ipRules)
  if (addresses.length === 0)
    return {
      name,
      result: 'Unknown',
      message: `the firewall of ${where} denies by default, and the vendor's recipe names no addresses: whether they are let through is not to be seen from here. Ask the vendor for them, let them in (az storage account network-rule add --ip-address …), and put them into spec.azureBlob.requirements.sourceAddresses of the StorageVendor, so that they are checked`,
    }
  const kept = addresses.filter((address) => !isWithin(address, allowed))
  if (kept.length === 0)
    return { name, result: 'Passed', message: `the firewall of ${where} lets the vendor's addresses through` }
  const message = `the firewall of ${where} does not let ${kept.join(', ')} through, from where the vendor connects. Add them (az storage account network-rule add --ip-address …)`
  return { name, result: 'Failed', message, reason: 'GrantDefeated' }
}

/** The rule's `value` is an address or a range; its action can only be Allow. */
function rangesIn(ipRules: Json | undefined): string[] {
  const rules = Array.isArray(ipRules) ? ipRules.filter(isJsonObject) : []
  return rules.flatMap(({ value, action }) =>
    typeof value === 'string' && (action ?? 'Allow') === 'Allow' ? [value] : [],
  )
}

/** https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-namespace: it is chosen when the account is made. */
function hierarchy(where: string, { isHnsEnabled }: JsonObject): CheckResult {
  const name = 'HierarchicalNamespace'
  if (isHnsEnabled !== true)
    return { name, result: 'Passed', message: `${where} has no hierarchical namespace` }
  const message = `${where} has a hierarchical namespace (Data Lake Storage), with which the vendor does not work, and which cannot be turned off. Use another account`
  return { name, result: 'Failed', message, reason: 'GrantDefeated' }
}

/**
 * Whether one of `rules` holds all of `range`; both are IPv4 addresses or CIDR ranges, and what is neither holds nothing.
 * https://learn.microsoft.com/azure/storage/common/storage-network-security-ip-address-range
 */
export function isWithin(range: string, rules: readonly string[]): boolean {
  const wanted = rangeOf(range)
  if (wanted === undefined) return false
  return rules.some((rule) => {
    const allowed = rangeOf(rule)
    return allowed !== undefined && allowed.first <= wanted.first && wanted.last <= allowed.last
  })
}

function rangeOf(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, address = '', length = '32'] =
    /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text.trim()) ?? []
  const bytes = address.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || Number(length) > 32) return undefined
  const size = 2 ** (32 - Number(length))
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const first = number - (number % size)
  return { first, last: first + size - 1 }
}

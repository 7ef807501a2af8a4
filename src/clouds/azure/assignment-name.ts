import { createHash } from 'node:crypto'

/** A UUID of Mooring's own, made once; names of role assignments are made in it. */
const NAMESPACE = '7d0c2d5e-6c1f-5f0a-9a53-8b1f6c3f4e21'

/** What role assignments of Mooring are described as. */
export const MADE_BY_MOORING = 'Made by Mooring for a StorageIntegration.'

/**
 * The name that a role assignment of this installation has: the same at every try, so that a create whose answer was lost makes
 * no second one. UUID version 5 (https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5); Azure demands a GUID
 * (https://learn.microsoft.com/rest/api/authorization/role-assignments/create).
 *
 * @param scope, @param role, @param principal in canonical form.
 */
export function assignmentName(
  installation: string,
  account: string,
  scope: string,
  role: string,
  principal: string,
): string {
  const name = JSON.stringify([installation, account.toLowerCase(), scope, role, principal])
  const bytes = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
  const digits = bytes.subarray(0, 16)
  digits[6] = ((digits[6] ?? 0) & 0x0f) | 0x50
  digits[8] = ((digits[8] ?? 0) & 0x3f) | 0x80
  const hex = digits.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

import type { LimitBreach } from '../../plan/document.ts'
import type { RoleContent } from './role-after.ts'

/** Bytes. https://docs.cloud.google.com/iam/quotas ("Title of a custom role", "Description of a custom role") */
export const TITLE_LIMIT = 100
export const DESCRIPTION_LIMIT = 300
/** https://docs.cloud.google.com/iam/quotas ("Permissions in a custom role") */
export const PERMISSIONS_LIMIT = 3_000
/** Bytes. https://docs.cloud.google.com/iam/quotas ("Total size of the title, description, and permission names") */
export const TOTAL_LIMIT = 65_536

/** The first limit that a role with this content exceeds. */
export function sizeBreach({ title, description, permissions }: RoleContent): LimitBreach | undefined {
  const sizes = [title, description, ...permissions].map((text) => Buffer.byteLength(text))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const [titleSize = 0, descriptionSize = 0] = sizes
  if (titleSize > TITLE_LIMIT) return tooMuch(`a title of ${titleSize} of at most ${TITLE_LIMIT} bytes`)
  if (descriptionSize > DESCRIPTION_LIMIT)
    return tooMuch(`a description of ${descriptionSize} of at most ${DESCRIPTION_LIMIT} bytes`)
  if (permissions.length > PERMISSIONS_LIMIT)
    return tooMuch(`${permissions.length} of at most ${PERMISSIONS_LIMIT} permissions`)
  return total > TOTAL_LIMIT ? tooMuch(`${total} of at most ${TOTAL_LIMIT} bytes`) : undefined
}

function tooMuch(detail: string): LimitBreach {
  return { reason: 'PolicyTooLarge', detail }
}

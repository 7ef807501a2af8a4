import type { VendorRole } from '../api/generated/storage-vendor.ts'
import { digest } from '../plan/mark.ts'
import type { S3Location } from './spec.ts'

/** A role that one integration needs: its name, and ARNs that follow from it. */
export interface NamedRole {
  readonly name: string
  readonly path: string
  readonly arn: string
  /** ARN of the account that it is in. */
  readonly root: string
  /** What the ARN of a policy of the same account and path begins with. */
  readonly policyArnBase: string
  /** For a role whose recipe has none. */
  readonly description: string
  readonly permissionsBoundaryArn?: string | undefined
}

/** For whom a role is. */
export interface RoleFor {
  /** Tells apart installations that work in one account. */
  readonly installation: string
  readonly namespace: string
  readonly name: string
  readonly vendor: string
  readonly displayName: string
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Role name: 64 characters") */
const NAME_LIMIT = 64
const DIGITS = 8

/**
 * The role that a recipe speaks of: of exactly that name, and then shared by all integrations of the account; else one of
 * its own for each integration, of a readable name that ends in a digest, the same for ever.
 *
 * @param shownArn what the cloud shows, if it does: a path cannot change any more.
 */
export function namedRole(
  recipe: VendorRole,
  location: S3Location,
  whose: RoleFor,
  shownArn?: string,
): NamedRole {
  const { partition, accountId, roles } = location
  const name = recipe.name?.exact ?? freeName(recipe, whose)
  const shown = new RegExp(`^arn:[^:]+:iam::${accountId}:role(/(?:.+/)?)([^/]+)$`).exec(shownArn ?? '')
  const path = (shown?.[2] === name ? shown[1] : undefined) ?? recipe.path ?? roles.path
  return {
    name,
    path,
    arn: `arn:${partition}:iam::${accountId}:role${path}${name}`,
    root: `arn:${partition}:iam::${accountId}:root`,
    policyArnBase: `arn:${partition}:iam::${accountId}:policy${path}`,
    description: `Lets ${whose.displayName} use storage of this account. Made and kept by Mooring (mooring.dev).`,
    permissionsBoundaryArn: roles.permissionsBoundaryArn,
  }
}

function freeName({ name: rule }: VendorRole, { installation, namespace, name, vendor }: RoleFor): string {
  const digits = digest(DIGITS, 'role', installation, namespace, name, vendor)
  const start = `${rule?.prefix ?? rule?.suggested ?? 'mooring-'}${namespace}-${name}`
  return `${start.slice(0, NAME_LIMIT - DIGITS - 1)}-${digits}`
}

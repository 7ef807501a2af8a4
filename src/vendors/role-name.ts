import { FaultError } from '../api/fault.ts'
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
  const path = pathIn(shownArn, location, name) ?? recipe.path ?? roles.path
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

/** What IAM takes. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (RoleName) */
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/

/**
 * A role that exists already and that somebody else made.
 *
 * @param shownArn what the cloud shows, if it does: only IAM knows the path.
 * @throws FaultError InvalidParameter for what is no role's name.
 */
export function hostRole(name: string, location: S3Location, shownArn?: string): NamedRole {
  if (!ROLE_NAME.test(name)) {
    const message = `"${name}" is not the name of a role. Give the name alone, without ARN and path, e.g. DatadogIntegrationRole.`
    throw new FaultError({ reason: 'InvalidParameter', message, retry: 'OnChange' })
  }
  const { partition, accountId } = location
  const path = pathIn(shownArn, location, name) ?? '/'
  return {
    name,
    path,
    arn: `arn:${partition}:iam::${accountId}:role${path}${name}`,
    root: `arn:${partition}:iam::${accountId}:root`,
    policyArnBase: `arn:${partition}:iam::${accountId}:policy${path}`,
    description: '',
  }
}

function pathIn(shownArn: string | undefined, { accountId }: S3Location, name: string): string | undefined {
  const shown = new RegExp(`^arn:[^:]+:iam::${accountId}:role(/(?:.+/)?)([^/]+)$`).exec(shownArn ?? '')
  return shown?.[2] === name ? shown[1] : undefined
}

function freeName({ name: rule }: VendorRole, { installation, namespace, name, vendor }: RoleFor): string {
  const digits = digest(DIGITS, 'role', installation, namespace, name, vendor)
  const start = `${rule?.prefix ?? rule?.suggested ?? 'mooring-'}${namespace}-${name}`
  return `${start.slice(0, NAME_LIMIT - DIGITS - 1)}-${digits}`
}

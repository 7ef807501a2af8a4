import type { VendorKeyPolicy } from '../api/generated/storage-vendor.ts'
import type { KmsKeyTarget } from '../clouds/cloud.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { type Asked, isWanted } from './asked.ts'
import { type Found, found, refuse } from './found.ts'
import { fill, placeholdersIn } from './placeholders.ts'
import { keyTarget } from './places.ts'
import { conditionOf, principalOf } from './policy-language.ts'
import { retiringOf } from './retiring.ts'
import type { S3Location } from './spec.ts'

/** What one integration claims in the policy of the KMS key that it names. */
export interface KeyClaim {
  readonly target: KmsKeyTarget
  readonly entries: readonly ClaimedEntry[]
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN */
const KEY_ARN = /^arn:([a-z0-9-]+):kms:([a-z0-9-]+):(\d{12}):key\/[A-Za-z0-9-]+$/

/** Recipe × values; undefined while the integration names no key. */
export function keyClaim(
  recipe: VendorKeyPolicy,
  location: S3Location,
  asked: Asked,
): Found<KeyClaim | undefined> {
  const known = placeholdersIn(recipe.key).every((name) => asked.values[name] !== undefined)
  if (!known) return found(undefined)
  const key = fill(recipe.key, asked.values)
  const account = KEY_ARN.exec(key)?.[3]
  if (account === undefined)
    return refuse(
      'InvalidParameter',
      `${fieldOf(recipe)}: "${key}" is not the ARN of a KMS key. It looks like arn:aws:kms:eu-west-1:123456789012:key/…; an alias or a bare id will not do.`,
    )
  if (account !== location.accountId)
    return refuse(
      'InvalidParameter',
      `${fieldOf(recipe)}: key ${key} belongs to account ${account}, and this CloudAccount is ${location.accountId}. A key's policy can be changed from its own account only.`,
    )
  const statements = recipe.statements.filter((statement) => isWanted(statement, asked))
  const entries = statements.map(({ name, principal, actions, conditions }): ClaimedEntry => {
    const Condition = conditionOf(conditions, asked.values)
    const body = {
      Effect: 'Allow',
      Principal: principalOf(principal, asked.values),
      Action: actions,
      Resource: '*',
      ...(Condition === undefined ? {} : { Condition }),
    }
    return { document: 'KeyPolicy', name, body, ...retiringOf(principal, asked) }
  })
  return found({ target: keyTarget(location, key), entries })
}

function fieldOf({ key }: VendorKeyPolicy): string {
  return `spec.${placeholdersIn(key)[0] ?? 'parameters'}`
}

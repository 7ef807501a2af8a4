import { type Fault, FaultError } from '../../api/fault.ts'
import type { Document } from '../../plan/document.ts'
import type { CheckResult, GrantProbe } from '../cloud.ts'
import type { BucketSettings } from './bucket-settings.ts'
import { type Grant, judgeDenies } from './grant-denies.ts'
import { bucketKeyOf, judgeKeyPolicy, judgeUnreadKey, judgeWithoutKey } from './grant-encryption.ts'
import type { Place } from './grant-facts.ts'
import { judgeOwnership, writesObjects } from './grant-ownership.ts'
import { granteeOf } from './grant-principals.ts'
import { judgePublicAccess, publicStatementIn } from './grant-public.ts'
import type { KeyArn } from './key-arn.ts'
import type { Statement } from './statement.ts'

/** What is known of the bucket when its grants are checked. */
export interface GrantGround {
  readonly place: Place
  /** The bucket's policy as read last. */
  readonly policy: Promise<Document<Statement>>
  readonly settings: BucketSettings
}

/**
 * Checks one grant against everything of the bucket that could defeat it. Only settings that this grant can meet are read;
 * one that the store does not know gives no check. Never throws for what AWS answers; throws the signal's reason
 * when it was aborted.
 */
export async function checkGrant(
  probe: GrantProbe,
  ground: GrantGround,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const { place } = ground
  const grant: Grant = { ...probe, grantees: probe.principals.map(granteeOf) }
  const isForeign = grant.grantees.some(({ accountId }) => accountId !== place.accountId)
  const found = await Promise.all([
    tried('NoForeignDeny', () => denies(grant, ground), signal),
    tried('BucketEncryption', () => encryption(grant, ground, signal), signal),
    isForeign ? tried('PublicAccess', () => publicAccess(ground, signal), signal) : undefined,
    isForeign && writesObjects(grant)
      ? tried('ObjectOwnership', () => ownership(grant, ground, signal), signal)
      : undefined,
  ])
  return found.filter((check) => check !== undefined)
}

async function denies(grant: Grant, { place, policy }: GrantGround): Promise<CheckResult> {
  return judgeDenies((await policy).entries, grant, place)
}

async function encryption(
  grant: Grant,
  ground: GrantGround,
  signal: AbortSignal,
): Promise<CheckResult | undefined> {
  const { place, settings } = ground
  const known = await settings.encryption(signal)
  if (known === undefined) return undefined
  const bucketKey = bucketKeyOf(known, place)
  const verdict = judgeWithoutKey(bucketKey, grant, place)
  if (verdict !== undefined || bucketKey.kind !== 'Customer') return verdict
  return byKeyPolicy(bucketKey.key, grant, ground, signal)
}

async function byKeyPolicy(
  key: KeyArn,
  grant: Grant,
  { place, settings }: GrantGround,
  signal: AbortSignal,
): Promise<CheckResult | undefined> {
  if (key.accountId !== place.accountId) {
    const why = `it belongs to account ${key.accountId}, and KMS lets only that account read it (kms:GetKeyPolicy).`
    return judgeUnreadKey(why, grant, key)
  }
  try {
    const statements = await settings.keyPolicy(key, signal)
    return statements === undefined ? undefined : judgeKeyPolicy(statements, grant, key, place)
  } catch (error) {
    const { reason, message } = faultIn(error, signal)
    if (reason !== 'KeyNotFound') return judgeUnreadKey(message, grant, key)
    return {
      name: 'BucketEncryption',
      result: 'Failed',
      reason,
      message: `nobody can read or write objects that are encrypted with the bucket's KMS key: ${message}`,
    }
  }
}

async function publicAccess(
  { policy, settings }: GrantGround,
  signal: AbortSignal,
): Promise<CheckResult | undefined> {
  const culprit = publicStatementIn((await policy).entries)
  if (culprit === undefined) return undefined
  const isRestricted = await settings.restrictsPublicBuckets(signal)
  return isRestricted === undefined ? undefined : judgePublicAccess(culprit, isRestricted)
}

async function ownership(
  grant: Grant,
  { settings }: GrantGround,
  signal: AbortSignal,
): Promise<CheckResult | undefined> {
  const found = await settings.objectOwnership(signal)
  return found === undefined ? undefined : judgeOwnership(found.rule, grant)
}

/** A setting that could not be read makes its check Unknown, in the words of the fault, which name the permission. */
async function tried(
  name: string,
  check: () => Promise<CheckResult | undefined>,
  signal: AbortSignal,
): Promise<CheckResult | undefined> {
  try {
    return await check()
  } catch (error) {
    return { name, result: 'Unknown', message: `it could not be checked: ${faultIn(error, signal).message}` }
  }
}

function faultIn(error: unknown, signal: AbortSignal): Fault {
  signal.throwIfAborted()
  if (error instanceof FaultError) return error.fault
  throw error
}

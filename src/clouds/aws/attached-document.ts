import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { Document } from '../../plan/document.ts'
import { isJsonObject, type JsonObject, parseLosslessly } from '../../plan/json.ts'
import { entryTag } from '../../plan/mark.ts'
import { attachedEntries, attachedParts } from './attached-ledger.ts'
import { duplicateKey } from './duplicate-keys.ts'
import type { RoleEnvelope } from './role-document.ts'
import { installationIn, namesakesIn, type RoleEntry, type Tags } from './role-ledger.ts'
import { sizeOfText } from './role-limits.ts'
import { distinct, type PolicyPart, partName, policyParts } from './role-parts.ts'

/** As much of somebody else's role as Mooring looks at; policies as JSON texts by name. */
export interface HostRole {
  readonly tags: Tags
  readonly inline: ReadonlyMap<string, string>
}

/** What stands around Mooring's policies in somebody else's role. */
export interface HostEnvelope extends RoleEnvelope {
  /** The role's name, for messages. */
  readonly role: string
  /** Inline policies that Mooring did not make: their sizes by name. They are neither taken apart nor written. */
  readonly others: Readonly<Record<string, number>>
}

/**
 * Takes Mooring's own inline policies out of a role; undefined is a role that does not exist. A policy is Mooring's while the
 * role's tags list something of it.
 *
 * @throws FaultError UnreadableDocument where the tags cannot tell two parts from each other.
 */
export function decodeHost(role: string, found: HostRole | undefined): Document<RoleEntry> {
  if (found === undefined)
    return { entries: [], envelope: { state: 'Absent', role, tags: {}, heads: {}, others: {} } }
  const { tags, inline } = found
  const listed = attachedParts(tags)
  const policies = [...inline].map(([name, text]) => ({ name, text, own: ownPolicy(name, text, listed) }))
  const own = policies.flatMap((policy) => policy.own ?? [])
  const entries = attachedEntries(distinct(own.flatMap(({ parts }) => parts)), tags)
  const [one, other] = namesakesIn(entries) ?? []
  if (one !== undefined) throw unreadable(role, `its tags cannot tell ${one} from ${other}`)
  const envelope: HostEnvelope = {
    state: installationIn(tags) === undefined ? 'Foreign' : 'Ours',
    role,
    tags,
    heads: Object.fromEntries(own.map(({ place, head }) => [place, head])),
    others: Object.fromEntries(
      policies.flatMap((policy) =>
        policy.own === undefined ? [[policy.name, sizeOfText(policy.text)]] : [],
      ),
    ),
  }
  return { entries, envelope }
}

interface OwnPolicy {
  readonly place: string
  readonly head: JsonObject
  readonly parts: readonly PolicyPart[]
}

/** Undefined for a policy that no tag speaks of, and for one that cannot be written back as it is. */
function ownPolicy(name: string, text: string, listed: ReadonlySet<string>): OwnPolicy | undefined {
  const policy = parsed(text)
  if (policy === undefined) return undefined
  const { Statement: _, ...head } = policy
  const parts = policyParts('InlinePolicy', name, policy) ?? []
  const isOurs = parts.some((part) => listed.has(entryTag(partName(part))))
  return isOurs ? { place: `inline/${name}`, head, parts } : undefined
}

function parsed(text: string): JsonObject | undefined {
  try {
    const policy = parseLosslessly(text)
    return isJsonObject(policy) && duplicateKey(text) === undefined ? policy : undefined
  } catch {
    return undefined
  }
}

function unreadable(role: string, why: string): FaultError {
  return new FaultError({
    reason: 'UnreadableDocument',
    message: `role ${role} cannot be taken apart: ${why}. Nothing was written.`,
    retry: retryOf('UnreadableDocument'),
  })
}

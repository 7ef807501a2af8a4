import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { parseMark } from '../../plan/mark.ts'
import { type LedgerEntry, ledgerKind } from '../ledger-kind.ts'
import { consentSentence } from './consent.ts'

/** An application that is to have a service principal in the tenant. */
export interface PrincipalPart {
  readonly clientId: string
  /** True where it stays in the tenant when the last integration goes; only in what is read. */
  readonly stays?: true
  /** True where an installation of Mooring made it, and ours may say that it uses it; `complete` says it of what is wanted. */
  readonly tagged?: true
  /** True where another installation made it and ours has yet to say that it uses it; only in what is read. */
  readonly unclaimed?: true
}

/** A service principal as Graph tells it. https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export interface FoundPrincipal {
  readonly id: string
  readonly tags: readonly string[]
  /** True where nobody gets a token with it. https://learn.microsoft.com/entra/identity/enterprise-apps/disable-user-sign-in-portal */
  readonly isDisabled?: true
}

/** What stands around it. */
export interface PrincipalEnvelope {
  readonly found: FoundPrincipal | null
  readonly clientId: string
  readonly tenantId: string
  readonly authority: string
  /** Whether Mooring may make one. */
  readonly creates: boolean
}

/**
 * The service principal of one application in the tenant: there is one or none. One that Mooring makes has a tag of the
 * installation, by which it is known again when it comes back after all integrations left it.
 */
export const servicePrincipalKind: DocumentKind<LedgerEntry<PrincipalPart>> = {
  ...ledgerKind<PrincipalPart>({
    name: 'ServicePrincipal',
    label: 'tenant',
    entryLabel: 'service principal',
    meaning: ({ clientId, unclaimed }) =>
      unclaimed === true ? `${clientId.toLowerCase()}, of others` : clientId.toLowerCase(),
    breach,
    complete: ({ part, ...entry }, { envelope }) => {
      const { found, creates } = envelope as PrincipalEnvelope
      const isTagged = creates && found?.tags.some(isTag) === true
      return { ...entry, part: isTagged ? { ...part, tagged: true } : part }
    },
    summary: ({ clientId, stays }) =>
      stays === true
        ? `use of the service principal of application ${clientId}, which stays`
        : `service principal of application ${clientId}`,
  }),
  reclaims: ({ part }) => part.tagged === true,
}

/**
 * The service principal as a document.
 *
 * @param removes whether Mooring may delete what it made: the account lets it, and nobody has a role by it.
 * @param mark of one who wants it; undefined where nobody does.
 */
export function decodePrincipal(
  about: PrincipalEnvelope,
  removes: boolean,
  mark: string | undefined,
): Document<LedgerEntry<PrincipalPart>> {
  const { found, clientId, creates } = about
  if (found === null) return { entries: [], envelope: about }
  const stays = removes && found.tags.some(isTag) ? {} : ({ stays: true } as const)
  const own = tagOf(mark)
  const isOfOthers = creates && own !== undefined && found.tags.some(isTag) && !found.tags.includes(own)
  const unclaimed = isOfOthers ? ({ unclaimed: true } as const) : {}
  return { entries: [{ part: { clientId, ...stays, ...unclaimed } }], envelope: about }
}

/** One request, or none. */
export type PrincipalStep =
  | { readonly do: 'Create'; readonly tag: string }
  | { readonly do: 'Tag'; readonly id: string; readonly tags: readonly string[] }
  | { readonly do: 'Delete'; readonly id: string }

/**
 * Deleted is only what has the tag of the installation whose integration goes, and no tag of another one: every installation that
 * uses what one of them made adds its own.
 */
export function principalStep(
  before: Document<LedgerEntry<PrincipalPart>>,
  after: Document<LedgerEntry<PrincipalPart>>,
): PrincipalStep | undefined {
  const { found } = after.envelope as PrincipalEnvelope
  const wanted = after.entries.find(({ mark }) => mark !== undefined)
  if (found === null) {
    const tag = tagOf(wanted?.mark)
    return tag === undefined ? undefined : { do: 'Create', tag }
  }
  const { id, tags } = found
  const own = tagOf(wanted?.mark)
  if (own !== undefined && tags.some(isTag) && !tags.includes(own))
    return { do: 'Tag', id, tags: [...tags, own] }
  if (after.entries.length > 0) return undefined
  const leaving = before.entries.find(({ mark, part }) => mark !== undefined && part.stays !== true)
  const tag = tagOf(leaving?.mark)
  if (tag === undefined || !tags.includes(tag)) return undefined
  const others = tags.filter((other) => other !== tag)
  return others.some(isTag) ? { do: 'Tag', id, tags: others } : { do: 'Delete', id }
}

function breach({ entries, envelope }: Document<LedgerEntry<PrincipalPart>>): LimitBreach | undefined {
  const { found, creates, clientId, tenantId, authority } = envelope as PrincipalEnvelope
  if (found !== null || creates || !entries.some(({ mark }) => mark !== undefined)) return undefined
  return {
    reason: 'AwaitingConsent',
    detail: consentSentence({
      ...{ clientId, tenantId, authority },
      installation: 'ServicePrincipal',
      isCreated: false,
    }),
  }
}

/** `mooring:` and the installation's digits in the tenant, as in its marks. */
function tagOf(mark: string | undefined): string | undefined {
  const installation = parseMark(mark)?.installation
  return installation === undefined ? undefined : `mooring:${installation}`
}

function isTag(tag: string): boolean {
  return /^mooring:[0-9a-f]{8}$/.test(tag)
}

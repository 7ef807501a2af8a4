import type { Document } from '../../plan/document.ts'
import { canonicalJson, type JsonObject } from '../../plan/json.ts'
import { type EncodedRole, encodeRole, type RoleEnvelope } from './role-document.ts'
import { foreignTags, type RoleEntry, type Tags, tagsFor } from './role-ledger.ts'
import type { PolicyPart, SettingsPart } from './role-parts.ts'

/** One request to IAM, as data; `trust` and `document` are policies as JSON texts. */
export type RoleStep =
  | {
      readonly do: 'CreateRole'
      readonly settings: SettingsPart
      readonly trust: string
      readonly tags: Tags
    }
  | { readonly do: 'TagRole'; readonly tags: Tags }
  | { readonly do: 'UntagRole'; readonly keys: readonly string[] }
  | { readonly do: 'UpdateAssumeRolePolicy'; readonly trust: string }
  | { readonly do: 'UpdateRole'; readonly settings: SettingsPart }
  | { readonly do: 'PutRolePermissionsBoundary'; readonly arn: string }
  | { readonly do: 'PutRolePolicy'; readonly policy: string; readonly document: string }
  | {
      readonly do: 'SaveCustomerPolicy'
      readonly policy: string
      readonly document: string
      /** For a policy that does not exist yet. */
      readonly description?: string | undefined
    }
  | { readonly do: 'DeleteRolePolicy'; readonly policy: string }
  | { readonly do: 'DeleteCustomerPolicy'; readonly policy: string }
  | { readonly do: 'AttachRolePolicy'; readonly arn: string }
  | { readonly do: 'DetachRolePolicy'; readonly arn: string }
  | { readonly do: 'DeleteRole' }

/**
 * The requests that take a role from `before` to `after`, in an order in which a cut-off at any place loses nothing: tags
 * that name an owner come before its parts and are cut after them, so that every part in IAM always has its owner; the
 * role goes last. A role that strangers put something into stays, closed, when the last integration leaves.
 *
 * @param closed the trust policy of a role that nobody may assume.
 */
export function roleSteps(
  before: Document<RoleEntry>,
  after: Document<RoleEntry>,
  closed: JsonObject,
): RoleStep[] {
  const { state, tags } = before.envelope as RoleEnvelope
  const settings = settingsIn(after)
  const [old, next] = [encodeRole(before), encodeRole(after)]
  const trust = JSON.stringify(next.trust ?? closed)
  const wantedTags = tagsFor(after.entries, tags)
  if (state === 'Absent') {
    if (settings === undefined) return []
    return [{ do: 'CreateRole', settings, trust, tags: wantedTags }, ...contentSteps(before, after)]
  }
  if (after.entries.length === 0) return teardown(old, before)
  const both = { ...tags, ...joined(tags, wantedTags) }
  return [
    ...tagSteps(tags, both),
    ...(same(old.trust, next.trust) ? [] : [{ do: 'UpdateAssumeRolePolicy', trust } as const]),
    ...settingsSteps(settingsIn(before), settings),
    ...contentSteps(before, after),
    ...tagSteps(both, wantedTags),
  ]
}

function settingsIn({ entries }: Document<RoleEntry>): SettingsPart | undefined {
  const parts = entries.map(({ part }) => part).filter((part) => part.in === 'Role')
  return parts.at(-1)
}

function teardown(old: EncodedRole, before: Document<RoleEntry>): RoleStep[] {
  return [
    ...[...old.inline.keys()].map((policy) => ({ do: 'DeleteRolePolicy', policy }) as const),
    ...attached(before).map((arn) => ({ do: 'DetachRolePolicy', arn }) as const),
    ...[...old.customer.keys()].map((policy) => ({ do: 'DeleteCustomerPolicy', policy }) as const),
    { do: 'DeleteRole' },
  ]
}

/** Every owner's line with what it lists before and after. */
function joined(before: Tags, after: Tags): Tags {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => {
      const lines = [...(before[key] ?? '').split(' '), ...value.split(' ')].filter(Boolean)
      return [key, key in foreignTags(after) || isSingle(key) ? value : [...new Set(lines)].sort().join(' ')]
    }),
  )
}

/** Tags that hold one value, not a list. */
function isSingle(key: string): boolean {
  return key.endsWith('/installation') || key.endsWith('/external-id')
}

function tagSteps(before: Tags, after: Tags): RoleStep[] {
  const set = Object.entries(after).filter(([key, value]) => before[key] !== value)
  const cut = Object.keys(before).filter((key) => !(key in after))
  return [
    ...(set.length === 0 ? [] : [{ do: 'TagRole', tags: Object.fromEntries(set) } as const]),
    ...(cut.length === 0 ? [] : [{ do: 'UntagRole', keys: cut } as const]),
  ]
}

function settingsSteps(before: SettingsPart | undefined, after: SettingsPart | undefined): RoleStep[] {
  if (before === undefined || after === undefined) return []
  const updated =
    before.description !== after.description || before.maxSessionDuration !== after.maxSessionDuration
  const { boundary } = after
  return [
    ...(updated ? [{ do: 'UpdateRole', settings: after } as const] : []),
    ...(boundary === undefined || boundary === before.boundary
      ? []
      : [{ do: 'PutRolePermissionsBoundary', arn: boundary } as const]),
  ]
}

/** A managed policy is there before it is attached, and detached before it goes. */
function contentSteps(before: Document<RoleEntry>, after: Document<RoleEntry>): RoleStep[] {
  const [old, next] = [encodeRole(before), encodeRole(after)]
  const [was, is] = [attached(before), attached(after)]
  return [
    ...changed(old.inline, next.inline).map((step) => ({ do: 'PutRolePolicy', ...step }) as const),
    ...gone(old.inline, next.inline).map((policy) => ({ do: 'DeleteRolePolicy', policy }) as const),
    ...changed(old.customer, next.customer).map(
      (step) => ({ do: 'SaveCustomerPolicy', ...step, ...descriptionOf(step.policy, after) }) as const,
    ),
    ...is.filter((arn) => !was.includes(arn)).map((arn) => ({ do: 'AttachRolePolicy', arn }) as const),
    ...was.filter((arn) => !is.includes(arn)).map((arn) => ({ do: 'DetachRolePolicy', arn }) as const),
    ...gone(old.customer, next.customer).map((policy) => ({ do: 'DeleteCustomerPolicy', policy }) as const),
  ]
}

function descriptionOf(policy: string, { entries }: Document<RoleEntry>): { readonly description?: string } {
  const parts = entries.flatMap(({ part }) => (part.in === 'CustomerPolicy' ? [part as PolicyPart] : []))
  const description = parts.find((part) => part.policy === policy)?.description
  return description === undefined ? {} : { description }
}

type Policies = ReadonlyMap<string, JsonObject>

function changed(old: Policies, next: Policies): { readonly policy: string; readonly document: string }[] {
  return [...next]
    .filter(([policy, document]) => !same(old.get(policy), document))
    .map(([policy, document]) => ({ policy, document: JSON.stringify(document) }))
}

function gone(old: Policies, next: Policies): string[] {
  return [...old.keys()].filter((policy) => !next.has(policy))
}

function attached({ entries }: Document<RoleEntry>): string[] {
  return [...new Set(entries.flatMap(({ part }) => (part.in === 'Attachment' ? [part.arn] : [])))]
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

import type { Document } from '../../plan/document.ts'
import type { JsonObject } from '../../plan/json.ts'
import { encodeRole, isSamePolicy, type RoleEnvelope } from './role-document.ts'
import type { RoleEntry } from './role-ledger.ts'
import { ATTACHED_LIMIT, INLINE_POLICIES_LIMIT, sizeOf } from './role-limits.ts'
import type { AttachmentPart } from './role-parts.ts'
import type { RoleStep } from './role-steps.ts'

/**
 * The requests that change a role's inline, customer-managed and attached policies. What comes is there before what it
 * replaces goes, so that nobody loses access for a moment; where IAM has no room for both, what goes is first.
 */
export function contentSteps(before: Document<RoleEntry>, after: Document<RoleEntry>): RoleStep[] {
  const [old, next] = [encodeRole(before), encodeRole(after)]
  const lost = gone(old.customer, next.customer)
  return [
    ...inlineSteps(old.inline, next.inline),
    ...changed(old.customer, next.customer).map((step): RoleStep => {
      const isNew = !old.customer.has(step.policy)
      return { do: 'SaveCustomerPolicy', ...step, isNew, ...descriptionOf(step.policy, after) }
    }),
    ...attachmentSteps(attachments(before), attachments(after), lost),
    ...lost.map((policy): RoleStep => ({ do: 'DeleteCustomerPolicy', policy })),
  ]
}

/** Everything out of the role, so that it can be deleted; policies without a statement, too. */
export function clearanceSteps(before: Document<RoleEntry>): RoleStep[] {
  return [
    ...namesIn(before, 'inline/').map((policy): RoleStep => ({ do: 'DeleteRolePolicy', policy })),
    ...arnsOf(attachments(before)).map((arn): RoleStep => ({ do: 'DetachRolePolicy', arn })),
    ...namesIn(before, 'customer/').map((policy): RoleStep => ({ do: 'DeleteCustomerPolicy', policy })),
  ]
}

function namesIn({ envelope }: Document<RoleEntry>, place: string): string[] {
  const { heads } = envelope as RoleEnvelope
  return Object.keys(heads).flatMap((key) => (key.startsWith(place) ? [key.slice(place.length)] : []))
}

function inlineSteps(old: Policies, next: Policies): RoleStep[] {
  const growth = (policy: string): number => sizeOf(next.get(policy)) - sizeOf(old.get(policy))
  const puts = changed(old, next)
    .sort((a, b) => growth(a.policy) - growth(b.policy))
    .map((step): RoleStep => ({ do: 'PutRolePolicy', ...step }))
  const lost = gone(old, next)
  const deletes = lost.map((policy): RoleStep => ({ do: 'DeleteRolePolicy', policy }))
  const peak = [...next.values(), ...lost.map((policy) => old.get(policy))].map(sizeOf)
  const fits = peak.reduce((sum, size) => sum + size, 0) <= INLINE_POLICIES_LIMIT
  return fits ? [...puts, ...deletes] : [...deletes, ...puts]
}

/**
 * A managed policy of ours is there before it is attached, stays attached for as long as anybody has something in it, and
 * is detached before it goes.
 */
function attachmentSteps(
  was: readonly AttachmentPart[],
  is: readonly AttachmentPart[],
  lost: readonly string[],
): RoleStep[] {
  const kept = was.filter(({ customerPolicy }) => customerPolicy !== undefined)
  const stays = [...is, ...kept].filter(({ customerPolicy = '' }) => !lost.includes(customerPolicy))
  const [before, after] = [arnsOf(was), arnsOf(stays)]
  const attach = after
    .filter((arn) => !before.includes(arn))
    .map((arn): RoleStep => ({ do: 'AttachRolePolicy', arn }))
  const detach = before
    .filter((arn) => !after.includes(arn))
    .map((arn): RoleStep => ({ do: 'DetachRolePolicy', arn }))
  return before.length + attach.length <= ATTACHED_LIMIT ? [...attach, ...detach] : [...detach, ...attach]
}

function attachments({ entries }: Document<RoleEntry>): AttachmentPart[] {
  return entries.flatMap(({ part }) => (part.in === 'Attachment' ? [part] : []))
}

function arnsOf(parts: readonly AttachmentPart[]): string[] {
  return [...new Set(parts.map(({ arn }) => arn))]
}

function descriptionOf(policy: string, { entries }: Document<RoleEntry>): { readonly description?: string } {
  const descriptions = entries.flatMap(({ part }) =>
    part.in === 'CustomerPolicy' && part.policy === policy ? (part.description ?? []) : [],
  )
  const [description] = descriptions
  return description === undefined ? {} : { description }
}

type Policies = ReadonlyMap<string, JsonObject>

function changed(old: Policies, next: Policies): { readonly policy: string; readonly document: string }[] {
  return [...next]
    .filter(([policy, document]) => !isSamePolicy(old.get(policy), document))
    .map(([policy, document]) => ({ policy, document: JSON.stringify(document) }))
}

function gone(old: Policies, next: Policies): string[] {
  return [...old.keys()].filter((policy) => !next.has(policy))
}

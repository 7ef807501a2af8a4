/** One pass over a simulated role, as the driver does it, and what must hold after every single request. */
import assert from 'node:assert/strict'
import { iamRoleKind } from '../../src/clouds/aws/iam-role.ts'
import { closedTrust, decodeRole } from '../../src/clouds/aws/role-document.ts'
import type { RoleEntry } from '../../src/clouds/aws/role-ledger.ts'
import { type RoleStep, roleSteps } from '../../src/clouds/aws/role-steps.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { planTarget, type TargetPlan } from '../../src/plan/plan-target.ts'
import { INSTALLATION } from './arbitraries.ts'
import { type Asking, participantOf, ROLE_TARGET } from './role-arbitraries.ts'
import { ACCOUNT, asRead, carryOut, RefusedByIam, type SimulatedIam } from './simulated-iam.ts'

export const FRESH = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

export interface Pass {
  readonly before: SimulatedIam
  /** The account after each request, in order; the last one is how it ends. */
  readonly states: readonly SimulatedIam[]
  readonly steps: readonly RoleStep[]
  readonly after: SimulatedIam
  readonly target: TargetPlan
  readonly plan: DocumentPlan
}

export function planOf(iam: SimulatedIam, people: readonly Asking[], fresh = FRESH): TargetPlan {
  return planTarget({
    installation: INSTALLATION,
    target: ROLE_TARGET,
    fresh,
    participants: people.map(participantOf),
    documents: [{ kind: iamRoleKind as unknown as DocumentKind, document: decodeRole(asRead(iam)) }],
  })
}

/** The account after a pass that IAM does not let come to its end. */
export function cutShort(before: SimulatedIam, people: readonly Asking[]): SimulatedIam {
  const [plan] = planOf(before, people).documents
  let iam = before
  for (const step of plan === undefined ? [] : stepsOf(plan)) {
    try {
      iam = carryOut(iam, step)
    } catch (error) {
      if (error instanceof RefusedByIam) return iam
      throw error
    }
  }
  return assert.fail('IAM refused nothing')
}

export function passOver(before: SimulatedIam, people: readonly Asking[], fresh = FRESH): Pass {
  const target = planOf(before, people, fresh)
  const [plan] = target.documents
  assert.ok(plan)
  const steps = plan.changes.length === 0 ? [] : stepsOf(plan)
  const states: SimulatedIam[] = []
  for (const step of steps) states.push(carryOut(states.at(-1) ?? before, step))
  return { before, states, steps, after: states.at(-1) ?? before, target, plan }
}

function stepsOf({ before, after }: DocumentPlan): RoleStep[] {
  const closed = closedTrust('aws', ACCOUNT)
  return roleSteps(before as Document<RoleEntry>, after as Document<RoleEntry>, closed)
}

export const all = (people: readonly Asking[], stance: Asking['stance']): Asking[] =>
  people.map((person) => ({ ...person, stance }))

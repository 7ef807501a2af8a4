import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { canonicalJson, parseLosslessly } from '../../plan/json.ts'
import type { IamAccess } from './iam-requests.ts'
import { type FoundHost, type FoundRole, readInlinePolicy, readTrust } from './read-role.ts'
import type { RoleStep } from './role-steps.ts'

/**
 * The texts of a role that a plan was made from. IAM has no conditional write, and a role is read by many requests and
 * written by many, so each text is read once more right before it is written over or taken away: what somebody changed
 * meanwhile is planned from anew. Between this read and the write there is nothing of ours.
 */
export class SeenRole {
  readonly #iam: IamAccess
  readonly #role: string
  /** Without those that were written since: IAM may still show them as they were. */
  readonly #texts: Map<string, string>

  constructor(iam: IamAccess, role: string, found: FoundRole | FoundHost | undefined) {
    this.#iam = iam
    this.#role = role
    const trust: [string, string][] = found !== undefined && 'trust' in found ? [[TRUST, found.trust]] : []
    this.#texts = new Map([
      ...trust,
      ...[...(found?.inline ?? [])].map(([name, text]) => [`/${name}`, text] as const),
    ])
  }

  /** @throws FaultError LostRace when the text that this step is about is no longer the one that was read. */
  async check(step: RoleStep, signal: AbortSignal): Promise<void> {
    const name = textOf(step)
    const seen = name === undefined ? undefined : this.#texts.get(name)
    if (name === undefined || seen === undefined) return
    this.#texts.delete(name)
    const now =
      name === TRUST
        ? await readTrust(this.#iam, this.#role, signal)
        : await readInlinePolicy(this.#iam, this.#role, name.slice(1), signal)
    if (now === undefined && step.do.startsWith('Delete')) return // somebody else took it away, too
    if (meaning(now) !== meaning(seen)) throw overtaken(this.#role, name)
  }
}

const TRUST = 'trust'

/** What a step writes over; undefined where nothing of others can be lost by it. */
function textOf(step: RoleStep): string | undefined {
  if (step.do === 'UpdateAssumeRolePolicy' || step.do === 'DeleteRole') return TRUST
  if (step.do === 'PutRolePolicy' || step.do === 'DeleteRolePolicy') return `/${step.policy}`
  return undefined
}

/** A text that is no JSON is compared as it is. */
function meaning(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return canonicalJson(parseLosslessly(text))
  } catch {
    return text
  }
}

function overtaken(role: string, name: string): FaultError {
  const what = name === TRUST ? 'trust policy' : `policy "${name.slice(1)}"`
  return new FaultError({
    reason: 'LostRace',
    message: `somebody else changed the ${what} of role "${role}" at this moment, so it was not written over. It is looked at again by itself.`,
    retry: retryOf('LostRace'),
  })
}

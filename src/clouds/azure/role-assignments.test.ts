import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import type { JsonObject } from '../../plan/json.ts'
import { markOf } from '../../plan/mark.ts'
import { ownershipAt, type Stance } from '../../plan/ownership.ts'
import { planDocument } from '../../plan/plan-document.ts'
import { assignmentName } from './assignment-name.ts'
import { assignmentSteps } from './assignment-steps.ts'
import { type AssignmentPart, decodeAssignments, roleAssignmentsKind } from './role-assignments.ts'

const GROUP = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/ML'
const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/streetscenes`
const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
const PRINCIPAL = 'aaaaaaaa-0000-4000-8000-00000000000A'
const APPLICATION = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'

function assignment(name: string, scope = ACCOUNT, more: JsonObject = {}): JsonObject {
  const roleDefinitionId = `${GROUP.split('/').slice(0, 3).join('/')}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
  const properties = { scope, roleDefinitionId, principalId: PRINCIPAL, ...more }
  return { id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, name, properties }
}

const about = {
  ...{ account: ACCOUNT, tenantId: 't', authority: 'https://login.microsoftonline.com', creates: false },
  principals: { [APPLICATION]: PRINCIPAL } as Readonly<Record<string, string | null>>,
}
const WANTED: AssignmentPart = {
  clientId: APPLICATION,
  roleDefinitionId: READER,
  roleName: 'Reader',
  scope: '',
}

function planOf(
  list: readonly JsonObject[],
  part: AssignmentPart = WANTED,
  principals = about.principals,
  stance: Stance = 'Wants',
) {
  const document = decodeAssignments(list, { ...about, principals })
  const body = roleAssignmentsKind.complete?.({ part }, document, '') ?? { part }
  const mark = markOf('i', 'target', 'a/x', 'e')
  return planDocument(
    roleAssignmentsKind,
    document,
    [{ owner: 'a/x', name: 'e', mark, body }],
    ownershipAt('i', 'target', new Map([['a/x', stance]])),
  )
}

describe('role assignments', () => {
  it('are those at the account and in its containers; others are no part of it', () => {
    const images = `${ACCOUNT.toUpperCase()}/blobServices/default/containers/images`
    const list = [
      assignment('1'),
      assignment('2', images),
      assignment('3', GROUP),
      assignment('4', `${ACCOUNT}2`),
      assignment('5', `${ACCOUNT}/queueServices/default/queues/q`),
      assignment('1'),
    ]
    const { entries } = decodeAssignments(list, about)
    assert.deepEqual(
      entries.map(({ part }) => part.scope),
      ['', 'container/images'],
    )
  })

  it('of the group above satisfy nobody', () => {
    assert.equal(planOf([assignment('1', GROUP)]).changes.length, 1)
  })

  it('that are the same but for letter case satisfy', () => {
    const plan = planOf([assignment('1', ACCOUNT.toLowerCase(), { principalId: PRINCIPAL.toLowerCase() })])
    assert.deepEqual([plan.changes.length, plan.adopted.size], [0, 1])
  })

  it('under a condition satisfy nobody, and stand in the way of an open one, which is said', () => {
    const plan = planOf([
      assignment('1', ACCOUNT, { condition: '@Resource[x] StringEquals y', conditionVersion: '2.0' }),
    ])
    const breach = plan.refused.get('a/x')
    assert.equal(breach?.reason, 'Conflict')
    assert.match(
      breach.detail,
      /somebody else gave this role to this principal at this place under a condition/,
    )
  })

  it('under a condition are not what an owner has without one', () => {
    const [open, narrowed] = [{}, { condition: 'x' }].map((more) =>
      decodeAssignments([assignment('1', ACCOUNT, more)], about),
    )
    const meanings = [open, narrowed].map((document) =>
      document?.entries.map((entry) => roleAssignmentsKind.meaning(entry)),
    )
    assert.notDeepEqual(meanings[0], meanings[1])
  })

  it('of an application without a service principal wait, and the command is told', () => {
    for (const principals of [{ [APPLICATION]: null }, {}]) {
      const breach = planOf([], WANTED, principals).refused.get('a/x')
      assert.equal(breach?.reason, 'AwaitingConsent')
      assert.match(
        breach.detail,
        new RegExp(
          `az ad sp create --id ${APPLICATION}; or open https://login.microsoftonline.com/t/adminconsent\\?client_id=${APPLICATION}`,
        ),
      )
    }
  })

  it('that a principal is named for need no application', () => {
    const { clientId: _, ...rest } = WANTED
    assert.equal(planOf([], { ...rest, principalId: PRINCIPAL }, {}).changes.length, 1)
  })

  it('are made under the same name at every try, of the typed principal and the role’s id', () => {
    const { before, after } = planOf([], { ...WANTED, scope: 'container/images' })
    const [step, ...others] = assignmentSteps(before, after)
    assert.ok(step?.do === 'Create' && others.length === 0)
    assert.deepEqual(assignmentSteps(before, after), [step])
    assert.match(
      step.id,
      new RegExp(
        `^${ACCOUNT}/blobServices/default/containers/images/providers/Microsoft.Authorization/roleAssignments/[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
      ),
    )
    const { principalId, principalType, roleDefinitionId } = step.body.properties as JsonObject
    assert.deepEqual([principalId, principalType], [PRINCIPAL, 'ServicePrincipal'])
    assert.match(
      String(roleDefinitionId),
      new RegExp(`^/subscriptions/11111111-2222-3333-4444-555555555555/.*/${READER}$`),
    )
  })

  it('that cannot be taken apart are not touched', () => {
    const broken = { id: `${ACCOUNT}/x`, properties: { scope: ACCOUNT } }
    assert.throws(
      () => decodeAssignments([broken], about),
      (error) => error instanceof FaultError && error.fault.reason === 'UnreadableDocument',
    )
  })
})

describe('the name of a role assignment', () => {
  it('differs by installation, place, role and principal, and not by the spelling of the account', () => {
    const base = ['i', 'A', '', 'r', 'p'] as const
    const names = base.map((_, n) =>
      assignmentName(
        ...(base.map((text, m) => (m === n && n !== 1 ? `${text}2` : text)) as unknown as typeof base),
      ),
    )
    assert.equal(new Set(names).size, 5)
    assert.equal(assignmentName('i', 'a', '', 'r', 'p'), assignmentName(...base))
  })
})

/**
 * Strangers write the same things of Azure while we do. Each role assignment is a request of its own, so that none is ever
 * lost; CORS rules are one field of the blob service, whose write Azure does not guard.
 */
import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import { type Fault, FaultError } from '../../src/api/fault.ts'
import { azurePrincipal } from '../rig/azure.ts'
import { ask } from '../rig/azure-clients.ts'
import { type AzureStage, assignmentsOf, azureStage, leaves, passAt, READER, wants } from './azure-stage.ts'
import { type Contest, race, roundsOf, strangerId, strangersIn, told } from './races.ts'
import { spread } from './recorder.ts'

const ROUNDS = roundsOf(30)
const VENDOR_ORIGIN = 'https://app.vendor.example'
const RULE = {
  allowedOrigins: [VENDOR_ORIGIN],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposedHeaders: [],
  maxAgeInSeconds: 3_600,
}

describe(`two writers on Azure, ${ROUNDS} rounds each`, () => {
  it('role assignments: none of the stranger’s is ever lost', async (t) => {
    const stage = await azureStage(t)
    await stage.consent()
    const asStranger = await strangerOf(stage)
    const part = { clientId: stage.vendor, roleDefinitionId: READER, scope: '' }
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, ['RoleAssignments'])
    const principals = await Promise.all(
      Array.from({ length: 6 }, () =>
        stage.facade.createServicePrincipal(stage.me.tenantId, stage.facade.createApplication({})),
      ),
    )
    const strangers = async () =>
      (await assignmentsOf(stage)).filter(({ properties }) => principals.includes(properties.principalId))
    const outcome = await race(
      {
        ours: async (stance) =>
          void (await pass.run(driver, [stance === 'Wants' ? wants('RoleAssignments', part) : leaves()])),
        isRight: async (stance) =>
          (await assignmentsOf(stage)).length - (await strangers()).length === (stance === 'Wants' ? 1 : 0),
        stranger: async (ids) => {
          const now = await strangers()
          for (const principal of ids.filter(
            (id) => !now.some(({ properties }) => properties.principalId === id),
          ))
            await asStranger('PUT', assignment(crypto.randomUUID()), { properties: reader(stage, principal) })
          for (const { name, properties } of now)
            if (!ids.includes(properties.principalId)) await asStranger('DELETE', assignment(name))
          return true
        },
        standing: async () => (await strangers()).map(({ properties }) => properties.principalId).sort(),
      },
      ROUNDS,
      (n) => principals[n % principals.length] ?? '',
    )
    t.diagnostic(told(outcome))
    assert.deepEqual([outcome.strangersLost, outcome.oursLost], [0, 0])
  })

  it('CORS rules: what was there when ours were planned stays, and what is seen to have changed is not written over', async (t) => {
    const { contest, windows, ambush } = await corsRing(t)
    const outcome = await race(contest, ROUNDS)
    t.diagnostic(`${told(outcome)}; ${spread(windows)}`)
    for (let n = 0; n < 6; n += 1) {
      const [stance, ids] = [n % 2 === 0 ? 'Wants' : 'Leaves', [strangerId(900_000 + n)]] as const
      ambush(() => contest.stranger(ids, stance))
      assert.equal((await faultOf(contest.ours(stance))).reason, 'LostRace')
      assert.deepEqual(await contest.standing(), ids)
      await contest.ours(stance)
      assert.deepEqual([await contest.standing(), await contest.isRight(stance)], [ids, true])
    }
  })
})

const SERVICE = '/blobServices/default'
const assignment = (name: string) => `/providers/Microsoft.Authorization/roleAssignments/${name}`

function reader({ me }: AzureStage, principalId: string): object {
  const roleDefinitionId = `/subscriptions/${me.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
  return { roleDefinitionId, principalId, principalType: 'ServicePrincipal' }
}

/** Somebody else with all rights, below the storage account. */
async function strangerOf({ facade, me, account }: AzureStage) {
  const stranger = { ...me, ...(await azurePrincipal(facade, me)) }
  return (method: string, path: string, body?: object) =>
    ask(facade, stranger, method, `${account.name}${path}?api-version=2023-05-01`, body)
}

/** A request of this kind that the operator sends. */
function ours({ me }: AzureStage, operation: string) {
  return (seen: { readonly operation: string; readonly principal: string }) =>
    seen.operation === operation && seen.principal === me.clientId
}

function windowsOf(stage: AzureStage): readonly number[] {
  const windows: number[] = []
  const times = Number.MAX_SAFE_INTEGER
  const last = { read: 0 }
  stage.facade.after(
    ours(stage, 'BlobServices_GetServiceProperties'),
    () => (last.read = performance.now()),
    { times },
  )
  stage.facade.before(
    ours(stage, 'BlobServices_SetServiceProperties'),
    () => windows.push(performance.now() - last.read),
    { times },
  )
  return windows
}

async function faultOf(pass: Promise<unknown>): Promise<Fault> {
  const error = await pass.then(
    () => assert.fail('nothing was refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof FaultError, String(error))
  return error.fault
}

interface Ring {
  readonly contest: Contest
  /** Milliseconds between the answer of the last read before each write and that write. */
  readonly windows: readonly number[]
  /** Something that happens once, after our first read and before the second one, which is right before the write. */
  ambush(act: () => Promise<unknown>): void
}

async function corsRing(t: TestContext): Promise<Ring> {
  const stage = await azureStage(t)
  const asStranger = await strangerOf(stage)
  const driver = stage.session.open(stage.account)
  const pass = passAt(stage, ['Cors'])
  const rules = async (): Promise<{ allowedOrigins: string[] }[]> =>
    (await asStranger('GET', SERVICE)).body.properties.cors?.corsRules ?? []
  const windows = windowsOf(stage)
  return {
    windows,
    ambush: (act) => {
      stage.facade.after(ours(stage, 'BlobServices_GetServiceProperties'), act)
    },
    contest: {
      ours: async (stance) =>
        void (await pass.run(driver, [stance === 'Wants' ? wants('Cors', RULE) : leaves()])),
      isRight: async (stance) =>
        (await rules()).filter(({ allowedOrigins }) => allowedOrigins.includes(VENDOR_ORIGIN)).length ===
        (stance === 'Wants' ? 1 : 0),
      stranger: async (ids, stance) => {
        const { properties } = (await asStranger('GET', SERVICE)).body
        const before: { allowedOrigins: string[] }[] = properties.cors?.corsRules ?? []
        const kept = before.filter(
          ({ allowedOrigins }) => allowedOrigins.includes(VENDOR_ORIGIN) && stance === 'Wants',
        )
        const corsRules = [
          ...kept,
          ...ids.map((id) => ({ ...RULE, allowedOrigins: [`https://${id}.example`] })),
        ]
        const { status } = await asStranger('PUT', SERVICE, {
          properties: { ...properties, cors: { corsRules } },
        })
        return status === 200
      },
      standing: async () => strangersIn(JSON.stringify(await rules())),
    },
  }
}

/** Datadog's way: inline policies in a role that the customer has already. Everything else of the role stays as it is. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { aRole, rolesOf } from './roles.ts'
import { readyOf, type Statement, setStage } from './stage.ts'

const stage = await setStage({ accountId: '300000000019' })
const { rig } = stage
await stage.operator()
const iam = rolesOf(rig.aws)

const POLICY = 'mooring-datadog-log-archives'
const metrics = { Effect: 'Allow', Action: ['cloudwatch:Get*'], Resource: '*' }

/** The role as Datadog's AWS integration leaves it. */
async function madeByDatadog(): Promise<string> {
  const roleName = uniqueName('DatadogIntegrationRole')
  await iam.create(aRole(roleName, { description: 'for Datadog', tags: { team: 'observability' } }))
  await iam.putInline(roleName, 'DatadogAWSIntegrationPolicy', [metrics])
  return roleName
}

const archiving = (name: string, bucket: string, roleName: string, place: object = {}): KubernetesObject =>
  stage.integration(name, bucket, {
    vendor: 'datadog',
    s3: { bucket, ...place },
    parameters: { roleName },
  })

async function resourcesOf(roleName: string): Promise<Record<string, unknown>> {
  const statements: Statement[] = (await iam.read(roleName))?.inline[POLICY] ?? []
  return Object.fromEntries(
    statements.map(({ Sid, Resource }) => [String(Sid), [Resource].flat().map(String).sort()]),
  )
}

describe('a role that somebody else made', () => {
  it('gets the policy for two buckets, and is as it was when the last integration has left', async () => {
    const roleName = await madeByDatadog()
    const found = await iam.read(roleName)
    const [one, two] = [uniqueName('one'), uniqueName('two')]
    const [logs, audits] = [await stage.bucket(), await stage.bucket()]
    await rig.kubectl.apply([
      archiving(one, logs, roleName, { prefix: 'app/' }),
      archiving(two, audits, roleName),
    ])
    const object = await stage.untilReady(one, 'True')
    await stage.untilReady(two, 'True')
    assert.equal(object.status?.outputs?.roleName, roleName)
    assert.deepEqual(await resourcesOf(roleName), {
      DatadogUploadAndRehydrateLogArchives: [`arn:aws:s3:::${audits}/*`, `arn:aws:s3:::${logs}/app/*`].sort(),
      DatadogRehydrateLogArchivesListBucket: [`arn:aws:s3:::${audits}`, `arn:aws:s3:::${logs}`].sort(),
    })
    const now = await iam.read(roleName)
    const others = Object.fromEntries(Object.entries(now?.inline ?? {}).filter(([name]) => name !== POLICY))
    const tags = Object.entries(now?.tags ?? {}).filter(([key]) => !key.startsWith('mooring.dev/attached-'))
    assert.deepEqual({ ...now, inline: others, tags: Object.fromEntries(tags) }, found)

    await stage.leave(one)
    await eventually(async () =>
      assert.deepEqual(await resourcesOf(roleName), {
        DatadogUploadAndRehydrateLogArchives: [`arn:aws:s3:::${audits}/*`],
        DatadogRehydrateLogArchivesListBucket: [`arn:aws:s3:::${audits}`],
      }),
    )
    await iam.removeInline(roleName, POLICY)
    await eventually(async () => assert.equal(Object.keys(await resourcesOf(roleName)).length, 2), {
      timeoutMs: 20_000,
    })
    await stage.leave(two)
    assert.deepEqual(await iam.read(roleName), found)
  })

  it('is waited for while it is not there, and served when it comes', async () => {
    const roleName = uniqueName('DatadogIntegrationRole')
    const name = uniqueName('early')
    await rig.kubectl.apply(archiving(name, await stage.bucket(), roleName))
    const object = await stage.untilReady(name, 'False', 'RoleNotFound')
    assert.match(readyOf(object)?.message ?? '', new RegExp(`role ${roleName} does not exist`))
    assert.equal(await iam.read(roleName), undefined)
    await iam.create(aRole(roleName))
    const found = await iam.read(roleName)
    await stage.untilReady(name, 'True')
    await stage.leave(name)
    assert.deepEqual(await iam.read(roleName), found)
  })

  it('with a policy of that name that somebody made is a Conflict, and is not touched', async () => {
    const roleName = await madeByDatadog()
    await iam.putInline(roleName, POLICY, [metrics])
    const found = await iam.read(roleName)
    const name = uniqueName('late')
    await rig.kubectl.apply(archiving(name, await stage.bucket(), roleName))
    const object = await stage.untilReady(name, 'False', 'Conflict')
    assert.match(readyOf(object)?.message ?? '', /inline policy ".*" that Mooring did not make/)
    assert.deepEqual(await iam.read(roleName), found)
    await stage.leave(name)
    assert.deepEqual(await iam.read(roleName), found)
  })

  it('that Mooring made for another vendor is a Conflict', async () => {
    const own = uniqueName('own')
    await rig.kubectl.apply(
      stage.integration(own, await stage.bucket(), {
        vendor: 'segment',
        parameters: { workspaceId: 'workspace-1' },
      }),
    )
    await stage.untilReady(own, 'True')
    const made =
      (await iam.names()).find((role) => role.startsWith(`mooring-${stage.namespace}-${own}`)) ?? ''
    const found = await iam.read(made)
    const name = uniqueName('wrong')
    await rig.kubectl.apply(archiving(name, await stage.bucket(), made))
    const object = await stage.untilReady(name, 'False', 'Conflict')
    assert.match(readyOf(object)?.message ?? '', /Mooring itself made role/)
    assert.deepEqual(await iam.read(made), found)
    await stage.leave(name, own)
    assert.equal(await iam.read(made), undefined)
  })
})

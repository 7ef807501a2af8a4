/** External IDs: given, from a Secret, handed out later by the vendor, or made by Mooring and then kept. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { cloudCalls } from './metrics.ts'
import { externalIdParameter, roleOutputs, vendorOf, withRole } from './recipe.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { readyOf, type Stage, setStage } from './stage.ts'

const CLOUDGLUE = 'cloudglue-external-s3-access-role'
// biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
const GIVE_ARN = 'Give the vendor ${role.arn}; it answers with an external ID, now ${parameters.externalId}.'
/** Never to be seen but in the Secret, and in the role's trust. */
const CANARY = 'canary-9b1c77e2'

describe('an external ID', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>

  const settings = { MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s', MOORING_LOG_LEVEL: 'trace' }
  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    operator = await stage.operator(settings)
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const apply = (...objects: KubernetesObject[]) => stage.rig.kubectl.apply(objects)
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''
  const connect = async (name: string, spec: object) =>
    apply(stage.integration(name, await stage.bucket(), spec))

  async function theRole(name: string): Promise<RoleNow> {
    const found = await roles.read(name)
    assert.ok(found, `there is no role ${name}`)
    return found
  }
  /** The one role of the account. */
  async function onlyRole(): Promise<RoleNow> {
    const [name = '', ...more] = await roles.names()
    assert.deepEqual(more, [])
    return theRole(name)
  }
  const openedBy = ({ trust }: RoleNow) => {
    assert.equal(trust.length, 1)
    return trust[0]?.Condition
  }
  const withId = (id: string | undefined) => ({ StringEquals: { 'sts:ExternalId': id } })
  function assertClosed({ trust }: RoleNow): void {
    assert.deepEqual(
      trust.map(({ Effect }) => Effect),
      ['Deny'],
    )
  }

  describe('that the vendor has given', () => {
    it('is refused in the vendor’s words before any request, where it is missing or of another form', async () => {
      await connect('formal', { vendor: 'datasaur', parameters: {} })
      await stage.untilReady('formal', 'False', 'InvalidParameter')
      assert.match(await message('formal'), /externalId: is required: Shown in the dialog/)
      const wrong = {
        x: /externalId: "x" is shorter than 2 characters/,
        'two words': /"two words" .*The external ID has letters, digits and _\+=,\.@:\/- only/,
        'any*': /"any\*" must not contain \*/,
        [`${'long'.repeat(306)}-`]: /is longer than 1224 characters/,
      }
      for (const [externalId, why] of Object.entries(wrong)) {
        await stage.change('formal', { parameters: { externalId } })
        await stage.untilReady('formal', 'False', 'InvalidParameter')
        assert.match(await message('formal'), why)
      }
      assert.equal(await cloudCalls(operator, { service: 'iam' }), 0)
      assert.equal(await cloudCalls(operator, { service: 's3' }), 0)
      await stage.leave('formal')
    })

    const secret = (externalId: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'dialog', namespace: stage.namespace },
      stringData: { externalId },
    })

    it('in a Secret is never shown, and a changed one is picked up', async () => {
      const parametersFrom = [{ name: 'externalId', secretKeyRef: { name: 'dialog', key: 'externalId' } }]
      await connect('secretive', { vendor: 'datasaur', parametersFrom })
      await stage.untilReady('secretive', 'False', 'SecretNotFound')
      await apply(secret(`wrong ${CANARY}`))
      await stage.untilReady('secretive', 'False', 'InvalidParameter')
      assert.match(await message('secretive'), /its value is not of the vendor’s form/)
      await apply(secret(CANARY))
      await stage.untilReady('secretive', 'True', 'Verified')
      assert.deepEqual(openedBy(await onlyRole()), withId(CANARY))
      await apply(secret(`${CANARY}-2`))
      await eventually(async () => assert.deepEqual(openedBy(await onlyRole()), withId(`${CANARY}-2`)))
      await stage.change('secretive', { mode: 'Plan' })
      await stage.untilReady('secretive', 'False', 'Planned')
      await apply(secret(`${CANARY}-3`))
      await eventually(async () => {
        const { plan } = (await stage.si('secretive')).status ?? {}
        assert.deepEqual(
          plan?.changes.map(({ action }: { action: string }) => action),
          ['Replace'],
        )
      })
      await assertNoCanaryShown()
      await stage.leave('secretive')
      assert.deepEqual(await roles.names(), [])
    })

    it('in a Secret is left out of what is told, and not given away to one that shares the role', async () => {
      await apply(secret(CANARY))
      const parametersFrom = [{ name: 'externalId', secretKeyRef: { name: 'dialog', key: 'externalId' } }]
      await connect('secretive', { vendor: 'cloudglue', parametersFrom })
      const { status } = await stage.untilReady('secretive', 'True', 'Verified')
      assert.deepEqual(Object.keys(status?.outputs).sort(), ['bucket', 'roleArn', 'roleName'])
      await connect('nosy', { vendor: 'cloudglue' })
      await stage.untilReady('nosy', 'False', 'Conflict')
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(CANARY))
      await stage.leave('secretive')
      await stage.untilReady('nosy', 'True', 'Verified')
      const { externalId } = (await stage.si('nosy')).status?.outputs ?? {}
      assert.match(externalId, /^[0-9a-f]{32}$/)
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(externalId))
      await assertNoCanaryShown()
      await stage.leave('nosy')
      assert.deepEqual(await roles.names(), [])
    })

    async function assertNoCanaryShown(): Promise<void> {
      const { must } = stage.rig.kubectl
      const objects = await must('get', 'events.events.k8s.io,si,cloudaccounts', '-A', '-o', 'json')
      const metrics = await (await fetch(`${operator.url}/metrics`)).text()
      const log = readFileSync(operator.logFile, 'utf8')
      for (const [where, text] of Object.entries({ log, objects, metrics }))
        assert.ok(!text.includes(CANARY), `${where} shows it`)
    }
  })

  describe('that the vendor hands out once it knows the role', () => {
    const deferring = () =>
      vendorOf('deferring', {
        parameters: [externalIdParameter({ deferred: true })],
        s3: {
          ...withRole().s3,
          outputs: roleOutputs,
          nextStep: GIVE_ARN,
        },
      })

    it('is waited for with a closed role, whose ARN is told', async () => {
      await apply(deferring())
      await connect('later', { vendor: 'deferring' })
      const { status } = await stage.untilReady('later', 'False', 'AwaitingVendorInput')
      const role = await onlyRole()
      assertClosed(role)
      assert.deepEqual(status?.outputs, { roleArn: role.arn })
      assert.match(status?.nextStep, /Give the vendor arn:aws:iam::\d+:role\/mooring-perception-later/)
      assert.match(await message('later'), /waiting for spec.parameters.externalId from the vendor: Shown by/)
    })

    it('opens the role when it is given, and closes it when it is taken out again', async () => {
      const { arn } = await onlyRole()
      await stage.change('later', { parameters: { externalId: 'handed-out' } })
      const { status } = await stage.untilReady('later', 'True', 'Verified')
      assert.deepEqual(openedBy(await onlyRole()), withId('handed-out'))
      assert.deepEqual(status?.outputs, { roleArn: arn, externalId: 'handed-out' })
      await stage.change('later', { parameters: null })
      await stage.untilReady('later', 'False', 'AwaitingVendorInput')
      const closed = await onlyRole()
      assertClosed(closed)
      assert.equal(closed.arn, arn)
    })

    it('may never come: the closed role goes with its integration', async () => {
      await stage.leave('later')
      assert.deepEqual(await roles.names(), [])
    })
  })

  describe('that Mooring makes', () => {
    const idOf = async (name: string): Promise<string> => (await stage.si(name)).status?.outputs?.externalId

    it('is one and the same for two integrations that come at the same moment', async () => {
      const [a, b] = [await stage.bucket(), await stage.bucket()]
      await apply(
        stage.integration('one', a, { vendor: 'cloudglue' }),
        stage.integration('two', b, { vendor: 'cloudglue' }),
      )
      await stage.untilReady('one', 'True', 'Verified')
      await stage.untilReady('two', 'True', 'Verified')
      assert.match(await idOf('one'), /^[0-9a-f]{32}$/)
      assert.equal(await idOf('two'), await idOf('one'))
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(await idOf('one')))
    })

    it('outlives its status, with the operator there and without', async () => {
      const id = await idOf('one')
      await stage.wipeStatus('one')
      await stage.untilReady('one', 'True', 'Verified')
      assert.equal(await idOf('one'), id)
      await operator.stop()
      for (const name of ['one', 'two']) await stage.wipeStatus(name)
      operator = await stage.operator(settings)
      await stage.untilReady('one', 'True', 'Verified')
      await stage.untilReady('two', 'True', 'Verified')
      assert.deepEqual([await idOf('one'), await idOf('two')], [id, id])
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(id))
    })

    it('outlives its integrations, taken away by force and restored from a backup', async () => {
      const id = await idOf('one')
      const role = await theRole(CLOUDGLUE)
      const backup = await Promise.all(['one', 'two'].map((name) => stage.si(name)))
      await operator.stop()
      for (const name of ['one', 'two']) await stage.forceAway(name)
      await apply(
        ...backup.map(({ metadata: { name, annotations = {} }, status: _, ...rest }) => ({
          ...rest,
          metadata: { name, namespace: stage.namespace, annotations },
        })),
      )
      operator = await stage.operator(settings)
      await stage.untilReady('one', 'True', 'Verified')
      await stage.untilReady('two', 'True', 'Verified')
      assert.equal(await idOf('one'), id)
      assert.deepEqual(await theRole(CLOUDGLUE), role)
    })

    it('outlives its role, deleted by hand while its integrations were suspended and their status wiped', async () => {
      const id = await idOf('one')
      for (const name of ['one', 'two']) {
        await stage.change(name, { suspend: true })
        await stage.untilReady(name, 'Unknown', 'Suspended')
        assert.equal(await idOf(name), undefined)
      }
      await roles.destroy(CLOUDGLUE)
      for (const name of ['one', 'two']) await stage.change(name, { suspend: false })
      await stage.untilReady('one', 'True', 'Verified')
      await stage.untilReady('two', 'True', 'Verified')
      assert.deepEqual([await idOf('one'), await idOf('two')], [id, id])
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(id))
    })

    it('that differs from the one that another integration was given is a conflict until that one goes', async () => {
      const id = await idOf('one')
      await connect('other', { vendor: 'cloudglue', parameters: { externalId: 'chosen-by-us' } })
      await stage.untilReady('other', 'False', 'Conflict')
      assert.match(await message('other'), /StorageIntegration perception\/one .*another external ID/)
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId(id))
      for (const name of ['one', 'two']) {
        await stage.untilReady(name, 'True', 'Verified')
        assert.equal(readyOf(await stage.si('other'))?.reason, 'Conflict')
        await stage.leave(name)
      }
      await stage.untilReady('other', 'True', 'Verified')
      assert.deepEqual(openedBy(await theRole(CLOUDGLUE)), withId('chosen-by-us'))
      assert.equal(await idOf('other'), 'chosen-by-us')
      await stage.leave('other')
      assert.deepEqual(await roles.names(), [])
    })
  })
})

/** A role that is full, and integrations that want one role in different ways: who comes last is refused, with the reason. */
import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { cloudCalls } from './metrics.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { account, readyOf, type Stage, setStage } from './stage.ts'

const ROLE = 'cloudglue-external-s3-access-role'
const POLICY = 'CloudglueExternalS3AccessPolicy'

interface List {
  readonly items: readonly KubernetesObject[]
}

describe('a role that is shared', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    await stage.rig.kubectl.apply(account(stage.rig, { requestsPerSecond: 200 }))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '2s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  afterEach(async () => {
    await stage.rig.kubectl.delete('si', '--all', '-n', stage.namespace, '--timeout=60s')
    assert.deepEqual(await roles.names(), [])
  })

  async function role(): Promise<RoleNow> {
    const found = await roles.read(ROLE)
    assert.ok(found, 'the role is not there')
    return found
  }
  /** Integrations of one bucket with these prefixes, the names in order. */
  async function connect(prefixes: Readonly<Record<string, string>>, spec: object = {}): Promise<void> {
    const bucket = await stage.bucket()
    const integrations = Object.entries(prefixes).map(([name, prefix]) =>
      stage.integration(name, bucket, { vendor: 'cloudglue', s3: { bucket, prefix }, ...spec }),
    )
    await stage.rig.kubectl.apply(integrations)
  }
  const numbered = (name: string, count: number, prefix: (n: number) => string) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`${name}-${String(n).padStart(2, '0')}`, prefix(n)]),
    )
  /** How many integrations are Ready, and the others. */
  async function standing() {
    const { items } = await stage.rig.kubectl.get<List>('si', '-n', stage.namespace)
    const others = items.filter((object) => readyOf(object)?.status !== 'True')
    return { ready: items.length - others.length, others }
  }

  it('takes as many integrations as a role has tags, refuses one more, and takes it when another one goes', async () => {
    const prefixes = numbered('tagged', 48, (n) => `p${n}/`)
    const names = Object.keys(prefixes)
    await connect(prefixes)
    const late = await eventually(
      async () => {
        const { ready, others } = await standing()
        assert.deepEqual([ready, others.map((other) => readyOf(other)?.reason)], [47, ['TooManyRules']])
        return others[0] as KubernetesObject
      },
      { timeoutMs: 60_000, everyMs: 500 },
    )
    assert.match(readyOf(late)?.message ?? '', /50 of at most 49 tags/)
    assert.equal(Object.keys((await role()).tags).length, 49)
    const refused = late.metadata.name
    const [first = ''] = names.filter((name) => name !== refused)
    await stage.leave(first)
    await stage.untilReady(refused, 'True', 'Verified')
    assert.equal((await standing()).ready, 47)
  })

  it('takes inline policies up to their limit, refuses what goes beyond with the sizes, and harms nobody', async () => {
    const prefixes = numbered('long', 24, (n) => `${String(n).padStart(2, '0').repeat(250)}/`)
    const names = Object.keys(prefixes)
    await connect(prefixes)
    const refused = await eventually(
      async () => {
        const { others } = await standing()
        assert.ok(others.length > 0)
        for (const other of others) assert.equal(readyOf(other)?.reason, 'PolicyTooLarge')
        return others
      },
      { timeoutMs: 60_000, everyMs: 500 },
    )
    for (const other of refused) {
      const [, size] =
        /inline policies of (\d+) of at most 10240 characters/.exec(readyOf(other)?.message ?? '') ?? []
      assert.ok(Number(size) > 10_240, readyOf(other)?.message)
    }
    const written = JSON.stringify({ Version: '2012-10-17', Statement: (await role()).inline[POLICY] })
    assert.ok(written.length <= 10_240, `${written.length}`)
    const served = names.length - refused.length
    assert.equal((written.match(/\d{500}/g) ?? []).length, served)
    const calls = await cloudCalls(operator, { operation: 'PutRolePolicy' })
    await stage.leave(...refused.map(({ metadata }) => metadata.name))
    assert.equal(await cloudCalls(operator, { operation: 'PutRolePolicy' }), calls, 'nobody was served anew')
  })

  describe('whose external ID is changed by one integration only', () => {
    const given = (externalId: string) => ({ parameters: { externalId } })
    const idsIn = async () => (await role()).trust.map(({ Condition }) => JSON.stringify(Condition))
    const ready = async (...names: string[]) =>
      Promise.all(names.map(async (name) => readyOf(await stage.si(name))?.reason))

    for (const [who, other] of [
      ['older', 'younger'],
      ['younger', 'older'],
    ] as const) {
      it(`the ${who} one: it is refused, and the ${other} one goes on`, async () => {
        await connect({ older: 'a/' }, given('first'))
        await stage.untilReady('older', 'True', 'Verified')
        await connect({ younger: 'b/' }, given('first'))
        await stage.untilReady('younger', 'True', 'Verified')
        const before = await role()
        await stage.change(who, given('second'))
        await stage.untilReady(who, 'False', 'Conflict')
        await stage.untilReady(other, 'True', 'Verified')
        assert.deepEqual([await role(), await ready(who)], [before, ['Conflict']])
        await stage.change(other, given('second'))
        await stage.untilReady('older', 'True', 'Verified')
        await stage.untilReady('younger', 'True', 'Verified')
        assert.deepEqual(await idsIn(), ['{"StringEquals":{"sts:ExternalId":"second"}}'])
      })
    }
  })

  it('is not waited for by one that comes back under its old name, is refused, and goes', async () => {
    await connect({ host: 'a/', guest: 'b/' }, { parameters: { externalId: 'first' } })
    for (const name of ['host', 'guest']) await stage.untilReady(name, 'True', 'Verified')
    await stage.leave('guest')
    await connect({ guest: 'b/' }, { parameters: { externalId: 'second' } })
    await stage.untilReady('guest', 'False', 'Conflict')
    await stage.delete('guest')
    await eventually(async () => {
      const { code } = await stage.rig.kubectl.run(['get', 'si', 'guest', '-n', stage.namespace])
      assert.notEqual(code, 0, 'it is still there')
    })
  })

  describe('by two CloudAccounts of one cloud account', () => {
    const second = (spec: object = {}) => {
      const { aws } = account(stage.rig).spec
      return { ...account(stage.rig, { aws: { ...aws, ...spec } }), metadata: { name: 'aws-second' } }
    }
    const boundary = { permissionsBoundaryArn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }

    it('has one external ID for both, and both their buckets', async () => {
      await stage.rig.kubectl.apply(second())
      await connect({ first: 'a/' })
      await connect({ other: 'b/' }, { account: 'aws-second' })
      const one = await stage.untilReady('first', 'True', 'Verified')
      const two = await stage.untilReady('other', 'True', 'Verified')
      assert.deepEqual(one.status?.outputs.externalId, two.status?.outputs.externalId)
      assert.equal((await role()).inline[POLICY]?.length, 2)
      const [read] = (await role()).inline[POLICY] ?? []
      assert.deepEqual(
        [read?.Resource].flat().filter((arn) => `${arn}`.endsWith('*')),
        [`arn:aws:s3:::${one.spec.s3.bucket}/a/*`, `arn:aws:s3:::${two.spec.s3.bucket}/b/*`],
      )
      await stage.leave('first')
      await stage.untilReady('other', 'True', 'Verified')
      assert.equal((await role()).trust.length, 1)
    })

    it('that want other boundaries is a conflict, and the older integration’s boundary stays', async () => {
      await stage.rig.kubectl.apply(second(boundary))
      await connect({ first: 'a/' })
      await stage.untilReady('first', 'True', 'Verified')
      await connect({ other: 'b/' }, { account: 'aws-second' })
      const refused = await stage.untilReady('other', 'False', 'Conflict')
      assert.match(readyOf(refused)?.message ?? '', /perception\/first needs the role with other settings/)
      assert.equal((await role()).boundary, undefined)
      await stage.leave('first')
      await stage.untilReady('other', 'True', 'Verified')
      assert.equal((await role()).boundary, boundary.permissionsBoundaryArn)
    })
  })
})

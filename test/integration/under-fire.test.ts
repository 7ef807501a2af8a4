/**
 * Forty integrations on eight buckets while the cloud turns every fifth request away and loses every twentieth answer,
 * and the operator is killed again and again: all of them become Ready, nothing of strangers is touched, and when all
 * are deleted the account is what it was.
 */
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type FaultProxy, startFaultProxy } from '../rig/fault-proxy.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { LogEntry, Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { eventually, Hopeless } from '../rig/wait.ts'
import { type AccountNow, type BucketNow, bucketNow, keyPolicyOf, snapshotOf } from './account-snapshot.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { account, readyOf, type Stage, type Statement, setStage } from './stage.ts'
import {
  assertServed,
  CLOUDGLUE_POLICY,
  CLOUDGLUE_ROLE,
  type CloudNow,
  castOf,
  type Member,
  NAMESPACE,
  objectOf,
  oursOf,
  SCALE_ROLE,
  strangersOf,
} from './under-fire-cast.ts'
import { addToBucket, settleIn, settleInAccount } from './under-fire-strangers.ts'
import { type CarriedOut, startWriteWatch, type WriteWatch } from './write-watch.ts'

const SEED = Number(process.env.MOORING_TEST_SEED ?? 20_261_122)
const FIRE = { throttle: 0.2, loseAnswer: 0.05 }
const BUCKETS = 8
const LONG = { timeoutMs: 150_000, everyMs: 50 }
const ADDED_BY_HAND = 'arn:aws:s3:::added-by-hand'
const READ_SID = 'AllowCrossAccountRoleReadAccess'

describe(`under fire (seed ${SEED})`, () => {
  const scaleExternalId = `scale-${randomBytes(12).toString('hex')}`
  const secretAccessKey = `secret-${randomBytes(12).toString('hex')}`
  const logs: LogEntry[] = []
  const statuses = new Set<string>()
  const externalIds = new Set<string>()
  /** Versions of integrations that were held against the cloud already. */
  const held = new Set<unknown>()
  let stage: Stage
  let watch: WriteWatch
  let proxy: FaultProxy
  let operator: Operator | undefined
  let buckets: string[]
  let cast: Member[]
  let keyArn: string
  let start: AccountNow
  let added: Awaited<ReturnType<typeof addToBucket>>

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    const { rig, s3 } = stage
    watch = await startWriteWatch(rig.aws.endpoint)
    proxy = await startFaultProxy(watch.endpoint, { seed: SEED, ...FIRE })
    buckets = await Promise.all(Array.from({ length: BUCKETS }, (_, n) => stage.bucket(`fire-${n}`)))
    for (const bucket of buckets) await settleIn(s3, bucket)
    keyArn = await settleInAccount(rig.aws)
    cast = castOf(buckets, { keyArn, scaleSecret: 'scale', scaleExternalId })
    start = await now()
    const throughTheFire = { ...rig, aws: { ...rig.aws, endpoint: proxy.endpoint } }
    await rig.kubectl.apply([
      account(throughTheFire, { requestsPerSecond: 1_000 }),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'scale', namespace: NAMESPACE },
        stringData: { id: scaleExternalId },
      },
    ])
  })
  after(async () => {
    await operator?.stop()
    await proxy?.stop()
    await watch?.stop()
    await stage?.rig.stop()
  })

  const now = () => snapshotOf(stage.rig.aws, stage.s3, { buckets, keyArn })

  const startOperator = async () => {
    operator = await stage.launch({
      MOORING_LEADER_ELECTION: 'false',
      MOORING_RESYNC: '1m',
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    })
  }

  const die = async () => {
    operator?.kill('SIGKILL')
    await operator?.exited
    logs.push(...(operator?.logs() ?? []))
    operator = undefined
  }

  /** The operator will die right after this write; what is returned waits until then, and until its last request ended. */
  function toDieAfter(isIt: (write: CarriedOut) => boolean): () => Promise<void> {
    const death = { isOver: false }
    const died = watch.after(isIt, die).finally(() => {
      death.isOver = true
    })
    return async () => {
      await eventually(async () => {
        await sample()
        assert.ok(death.isOver, `it lives, after ${watch.writes.length} writes`)
      }, LONG)
      await died
      await eventually(() => assert.ok(watch.isQuiet()))
      held.clear()
      await sample()
    }
  }

  const members = async () => {
    const { items } = await stage.rig.kubectl.get<{ items: KubernetesObject[] }>('si', '-n', NAMESPACE)
    return items
  }

  /**
   * Looks at all integrations once: who says Ready=True must be served at this moment, by an ID that never changes. One
   * that has not changed since the last look is not held against the cloud again.
   */
  async function sample(): Promise<KubernetesObject[]> {
    const objects = await members()
    const cloud = lookingOnce()
    for (const object of objects) {
      statuses.add(JSON.stringify(object.status))
      const member = cast.find(({ name }) => name === object.metadata.name)
      if (member === undefined) continue
      const { resourceVersion } = object.metadata
      if (isReady(object) && !held.has(resourceVersion))
        await assertServed(cloud, member, object.status).catch(lied)
      held.add(resourceVersion)
      if (member.vendor === 'cloudglue' && object.status?.outputs?.externalId !== undefined)
        externalIds.add(object.status.outputs.externalId)
    }
    if (externalIds.size > 1) throw new Hopeless(`Cloudglue’s external ID changed: ${[...externalIds]}`)
    return objects
  }

  /** While all can be read and nothing written: nobody who has yet to be served is Ready. */
  async function everybodyIsToldTheTruth(): Promise<void> {
    held.clear()
    await eventually(async () => {
      const objects = await sample()
      const silent = objects.filter((object) => [undefined, 'Progressing'].includes(readyOf(object)?.reason))
      assert.deepEqual(silent.map(said), [])
      assert.equal(objects.length, 40)
    }, LONG)
  }

  /** The cloud as it is at this moment: each thing is read once, and only if it is asked for. */
  function lookingOnce(): CloudNow {
    const { aws } = stage.rig
    const roles = rolesOf(aws)
    const seen = new Map<string, Promise<unknown>>()
    const once = <T>(name: string, read: () => Promise<T>) => {
      const found = (seen.get(name) as Promise<T> | undefined) ?? read()
      seen.set(name, found)
      return found
    }
    return {
      bucket: (name) => once(`bucket ${name}`, () => bucketNow(stage.s3, name)),
      role: (name) => once(`role ${name}`, () => roles.read(name)),
      keyStatements: () => once('key', async () => (await keyPolicyOf(aws, keyArn)).Statement),
    }
  }

  /** In the middle of it all somebody adds to a bucket, and to the statement by which Cloudglue reads. */
  async function strangersCome(): Promise<void> {
    added = await addToBucket(stage.s3, busyBucket())
    const roles = rolesOf(stage.rig.aws)
    const statements = (await roles.read(CLOUDGLUE_ROLE))?.inline[CLOUDGLUE_POLICY] ?? []
    const changed = statements.map((statement) =>
      statement.Sid === READ_SID
        ? { ...statement, Resource: [...resourcesOf(statement), ADDED_BY_HAND] }
        : statement,
    )
    await roles.putInline(CLOUDGLUE_ROLE, CLOUDGLUE_POLICY, changed)
  }

  const busyBucket = () => buckets[3] ?? assert.fail()

  /** What there was in the beginning, with what strangers added since. */
  function expected(): AccountNow {
    const before = start.buckets[busyBucket()]
    const { policy, lifecycle } = before ?? {}
    const bucket = {
      ...before,
      policy: { ...policy, Statement: [...(policy?.Statement ?? []), added.statement] },
      lifecycle: { ...lifecycle, Rules: [...(lifecycle?.Rules ?? []), added.rule] },
    } as BucketNow
    return { ...start, buckets: { ...start.buckets, [busyBucket()]: bucket } }
  }

  function numbers(): string {
    const { requests, throttled, lost } = proxy.counts
    return `${requests} requests, ${throttled} turned away, ${lost} answers lost, ${watch.writes.length} writes carried out`
  }

  it('all forty become Ready, although the operator is killed three times', async (t) => {
    await startOperator()
    const killed = toDieAfter(({ number }) => number >= 6)
    await stage.rig.kubectl.apply(cast.slice(0, 20).map(objectOf))
    await killed()

    await stage.rig.kubectl.apply(cast.slice(20).map(objectOf))
    watch.turnWritesAway(true)
    await startOperator()
    await everybodyIsToldTheTruth()
    const killedAgain = toDieAfter(({ operation, text }) => operation === 'CreateRole' && isOwn(text))
    watch.turnWritesAway(false)
    await killedAgain()

    const hasCloudglue = () => watch.writes.some(({ text }) => text.includes(CLOUDGLUE_POLICY))
    const killedOnceMore = toDieAfter(({ number }) => number >= 40 && hasCloudglue())
    await startOperator()
    await killedOnceMore()

    await strangersCome()
    await startOperator()
    await eventually(async () => {
      const objects = await sample()
      assert.deepEqual(objects.filter((object) => !isReady(object)).map(said), [])
      assert.equal(objects.length, 40)
    }, LONG)
    t.diagnostic(numbers())
  })

  it('then the cloud has what the vendors’ pages ask for, beside what strangers had and added, and no more', async () => {
    held.clear()
    await sample()
    const { buckets: found, roles, policies, keyPolicy } = await now()
    for (const [index, bucket] of buckets.entries()) {
      const mine = cast.filter((member) => member.bucket === bucket)
      const wanted = (part: 'statements' | 'rules' | 'lifecycle') =>
        mine.reduce((sum, member) => sum + member[part].length, 0)
      const { policy, cors, lifecycle, tags } = found[bucket] ?? assert.fail('no bucket')
      const ours = [policy?.Statement, cors, lifecycle?.Rules].map(
        (entries = []) => oursOf<object>(entries).length,
      )
      assert.deepEqual(ours, [wanted('statements'), wanted('rules'), wanted('lifecycle')], bucket)
      assert.deepEqual(
        {
          policy: { ...policy, Statement: strangersOf(policy?.Statement ?? []) },
          cors: strangersOf(cors),
          lifecycle: { ...lifecycle, Rules: strangersOf(lifecycle?.Rules ?? []) },
          tags,
        },
        expected().buckets[bucket],
        `strangers of bucket ${index}`,
      )
    }
    assert.deepEqual(strangersOf(keyPolicy.Statement), start.keyPolicy.Statement)
    assert.equal(oursOf(keyPolicy.Statement).length, cast.flatMap((member) => member.keyStatements).length)
    assert.equal(externalIds.size, 1)
    const own = cast.filter(({ role }) => role !== undefined && role.name === undefined)
    assert.equal(Object.keys(roles).length, Object.keys(start.roles).length + own.length + 2)
    const managed = cast.filter(({ vendor }) => vendor === 'datasaur')
    assert.equal(Object.keys(policies).length, Object.keys(start.policies).length + managed.length)
    assert.deepEqual(roles, { ...roles, ...start.roles })
    assert.deepEqual(policies, { ...policies, ...start.policies })
    assert.ok(readResourcesIn(roles[CLOUDGLUE_ROLE]).includes(ADDED_BY_HAND))
  })

  it('and when all forty are deleted, the operator is killed once more, and the account is what it was', async (t) => {
    const killed = toDieAfter(({ operation, text }) => operation === 'DetachRolePolicy' && isOwn(text))
    await stage.delete(...cast.map(({ name }) => name))
    await killed()
    await startOperator()
    await eventually(async () => assert.deepEqual((await sample()).map(said), []), LONG)
    t.diagnostic(numbers())
    const { roles, ...left } = await now()
    const { [CLOUDGLUE_ROLE]: shared, ...others } = roles
    assert.deepEqual({ ...left, roles: others }, expected())
    assertOnlyStrangersIn(shared)
  })

  it('no log line, no status and no Event told a secret, and nothing went wrong inside', async () => {
    await die()
    const objects = await stage.rig.kubectl.must('get', 'events,cloudaccounts', '-A', '-o', 'json')
    const told = `${JSON.stringify(logs)}${objects}${[...statuses].join()}`
    for (const secret of [scaleExternalId, secretAccessKey]) assert.ok(!told.includes(secret))
    assert.deepEqual(
      logs.filter(({ level }) => level === 'error' || level === 'raw'),
      [],
    )
  })
})

function resourcesOf({ Resource }: Statement): string[] {
  return (Array.isArray(Resource) ? Resource : [Resource]).map(String)
}

function readResourcesIn(role: RoleNow | undefined): string[] {
  const statement = role?.inline[CLOUDGLUE_POLICY]?.find(({ Sid }) => Sid === READ_SID)
  return statement === undefined ? [] : resourcesOf(statement)
}

/** A role that nobody may assume, with what a stranger put into it and nothing else. */
function assertOnlyStrangersIn(role: RoleNow | undefined): void {
  assert.ok(role, 'what a stranger put into the role is gone with it')
  assert.deepEqual(Object.keys(role.inline), [CLOUDGLUE_POLICY])
  assert.deepEqual(
    role.inline[CLOUDGLUE_POLICY]?.map(({ Sid, Resource }) => [Sid, Resource]),
    [[READ_SID, [ADDED_BY_HAND]]],
  )
  assert.deepEqual(
    role.trust.map(({ Effect }) => Effect),
    ['Deny'],
  )
  assert.deepEqual(role.attached, {})
  assert.deepEqual(role.tags, {})
}

/** A role for one integration alone. */
function isOwn(form: string): boolean {
  return ![CLOUDGLUE_ROLE, SCALE_ROLE].some((name) => form.includes(`RoleName=${name}`))
}

function isReady(object: KubernetesObject): boolean {
  const ready = readyOf(object)
  return ready?.status === 'True' && ready.observedGeneration === object.metadata.generation
}

function said(object: KubernetesObject): string {
  const { status, reason, message } = readyOf(object) ?? {}
  return `${object.metadata.name}: ${status} ${reason} ${message}`
}

function lied(error: unknown): never {
  throw new Hopeless(`Ready=True, yet ${error instanceof Error ? error.message : error}`)
}

/** Buckets of the Google Cloud for tests: what it does as the real one does. Other tests rely on all of it. */
import { strict as assert } from 'node:assert'
import { before, describe, it } from 'node:test'
import { startFaultProxy } from './fault-proxy.ts'
import { type GcpAccount, gcpAccount } from './gcp.ts'
import { ask, iamOf, storageOf } from './gcp-clients.ts'
import type { GcpFacade } from './gcp-facade.ts'
import { gcp, uniqueName } from './shared.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

interface Stage extends GcpAccount {
  readonly bucket: string
  /** The path of the bucket. */
  readonly at: string
}

/** A bucket of a new project, and its owner, who may change it as often as it likes. */
async function newStage({ isUniform = true, isUnpaced = true } = {}): Promise<Stage> {
  const account = gcpAccount(world.cloud, uniqueName('project'), { isUnpaced })
  const bucket = uniqueName('clips')
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: isUniform } }
  const made = await ask(account, 'POST', `/storage/v1/b?project=${account.projectId}`, {
    name: bucket,
    iamConfiguration,
  })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  return { ...account, bucket, at: `/storage/v1/b/${bucket}` }
}

const rule = {
  origin: ['https://app.example'],
  method: ['GET'],
  responseHeader: ['Range'],
  maxAgeSeconds: 60,
}
const isPatch = ({ operation }: { readonly operation: string }) => operation === 'storage.buckets.patch'

describe('a bucket', () => {
  it('is made, changed and read with Google’s library, its metageneration counting', async () => {
    const { bucket: _, ...account } = await newStage()
    const storage = storageOf(account)
    const [bucket] = await storage.createBucket(uniqueName('clips'))
    assert.equal(bucket.metadata.metageneration, '1')
    const [changed] = await bucket.setMetadata({ cors: [rule] }, { ifMetagenerationMatch: 1 })
    assert.equal(changed.metageneration, '2')
    const [read] = await bucket.getMetadata()
    assert.deepEqual(read.cors, [rule])
    await assert.rejects(bucket.setMetadata({ cors: [] }, { ifMetagenerationMatch: 1 }), {
      code: 412,
      message: /pre-conditions/,
    })
  })

  it('refuses a stale metageneration with conditionNotMet', async () => {
    const stage = await newStage()
    const { status, body } = await ask(stage, 'PATCH', `${stage.at}?ifMetagenerationMatch=7`, {
      cors: [rule],
    })
    assert.equal(status, 412)
    assert.equal(body.error.errors[0].reason, 'conditionNotMet')
  })

  it('takes from a PATCH what is null, replaces lists, and keeps what is not named', async () => {
    const stage = await newStage()
    const lifecycle = { rule: [{ action: { type: 'Delete' }, condition: { age: 7 } }] }
    await ask(stage, 'PATCH', stage.at, { cors: [rule], lifecycle, labels: { a: '1', b: '2' } })
    await ask(stage, 'PATCH', stage.at, { cors: [{ ...rule, maxAgeSeconds: 9 }], labels: { a: null } })
    const { body } = await ask(stage, 'GET', stage.at)
    assert.deepEqual(body.cors, [{ ...rule, maxAgeSeconds: 9 }])
    assert.deepEqual(body.lifecycle, lifecycle)
    assert.deepEqual(body.labels, { b: '2' })
    const { body: emptied } = await ask(stage, 'PATCH', stage.at, { cors: [], lifecycle: null, labels: null })
    for (const gone of ['cors', 'lifecycle', 'labels']) assert.ok(!(gone in emptied), gone)
  })

  it('keeps the uniform access that it was made with', async () => {
    for (const isUniform of [true, false]) {
      const stage = await newStage({ isUniform })
      const { body } = await ask(stage, 'GET', stage.at)
      assert.equal(body.iamConfiguration.uniformBucketLevelAccess.enabled, isUniform)
    }
  })

  it('that is not there is not found', async () => {
    const stage = await newStage()
    const { status, body } = await ask(stage, 'GET', `/storage/v1/b/${uniqueName('none')}`)
    assert.equal(status, 404)
    assert.equal(body.error.errors[0].reason, 'notFound')
  })

  it('is changed about once a second, and two changes at once before that', async () => {
    const stage = await newStage({ isUnpaced: false })
    const change = (maxAgeSeconds: number) =>
      ask(stage, 'PATCH', stage.at, { cors: [{ ...rule, maxAgeSeconds }] })
    const replies = [await change(1), await change(2), await change(3)]
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 429],
    )
    assert.equal(replies[2]?.body.error.errors[0].reason, 'rateLimitExceeded')
    assert.equal(
      world.cloud.requests.filter(({ path, status }) => path === stage.at && status === 429).length,
      1,
    )
  })

  it('tells the service agent, and with it the number, of its project', async () => {
    const stage = await newStage()
    const { body } = await ask(stage, 'GET', stage.at)
    const agent = await ask(stage, 'GET', `/storage/v1/projects/${stage.projectId}/serviceAccount`)
    assert.match(agent.body.email_address, new RegExp(`^service-${body.projectNumber}@gs-project-accounts`))
  })
})

describe('the policy of a bucket', () => {
  const viewer = {
    role: 'roles/storage.objectViewer',
    members: ['serviceAccount:vendor@v.iam.gserviceaccount.com'],
  }
  const condition = {
    title: 'only clips',
    expression: 'resource.name.startsWith("projects/_/buckets/b/objects/clips/")',
  }
  const conditional = { ...viewer, condition }
  const read = (stage: Stage, version = 3) =>
    ask(stage, 'GET', `${stage.at}/iam?optionsRequestedPolicyVersion=${version}`)
  const write = (stage: Stage, policy: object) => ask(stage, 'PUT', `${stage.at}/iam`, policy)

  it('has the project’s owners, editors and viewers from the start', async () => {
    const stage = await newStage({ isUniform: false })
    const { body } = await read(stage)
    const owners = [`projectEditor:${stage.projectId}`, `projectOwner:${stage.projectId}`]
    assert.deepEqual(body.bindings[0], { role: 'roles/storage.legacyBucketOwner', members: owners })
    assert.equal(body.version, 1)
    assert.equal(body.etag, 'CAE=')
  })

  it('is written with Google’s library, and its etag changes with every write', async () => {
    const stage = await newStage()
    const { iam } = storageOf(stage).bucket(stage.bucket)
    const [first] = await iam.getPolicy({ requestedPolicyVersion: 3 })
    const [second] = await iam.setPolicy({ ...first, bindings: [...first.bindings, viewer] })
    assert.notEqual(second.etag, first.etag)
    await assert.rejects(iam.setPolicy({ ...first, bindings: [] }), { code: 412 })
    const [third] = await iam.getPolicy({ requestedPolicyVersion: 3 })
    assert.deepEqual(third, second)
  })

  it('has a new etag after a change of the CORS rules, too', async () => {
    const stage = await newStage()
    const { body: policy } = await read(stage)
    await ask(stage, 'PATCH', stage.at, { cors: [rule] })
    assert.equal((await write(stage, policy)).status, 412)
  })

  it('is overwritten blindly without an etag', async () => {
    const stage = await newStage()
    assert.equal((await write(stage, { bindings: [viewer] })).status, 200)
    assert.deepEqual((await read(stage)).body.bindings, [viewer])
  })

  it('with conditions is version 3, for readers and for writers', async () => {
    const stage = await newStage()
    const policy = { bindings: [viewer, conditional] }
    assert.equal((await write(stage, policy)).status, 400)
    const { body: written } = await write(stage, { ...policy, version: 3 })
    assert.equal(written.version, 3)
    const tooOld = await read(stage, 1)
    assert.equal(tooOld.status, 400)
    assert.match(tooOld.body.error.message, /Requested policy version \(1\) cannot be less than/)
    assert.deepEqual((await read(stage)).body.bindings, policy.bindings)
    const without = { etag: written.etag, version: 1, bindings: [viewer] }
    assert.equal((await write(stage, without)).status, 400)
  })

  it('has conditions only with uniform access, which then stays', async () => {
    const stage = await newStage({ isUniform: false })
    const policy = { version: 3, bindings: [conditional] }
    const { status, body } = await write(stage, policy)
    assert.equal(status, 412)
    assert.match(body.error.message, /enable uniform bucket-level access/)
    const uniform = (enabled: boolean) => ({ iamConfiguration: { uniformBucketLevelAccess: { enabled } } })
    await ask(stage, 'PATCH', stage.at, uniform(true))
    assert.equal((await write(stage, policy)).status, 200)
    assert.equal((await ask(stage, 'PATCH', stage.at, uniform(false))).status, 412)
  })

  const robot = 'serviceAccount:robot@missing-project.iam.gserviceaccount.com'
  for (const [why, binding, words] of [
    [
      'a service account that does not exist',
      { ...viewer, members: [robot] },
      /^Service account robot@.* does not exist\.$/,
    ],
    ['a member of an unknown kind', { ...viewer, members: ['robot@x.example'] }, /unknown type/],
    [
      'a custom role that does not exist',
      { ...viewer, role: 'projects/p/roles/none' },
      /^Role projects\/p\/roles\/none is not supported/,
    ],
    [
      'a role that is none',
      { ...viewer, role: 'roles/storage.viewer' },
      /is not supported for this resource/,
    ],
    ['nobody', { ...viewer, members: [] }, /no members/],
    [
      'everybody under a condition',
      { ...conditional, members: ['allUsers'] },
      /cannot be used with allUsers/,
    ],
    [
      'more than 1,500',
      { ...viewer, members: Array.from({ length: 1501 }, (_, n) => `user:u${n}@x.example`) },
      /1501 principals/,
    ],
  ] as const) {
    it(`does not take ${why}`, async () => {
      const stage = await newStage()
      const { status, body } = await write(stage, { version: 3, bindings: [binding] })
      assert.equal(status, 400)
      assert.match(body.error.message, words)
    })
  }

  it('takes a service account once it is created, and shows that it was deleted', async () => {
    const stage = await newStage()
    const email = `${uniqueName('robot')}@missing-project.iam.gserviceaccount.com`
    const policy = { bindings: [{ ...viewer, members: [`serviceAccount:${email}`] }] }
    assert.equal((await write(stage, policy)).status, 400)
    world.cloud.createServiceAccount(email)
    assert.equal((await write(stage, policy)).status, 200)
    world.cloud.deleteServiceAccount(email)
    const { body } = await read(stage)
    assert.match(body.bindings[0].members[0], /^deleted:serviceAccount:robot.*\?uid=\d+$/)
    assert.equal((await write(stage, body)).status, 200)
  })

  it('comes back with one binding per role and condition, and addresses in lower case', async () => {
    const stage = await newStage()
    const shouted = { ...viewer, members: ['user:Ann@Example.com', ...viewer.members] }
    await write(stage, { version: 3, bindings: [viewer, conditional, shouted] })
    const members = [...viewer.members, 'user:ann@example.com']
    assert.deepEqual((await read(stage)).body.bindings, [{ ...viewer, members }, conditional])
  })

  it('lets nobody in from outside while public access is prevented', async () => {
    const stage = await newStage()
    await ask(stage, 'PATCH', stage.at, { iamConfiguration: { publicAccessPrevention: 'enforced' } })
    const { status, body } = await write(stage, { bindings: [{ ...viewer, members: ['allUsers'] }] })
    assert.equal(status, 412)
    assert.match(body.error.message, /public access prevention is enforced/)
  })
})

describe('a browser', () => {
  const clips = { origin: ['https://*.example'], method: ['GET'], responseHeader: ['*'] }
  async function preflight(stage: Stage, origin: string, method: string, headers = '') {
    const answer = await fetch(`${stage.endpoint}/${stage.bucket}/a/b.jpg`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    })
    return { status: answer.status, allowed: (name: string) => answer.headers.get(`access-control-${name}`) }
  }

  it('is told by the first rule that matches what it may do', async () => {
    const stage = await newStage()
    await ask(stage, 'PATCH', stage.at, { cors: [rule, clips, { ...clips, maxAgeSeconds: 5 }] })
    const exact = await preflight(stage, 'https://app.example', 'GET', 'range')
    assert.equal(exact.status, 200)
    assert.equal(exact.allowed('allow-origin'), 'https://app.example')
    assert.equal(exact.allowed('allow-methods'), 'GET')
    assert.equal(exact.allowed('allow-headers'), 'Range')
    assert.equal(exact.allowed('max-age'), '60')
    const wild = await preflight(stage, 'https://any.example', 'GET', 'x-a')
    assert.equal(wild.allowed('allow-origin'), 'https://any.example')
    assert.equal(wild.allowed('allow-headers'), 'x-a')
    assert.equal(wild.allowed('max-age'), '3600')
  })

  for (const [why, origin, method] of [
    ['another origin', 'https://app.example.org', 'GET'],
    ['another scheme', 'http://app.example', 'GET'],
    ['another method', 'https://app.example', 'PUT'],
  ] as const) {
    it(`gets a success without permission for ${why}`, async () => {
      const stage = await newStage()
      await ask(stage, 'PATCH', stage.at, { cors: [rule, clips] })
      const answer = await preflight(stage, origin, method)
      assert.equal(answer.status, 200)
      assert.equal(answer.allowed('allow-origin'), null)
    })
  }
})

describe('a test', () => {
  it('lets something happen right before a request is carried out, and right after', async () => {
    const stage = await newStage()
    const stranger = { ...rule, origin: ['https://stranger.example'] }
    const seen: string[] = []
    world.cloud.before(isPatch, async () => {
      seen.push((await ask(stage, 'PATCH', stage.at, { cors: [stranger] })).body.metageneration)
    })
    const { status } = await ask(stage, 'PATCH', `${stage.at}?ifMetagenerationMatch=1`, { cors: [rule] })
    assert.equal(status, 412)
    world.cloud.after(isPatch, async () => {
      seen.push((await ask(stage, 'GET', stage.at)).body.cors[0].origin[0])
    })
    await ask(stage, 'PATCH', stage.at, { cors: [rule] })
    assert.deepEqual(seen, ['2', 'https://app.example'])
  })

  it('makes requests fail in Google’s words, which are not carried out', async () => {
    const stage = await newStage()
    world.cloud.fail(1, 503, isPatch)
    world.cloud.fail(1, 412, isPatch, 'constraints/storage.x violated')
    const before = world.cloud.count('storage.buckets.patch', 503)
    const replies = [1, 2, 3].map(() => ask(stage, 'PATCH', stage.at, { cors: [rule] }))
    const statuses = (await Promise.all(replies)).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, 412, 503])
    assert.equal((await ask(stage, 'GET', stage.at)).body.metageneration, '2')
    assert.equal(world.cloud.count('storage.buckets.patch', 503), before + 1)
  })

  it('makes signing in and preflights fail, too', async () => {
    const stage = await newStage()
    world.cloud.fail(1, 503, ({ operation }) => operation === 'token')
    world.cloud.fail(
      1,
      500,
      ({ operation, path }) => operation === 'preflight' && path.includes(stage.bucket),
    )
    const status = async (method: string, path: string) =>
      (await fetch(`${stage.endpoint}${path}`, { method })).status
    assert.equal(await status('POST', '/token'), 503)
    assert.equal(await status('POST', '/token'), 400)
    assert.equal(await status('OPTIONS', `/${stage.bucket}/a`), 500)
    assert.equal(await status('OPTIONS', `/${stage.bucket}/a`), 200)
  })

  it('hears of requests that Google does not know', async () => {
    const stage = await newStage()
    for (const [method, path, body, words] of [
      ['GET', '/storage/v2/b', undefined, /Google knows no GET/],
      ['PATCH', `${stage.at}?metageneration=1`, { cors: [] }, /no query parameter metageneration/],
      ['PATCH', stage.at, { cors: [{ methods: ['GET'] }] }, /no body\.cors\[0\]\.methods/],
      ['PATCH', stage.at, { cors: rule }, /body\.cors is no array/],

      [
        'POST',
        `${stage.at}/lockRetentionPolicy?ifMetagenerationMatch=1`,
        undefined,
        /does not serve storage\.buckets\.lock/,
      ],
    ] as const) {
      assert.equal((await ask(stage, method, path, body)).status, 400, path)
      assert.match(world.cloud.violations.splice(0).join('\n'), words)
    }
  })

  it('hears of what the test cloud itself cannot do', async () => {
    const stage = await newStage()
    world.cloud.before(isPatch, () => Promise.reject(new Error('a mistake in a hook')))
    for (const words of [/a mistake in a hook/, /does not keep autoclass/]) {
      assert.equal((await ask(stage, 'PATCH', stage.at, { autoclass: { enabled: true } })).status, 500)
      assert.match(world.cloud.violations.splice(0).join('\n'), words)
    }
  })

  it('sees who asked, and which project pays', async () => {
    const stage = await newStage()
    await ask(stage, 'GET', stage.at, undefined, { 'x-goog-user-project': 'payer' })
    const { principal, quotaProject, operation } = world.cloud.requests.at(-1) ?? {}
    assert.deepEqual([principal, quotaProject, operation], [stage.principal, 'payer', 'storage.buckets.get'])
  })

  it('puts a bad day in front: Google’s libraries understand the throttling', async (t) => {
    const stage = await newStage()
    const proxy = await startFaultProxy(stage.endpoint, { throttle: 1 })
    t.after(() => proxy.stop())
    const behind = { ...stage, endpoint: proxy.endpoint }
    await assert.rejects(storageOf(behind).bucket(stage.bucket).getMetadata(), { code: 429 })
    const role = { name: `projects/${stage.projectId}/roles/x` }
    await assert.rejects(iamOf(behind).projects.roles.get(role), { status: 429 })
    proxy.set({ throttle: 0, loseAnswer: 1 })
    await assert.rejects(ask(behind, 'PATCH', stage.at, { cors: [rule] }))
    assert.deepEqual((await ask(stage, 'GET', stage.at)).body.cors, [rule])
  })
})

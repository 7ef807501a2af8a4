/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that people try */
/** A team that may edit its own namespace, and nothing else, tries to reach what is not its own: refused, or harmless. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { installCatalogue, installCrds, installOperatorRights } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { ambientAwsCredentials, type Operator, startOperator } from '../rig/operator.ts'
import type { OwnRig } from '../rig/rig.ts'
import { ownRig, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { OBJECTS, reading, vendorOf, withStatements } from './recipe.ts'
import { corsOf, oursIn, policyOf, putPolicy, readyOf, strangersPolicy } from './stage.ts'

const MALLORY = 'mallory'
const [ATTACKERS, VICTIMS] = ['attackers', 'victims']

interface Cast {
  readonly rig: OwnRig
  readonly s3: S3Client
  readonly operator: Operator
  /** Of the attackers' own, which they may use. */
  readonly own: string
  /** Of the victims: their integration, a stranger's statements and a marker of its own are in it. */
  readonly theirs: string
}

const parameter = { name: 'tag', description: 'Any text.', source: 'CustomerGiven', required: false }
const VENDORS = [
  vendorOf('texts', {
    parameters: [parameter],
    ...withStatements({
      ...reading,
      conditions: [{ operator: 'StringEquals', key: 'aws:UserAgent', values: ['x${parameters.tag}'] }],
    }),
  }),
  vendorOf('principals', {
    parameters: [parameter],
    ...withStatements({ ...reading, principal: { aws: ['${parameters.tag}'] } }),
  }),
  vendorOf('paths', {
    parameters: [parameter],
    ...withStatements({ ...reading, resources: [OBJECTS.replace('*', '${parameters.tag}/*')] }),
  }),
]

describe('a namespace user', () => {
  let cast: Cast

  before(async () => {
    const rig = await ownRig()
    const { kubectl, aws } = rig
    const { endpoint, region, credentials } = aws
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    await installCrds(kubectl)
    await installCatalogue(kubectl)
    const kubeconfigPath = await installOperatorRights(rig)
    const [own, theirs] = [uniqueName('attackers'), uniqueName('victims')]
    for (const Bucket of [own, theirs]) await s3.send(new CreateBucketCommand({ Bucket }))
    await putPolicy(s3, theirs, strangersPolicy(theirs))
    await kubectl.apply([
      ...[ATTACKERS, VICTIMS].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      ...VENDORS,
      cloudAccount(rig, own, theirs),
      {
        ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'victims-secret', namespace: VICTIMS } },
        stringData: { token: 'canary-of-the-victims' },
      },
      editor(),
    ])
    const operator = await startOperator({
      kubeconfigPath,
      env: { ...ambientAwsCredentials(aws), MOORING_RESYNC: '2s' },
    })
    await operator.ready()
    cast = { rig, s3, operator, own, theirs }
    await kubectl.apply(integration('clips', { s3: { bucket: theirs } }, {}, VICTIMS))
    await untilReady('clips', 'True', VICTIMS)
  })
  after(async () => {
    await cast?.operator.stop()
    await cast?.rig.stop()
  })

  const asMallory = (object: object, ...flags: string[]) =>
    cast.rig.kubectl.tryApply(object, `--as=${MALLORY}`, ...flags)
  /** What somebody may do in a namespace, as Kubernetes lists it: resources with their verbs. */
  const rightsOf = async (who: string, namespace: string): Promise<string[]> => {
    const listed = await cast.rig.kubectl.must('auth', 'can-i', '--list', '-n', namespace, `--as=${who}`)
    return listed.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))
  }
  const untilReady = (name: string, status: string, namespace = ATTACKERS): Promise<KubernetesObject> =>
    eventually(
      async () => {
        const object = await cast.rig.kubectl.get('si', name, '-n', namespace)
        const ready = readyOf(object)
        assert.equal(ready?.observedGeneration, object.metadata.generation)
        assert.equal(ready?.status, status, ready?.message)
        return object
      },
      { timeoutMs: 40_000, everyMs: 200 },
    )
  const leave = (...names: string[]) =>
    cast.rig.kubectl.delete('si', ...names, '-n', ATTACKERS, `--as=${MALLORY}`, '--timeout=60s')

  /** What the victims have, and everybody else but the attackers. */
  const victims = async () => ({
    policy: await policyOf(cast.s3, cast.theirs),
    cors: await corsOf(cast.s3, cast.theirs),
    account: (await cast.rig.kubectl.get('cloudaccount', 'shared')).spec,
  })

  /** Runs the attack; afterwards the victims have what they had, and are still served. */
  async function harmless(attack: () => Promise<void>): Promise<void> {
    const had = await victims()
    await attack()
    assert.deepEqual(await victims(), had)
    await untilReady('clips', 'True', VICTIMS)
  }

  it('may write integrations in the own namespace, and no vendor, account, status or other namespace’s integration', async () => {
    const own = (await rightsOf(MALLORY, ATTACKERS)).filter((line) => line.includes('mooring.dev'))
    assert.deepEqual(
      own.map((line) => line.split(' ')[0]),
      ['storageintegrations.mooring.dev'],
    )
    assert.match(own.join(), /create/)
    for (const namespace of [VICTIMS, 'mooring-system'])
      assert.doesNotMatch((await rightsOf(MALLORY, namespace)).join(), /mooring\.dev|secrets/)
    const attempts: readonly object[] = [
      vendorOf('mine', withStatements({ ...reading, principal: { aws: ['999988887777'] } })),
      { ...cloudAccount(cast.rig, '*', '*'), metadata: { name: 'mine' } },
      integration('clips', { suspend: true, s3: { bucket: cast.theirs } }, {}, VICTIMS),
    ]
    for (const attempt of attempts) {
      const { code, stderr } = await asMallory(attempt)
      assert.notEqual(code, 0)
      assert.match(stderr, /forbidden/i)
    }
  })

  const BUCKETS: Readonly<Record<string, (own: string, theirs: string) => object>> = {
    'their bucket itself': (_own, theirs) => ({ bucket: theirs }),
    'their bucket with a prefix of the own': (_own, theirs) => ({ bucket: theirs, prefix: 'attackers/' }),
    'a path out of the own bucket': (own, theirs) => ({ bucket: `${own}/../${theirs}` }),
    'an encoded path': (own, theirs) => ({ bucket: `${own}%2f%2e%2e%2f${theirs}` }),
    'letters that look alike': (_own, theirs) => ({ bucket: theirs.replace('i', '\u0456') }),
    'full-width letters': (_own, theirs) => ({ bucket: theirs.replace('v', '\uff56') }),
    'an ARN': (_own, theirs) => ({ bucket: `arn:aws:s3:::${theirs}` }),
    'a placeholder as bucket': () => ({ bucket: '${bucket}' }),
    'a wildcard as bucket': () => ({ bucket: 'victims-*' }),
    'a wildcard as prefix': (own) => ({ bucket: own, prefix: '*/' }),
    'a policy variable as prefix': (own) => ({ bucket: own, prefix: '$' + '{aws:username}/' }),
  }

  it('gets no storage of others by any name, path or prefix', () =>
    harmless(async () => {
      const tries = Object.entries(BUCKETS).map(([what, s3], n) => ({
        what,
        object: integration(`try-${n}`, { s3: s3(cast.own, cast.theirs) }),
      }))
      const answers = await Promise.all(tries.map(({ object }) => asMallory(object)))
      const accepted = tries.filter((_, n) => answers[n]?.code === 0)
      assert.ok(accepted.length > 0 && accepted.length < tries.length)
      for (const { what, object } of accepted) {
        const refused = await untilReady(object.metadata.name, 'False')
        assert.match(readyOf(refused)?.reason ?? '', /^(NotAllowed|InvalidSpec)$/, what)
      }
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
      await leave(...accepted.map(({ object }) => object.metadata.name))
    }))

  it('gets by a path in a prefix what it says letter by letter, in the own bucket alone', () =>
    harmless(async () => {
      const prefix = `team-a/../../${cast.theirs}/"}],"Principal":"x/`
      const { code, stderr } = await asMallory(integration('try', { s3: { bucket: cast.own, prefix } }))
      assert.equal(code, 0, stderr)
      await untilReady('try', 'True')
      const [statement, ...others] = await oursIn(cast.s3, cast.own)
      assert.deepEqual(others, [])
      assert.deepEqual(statement?.Resource, [`arn:aws:s3:::${cast.own}/${prefix}*`])
      assert.deepEqual(statement?.Principal, (await oursIn(cast.s3, cast.theirs))[0]?.Principal)
      await leave('try')
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
    }))

  const VALUES: Readonly<Record<string, string>> = {
    'quotes and braces': '"},"Principal":{"AWS":"999988887777"},"Effect":"Allow","x":{"',
    'a statement': '"],"Resource":["arn:aws:s3:::victims',
    'letters of other scripts, and of none': '\u202e\u200b\ufeffe\u0301\u0456',
    'an entity of XML': '</ID><ID>&lt;&#x3C;!ENTITY',
  }
  it('has what looks like a piece of a policy in a parameter, and it is a text like any other', () =>
    harmless(async () => {
      const tags = Object.values(VALUES)
      const names = tags.map((_, n) => `try-${n}`)
      for (const [n, tag] of tags.entries()) {
        const spec = { vendor: 'texts', s3: { bucket: cast.own }, parameters: { tag } }
        const { code, stderr } = await asMallory(integration(`try-${n}`, spec))
        assert.equal(code, 0, stderr)
      }
      for (const name of names) await untilReady(name, 'True')
      const statements = await oursIn(cast.s3, cast.own)
      const wanted = tags.map((tag) => JSON.stringify({ StringEquals: { 'aws:UserAgent': [`x${tag}`] } }))
      assert.deepEqual(statements.map(({ Condition }) => JSON.stringify(Condition)).sort(), wanted.sort())
      const fields = ['Action', 'Condition', 'Effect', 'Principal', 'Resource', 'Sid']
      for (const statement of statements) assert.deepEqual(Object.keys(statement).sort(), fields)
      await leave(...names)
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
    }))

  const WIDENING: Readonly<Record<string, readonly [vendor: string, tag: string]>> = {
    'everybody as principal': ['principals', '*'],
    'everybody of an account with a wildcard': ['principals', 'arn:aws:iam::*:root'],
    'a wildcard in a path': ['paths', 'a*'],
    'one letter of any kind': ['paths', 'a?'],
    'a placeholder': ['paths', '$' + '{bucket}'],
    'a policy variable': ['paths', '$' + '{aws:PrincipalArn}'],
    'a line end': ['texts', 'a\nb'],
    'a control character': ['texts', 'a\u0001b'],
  }
  it('is refused whatever would widen a grant in a parameter', () =>
    harmless(async () => {
      const tries = Object.entries(WIDENING)
      for (const [n, [, [vendor, tag]]] of tries.entries()) {
        const spec = { vendor, s3: { bucket: cast.own }, parameters: { tag } }
        const { code, stderr } = await asMallory(integration(`try-${n}`, spec))
        assert.equal(code, 0, stderr)
      }
      for (const [n, [what]] of tries.entries())
        assert.equal(readyOf(await untilReady(`try-${n}`, 'False'))?.reason, 'InvalidParameter', what)
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
      await leave(...tries.map((_, n) => `try-${n}`))
    }))

  it('reads no Secret of another namespace, by whatever name', () =>
    harmless(async () => {
      const names = [
        'victims-secret',
        `../../${VICTIMS}/secrets/victims-secret`,
        '..',
        `${VICTIMS}%2fvictims-secret`,
      ]
      for (const [n, name] of names.entries()) {
        const parametersFrom = [{ name: 'tag', secretKeyRef: { name, key: 'token' } }]
        const spec = { vendor: 'texts', s3: { bucket: cast.own }, parametersFrom }
        const { code, stderr } = await asMallory(integration(`try-${n}`, spec))
        assert.equal(code, 0, stderr)
        const refused = await untilReady(`try-${n}`, 'False')
        assert.match(readyOf(refused)?.reason ?? '', /^Secret(NotFound|NotReadable)$/)
        assert.ok(!JSON.stringify(refused).includes('canary'))
      }
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
      await leave(...names.map((_, n) => `try-${n}`))
    }))

  it('cannot forge what Mooring noted: places of others, a ledger of lines, an external ID, somebody else’s finalizer', () =>
    harmless(async () => {
      const { endpoint } = cast.rig.aws
      const place = `s3://${cast.theirs} at ${new URL(endpoint).origin}`
      const [{ Sid = '' } = {}] = await oursIn(cast.s3, cast.theirs)
      const annotations = {
        'mooring.dev/applied-at': JSON.stringify({ [place]: ['BucketPolicy', 'Cors', 'Lifecycle'] }),
        'mooring.dev/ledger': JSON.stringify({
          [place]: { BucketPolicy: { [String(Sid)]: ['0'.repeat(16)] } },
        }),
        'mooring.dev/external-id': `${VICTIMS}/clips ${'0'.repeat(32)}`,
      }
      const meta = { annotations, finalizers: ['mooring.dev/revoke'] }
      const { code, stderr } = await asMallory(integration('try', { s3: { bucket: cast.own } }, meta))
      assert.equal(code, 0, stderr)
      await untilReady('try', 'True')
      await leave('try')
      assert.equal(await policyOf(cast.s3, cast.own), undefined)
    }))

  it('is held by what it forged itself, and nobody else is: 4,000 invented places', () =>
    harmless(async () => {
      const { origin } = new URL(cast.rig.aws.endpoint)
      const places = Array.from({ length: 4_000 }, (_, n) => [
        `s3://no-such-${n} at ${origin}`,
        ['BucketPolicy'],
      ])
      const annotations = { 'mooring.dev/applied-at': JSON.stringify(Object.fromEntries(places)) }
      const object = integration('try', { s3: { bucket: cast.own } }, { annotations })
      const { code, stderr } = await asMallory(object, '--server-side')
      assert.equal(code, 0, stderr)
      assert.equal(readyOf(await untilReady('try', 'False'))?.reason, 'TargetOutOfReach')
      await cast.rig.kubectl.must(
        'annotate',
        'si/try',
        '-n',
        ATTACKERS,
        'mooring.dev/applied-at-',
        `--as=${MALLORY}`,
      )
      await untilReady('try', 'True')
      await leave('try')
    }))

  it('makes the operator write nothing but integrations’ own fields, statuses and Events: it may write no other Secret or ConfigMap', async () => {
    const operator = 'system:serviceaccount:mooring-system:mooring'
    for (const namespace of [ATTACKERS, VICTIMS, 'kube-system']) {
      const writes = (await rightsOf(operator, namespace)).filter((line) =>
        /\b(create|update|patch|delete)\b/.test(line),
      )
      const resources = writes.map((line) => line.split(' ')[0] ?? '')
      const others = resources.filter(
        (name) => !/mooring\.dev|^events\.events|^self.*(reviews?|rulesreviews?)\./.test(name),
      )
      assert.deepEqual(others, [], `in ${namespace}`)
    }
    const { items } = await cast.rig.kubectl.get<{ items: KubernetesObject[] }>('configmaps,secrets', '-A')
    const made = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    // A controller manager, where there is one, puts the cluster's authority into every namespace.
    const theirs = made.filter((name) => name.startsWith(ATTACKERS) && !name.endsWith('/kube-root-ca.crt'))
    assert.deepEqual(theirs, [])
  })
})

function integration(name: string, spec: object, meta: object = {}, namespace = ATTACKERS): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace, ...meta },
    spec: { vendor: 'segments-ai', account: 'shared', ...spec },
  }
}

/** Each team may use its own bucket, with any vendor. */
function cloudAccount({ aws }: OwnRig, own: string, theirs: string): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name: 'shared' },
    spec: {
      aws: { accountId: aws.accountId, region: aws.region, endpoint: aws.endpoint },
      allow: [
        { namespaces: [ATTACKERS], storage: [own] },
        { namespaces: [VICTIMS], storage: [theirs] },
      ],
    },
  }
}

/** Kubernetes' own `edit`, with what deploy/ adds to it; no controller aggregates it here, so both are bound. */
function editor(): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: MALLORY, namespace: ATTACKERS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'mooring-edit' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: MALLORY }],
  }
}

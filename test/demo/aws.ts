/**
 * `make demo`: the main job, end to end, on a real kube-apiserver, LocalStack's S3 and ministack's IAM. Every command is really run, every
 * output is what it printed, and every claim is checked: the demo ends with an error where one does not hold.
 */
import { isDeepStrictEqual } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import {
  corsOf,
  isMark,
  policyOf,
  putCors,
  putPolicy,
  strangersPolicy,
  strangersRule,
} from '../integration/stage.ts'
import { installCatalogue, installCrds, installOperatorRights } from '../rig/install.ts'
import { ambientAwsCredentials, type Operator, startOperator } from '../rig/operator.ts'
import { type OwnRig, startRig } from '../rig/rig.ts'
import { eventually } from '../rig/wait.ts'
import { manifests } from './manifests.ts'
import { makeNarrator, type Narrator } from './narrator.ts'
import { showRole } from './role.ts'

const BUCKET = 'street-scenes'
const RESYNC_SECONDS = 5

interface Scene {
  readonly tell: Narrator
  readonly rig: OwnRig
  readonly s3: S3Client
}

async function demo(): Promise<void> {
  process.stdout.write(
    'Starting etcd, kube-apiserver and a local AWS (the first time they are built: some minutes) …\n',
  )
  const rig = await startRig()
  const { endpoint, region, credentials } = rig.aws
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const scene: Scene = { tell: makeNarrator(rig.kubectl), rig, s3 }
  await strangersFirst(scene)
  const operator = await install(scene)
  try {
    await grant(scene)
    await verify(scene)
    await drift(scene)
    await guardrail(scene)
    await revoke(scene)
    await showRole(scene.tell)
  } finally {
    await operator.stop()
    await rig.stop()
  }
  process.stdout.write(
    '\nThat was Mooring. README.md tells how to run it against your own cluster and account.\n',
  )
}

async function strangersFirst({ tell, s3 }: Scene): Promise<void> {
  tell.chapter(
    'A bucket that others use already',
    'Its policy and CORS hold what a security team and an upload tool wrote.',
  )
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
  await putPolicy(s3, BUCKET, strangersPolicy(BUCKET))
  await putCors(s3, BUCKET, [strangersRule])
  tell.show(`bucket policy of s3://${BUCKET}`, pretty(await policyOf(s3, BUCKET)))
  tell.show(`CORS of s3://${BUCKET}`, pretty(await corsOf(s3, BUCKET)))
}

async function install({ tell, rig }: Scene): Promise<Operator> {
  tell.chapter(
    'Install',
    'CRDs, the catalogue of vendors, and the operator, as its own ServiceAccount with the RBAC of deploy/.',
  )
  await installCrds(rig.kubectl)
  await installCatalogue(rig.kubectl)
  const kubeconfigPath = await installOperatorRights(rig)
  const env = {
    ...ambientAwsCredentials(rig.aws),
    MOORING_RESYNC: `${RESYNC_SECONDS}s`,
    MOORING_LOG_LEVEL: 'info',
  }
  const operator = await startOperator({ kubeconfigPath, env })
  await operator.ready()
  await tell.kubectl('get', 'storagevendors')
  await tell.apply('account.yaml', manifests.account(rig.aws))
  await tell.kubectl('wait', 'cloudaccount/aws-demo', '--for=condition=Ready', '--timeout=30s')
  await tell.kubectl('get', 'cloudaccounts')
  return operator
}

async function grant({ tell, s3 }: Scene): Promise<void> {
  tell.chapter('Grant', 'One small object: let Segments.ai read what is below raw/ in the bucket.')
  await tell.apply('integration.yaml', manifests.integration(BUCKET))
  await tell.kubectl('wait', 'si/street-scenes', '-n', 'perception', '--for=condition=Ready', '--timeout=60s')
  await tell.kubectl('get', 'storageintegrations', '-A')
  const statements = (await policyOf(s3, BUCKET))?.Statement ?? []
  tell.show(
    'the statement that was added (its Sid is Mooring’s mark of ownership)',
    pretty(statements.at(-1)),
  )
  tell.expect(
    'the strangers’ statements stand before it, unchanged',
    isDeepStrictEqual(statements.slice(0, -1), strangersPolicy(BUCKET).Statement),
  )
  tell.expect(
    'the strangers’ CORS rule is unchanged, ours follows it',
    isDeepStrictEqual((await corsOf(s3, BUCKET))[0], strangersRule),
  )
}

async function verify({ tell, rig }: Scene): Promise<void> {
  tell.chapter(
    'Why it says Ready',
    'Mooring read everything back and asked S3 as a browser at Segments.ai would.',
  )
  await tell.kubectl(
    'get',
    'si/street-scenes',
    '-n',
    'perception',
    '-o',
    'jsonpath={range .status.checks[*]}{.result}  {.name}: {.message}{"\\n"}{end}',
  )
  await tell.kubectl(
    'get',
    'si/street-scenes',
    '-n',
    'perception',
    '-o',
    'jsonpath={.status.nextStep}{"\\n"}',
  )
  const [theirs, others] = await Promise.all([
    preflight(rig, 'https://app.segments.ai'),
    preflight(rig, 'https://evil.example'),
  ])
  tell.expect(
    `a preflight from https://app.segments.ai is answered ${theirs}, one from https://evil.example ${others}`,
    theirs === 200 && others === 403,
  )
}

async function drift({ tell, s3 }: Scene): Promise<void> {
  tell.chapter(
    'Drift',
    `Somebody pastes the old policy over ours. Mooring looks again every ${RESYNC_SECONDS} s here (10 min by default).`,
  )
  await putPolicy(s3, BUCKET, strangersPolicy(BUCKET))
  tell.show('statements right after', sids(await policyOf(s3, BUCKET)))
  await eventually(
    async () => {
      if (!(await policyOf(s3, BUCKET))?.Statement.some(({ Sid }) => isMark(Sid)))
        throw new Error('not repaired yet')
    },
    { timeoutMs: 30_000 },
  )
  tell.show('statements after the next look', sids(await policyOf(s3, BUCKET)))
  await eventually(() => tellsOfDrift(tell), { timeoutMs: 15_000, everyMs: 1_000 })
}

async function tellsOfDrift(tell: Narrator): Promise<void> {
  const events = await tell.kubectl(
    'get',
    'events',
    '-n',
    'perception',
    '--field-selector',
    'reason=DriftRepaired',
    '-o',
    'custom-columns=REASON:.reason,MESSAGE:.message',
  )
  if (!events.includes('DriftRepaired')) throw new Error('no event yet')
}

async function guardrail({ tell }: Scene): Promise<void> {
  tell.chapter(
    'Guardrail',
    'The account’s spec.allow names street-* for this namespace. Another bucket is refused, before any call to the cloud.',
  )
  await tell.apply('payroll.yaml', manifests.integration('payroll', 'payroll'))
  await tell.kubectl('wait', 'si/payroll', '-n', 'perception', '--for=condition=Ready=False', '--timeout=30s')
  await tell.kubectl('get', 'si', '-n', 'perception')
  await tell.kubectl(
    'get',
    'si/payroll',
    '-n',
    'perception',
    '-o',
    'jsonpath={.status.conditions[0].message}{"\\n"}',
  )
  await tell.kubectl('delete', 'si/payroll', '-n', 'perception')
}

async function revoke({ tell, s3 }: Scene): Promise<void> {
  tell.chapter(
    'Revoke',
    'The object goes; a finalizer holds it until the bucket, as read back, shows no entry of it.',
  )
  await tell.kubectl('delete', 'si/street-scenes', '-n', 'perception')
  tell.show('bucket policy', pretty(await policyOf(s3, BUCKET)))
  tell.expect(
    'only the strangers’ statements are left, equal to what they were, with the policy’s Id',
    isDeepStrictEqual(await policyOf(s3, BUCKET), strangersPolicy(BUCKET)),
  )
  tell.expect(
    'only the strangers’ CORS rule is left',
    isDeepStrictEqual(await corsOf(s3, BUCKET), [strangersRule]),
  )
}

async function preflight({ aws }: OwnRig, origin: string): Promise<number> {
  const headers = { origin, 'access-control-request-method': 'GET' }
  const { status } = await fetch(`${aws.endpoint}/${BUCKET}/raw/0001.png`, { method: 'OPTIONS', headers })
  return status
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'none'
}

function sids(policy: Awaited<ReturnType<typeof policyOf>>): string {
  return (policy?.Statement ?? []).map(({ Sid }) => `${Sid}`).join('\n')
}

await demo()

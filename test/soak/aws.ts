/** The AWS of a soak: a cast of seven vendors, strangers in every bucket, and a bad line to it. */
import { paginateListRoles } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { bucketNow, keyPolicyOf } from '../integration/account-snapshot.ts'
import { rolesOf } from '../integration/roles.ts'
import { putCors, putPolicy } from '../integration/stage.ts'
import {
  assertServed,
  type CloudNow,
  castOf,
  type Member,
  objectOf,
  oursOf,
  strangersOf,
} from '../integration/under-fire-cast.ts'
import { settleIn, settleInAccount } from '../integration/under-fire-strangers.ts'
import { startFaultProxy } from '../rig/fault-proxy.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Aws } from '../rig/rig.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { different, integration, NAMESPACE, oneOf, type SoakCloud } from './cloud.ts'

/** One role serves all integrations of Cloudglue, and has room for fewer than 50. */
const CLOUDGLUES = 20
const SCALE_ID = 'scale-soak-0123456789'

export async function soakAws(aws: Aws, wanted: number): Promise<SoakCloud> {
  const { endpoint, region, credentials } = aws
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const buckets = Array.from({ length: Math.ceil(wanted / 4) }, (_, n) => `soak-${n}`)
  for (const Bucket of buckets) {
    await s3.send(new CreateBucketCommand({ Bucket }))
    await settleIn(s3, Bucket)
  }
  const keyArn = await settleInAccount(aws)
  const cast = castOf(buckets, { keyArn, scaleSecret: 'scale', scaleExternalId: SCALE_ID })
    .filter(({ name }) => !name.startsWith('cloudglue') || Number(name.split('-').at(-1)) < CLOUDGLUES)
    .slice(0, wanted)
  const before = new Map<string, object>()
  for (const bucket of buckets) before.set(bucket, strangersIn(await bucketNow(s3, bucket)))
  const rolesBefore = await roleNames(aws)

  const faults = await startFaultProxy(endpoint, { seed: 8 })
  const line = await startTcpProxy(Number(new URL(faults.endpoint).port))
  const byName = new Map(cast.map((member) => [member.name, member]))

  async function damage(): Promise<string[]> {
    const found: string[] = []
    for (const [bucket, strangers] of before)
      found.push(...different(`s3://${bucket}`, strangersIn(await bucketNow(s3, bucket)), strangers))
    return found
  }

  return {
    name: 'aws',
    environment: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
    },
    accounts: awsObjects(aws, `http://127.0.0.1:${line.port}`),
    integrations: cast.map(objectOf),
    newcomer: (n) => newcomer(n, oneOf(buckets, Math.random)),
    setFaults: (rates) => faults.set(rates),
    cut: () => line.cut(),
    disturb: (random) => disturb(s3, aws, oneOf(cast, random), random),
    unserved: (objects) => unserved(cloudNow(s3, aws, keyArn), byName, objects),
    damage,
    leftovers: async () => {
      const ours = await Promise.all(
        buckets.map(async (bucket) => [bucket, await oursAt(s3, bucket)] as const),
      )
      const rolesNow = (await roleNames(aws)).filter((name) => !rolesBefore.includes(name))
      return [
        ...(await damage()),
        ...ours.filter(([, count]) => count > 0).map(([bucket, count]) => `${count} of ours in ${bucket}`),
        ...rolesNow.map((name) => `role ${name}`),
      ]
    },
    stop: async () => {
      await line.stop()
      await faults.stop()
    },
  }
}

function awsObjects({ accountId, region }: Aws, endpoint: string): KubernetesObject[] {
  return [
    {
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'CloudAccount',
      metadata: { name: 'aws-test' },
      spec: {
        aws: { accountId, region, endpoint },
        allow: [{ namespaces: [NAMESPACE], kmsKeys: ['*'] }],
        requestsPerSecond: 200,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'scale', namespace: NAMESPACE },
      stringData: { id: SCALE_ID },
    },
  ]
}

/** By turns one in the bucket's policy, and one with a role of its own. */
function newcomer(n: number, bucket: string): KubernetesObject {
  const isRole = n % 2 === 1
  return integration(`newcomer-aws-${n}`, {
    account: 'aws-test',
    vendor: isRole ? 'datasaur' : 'segments-ai',
    s3: { bucket, prefix: `newcomer-${n}/` },
    ...(isRole ? { parameters: { externalId: `newcomer-${n}` } } : {}),
  })
}

/** As a tool does that knows its own entries only, or a person who tidies up. */
async function disturb(
  s3: S3Client,
  aws: Aws,
  { bucket, role }: Member,
  random: () => number,
): Promise<void> {
  const { policy, cors } = await bucketNow(s3, bucket)
  const chance = random()
  if (chance < 0.4 && policy !== undefined)
    await putPolicy(s3, bucket, { ...policy, Statement: strangersOf(policy.Statement) })
  else if (chance < 0.7) await putCors(s3, bucket, strangersOf(cors))
  else if (role?.name !== undefined) await emptyRole(aws, role.name)
}

async function emptyRole(aws: Aws, name: string): Promise<void> {
  const roles = rolesOf(aws)
  const [policy] = Object.keys((await roles.read(name))?.inline ?? {})
  if (policy !== undefined) await roles.removeInline(name, policy)
}

async function roleNames(aws: Aws): Promise<string[]> {
  const names: string[] = []
  for await (const { Roles = [] } of paginateListRoles({ client: rolesOf(aws).iam }, {}))
    names.push(...Roles.map(({ RoleName = '' }) => RoleName))
  return names
}

function strangersIn({ policy, cors, lifecycle, tags }: Awaited<ReturnType<typeof bucketNow>>): object {
  return {
    policy: { ...policy, Statement: strangersOf(policy?.Statement ?? []) },
    cors: strangersOf(cors),
    lifecycle: { ...lifecycle, Rules: strangersOf(lifecycle?.Rules ?? []) },
    tags,
  }
}

async function oursAt(s3: S3Client, bucket: string): Promise<number> {
  const { policy, cors, lifecycle } = await bucketNow(s3, bucket)
  const entries: object[] = [...(policy?.Statement ?? []), ...cors, ...(lifecycle?.Rules ?? [])]
  return oursOf(entries).length
}

function cloudNow(s3: S3Client, aws: Aws, keyArn: string): CloudNow {
  const roles = rolesOf(aws)
  return {
    bucket: (name) => bucketNow(s3, name),
    role: (name) => roles.read(name),
    keyStatements: async () => (await keyPolicyOf(aws, keyArn)).Statement,
  }
}

async function unserved(
  cloud: CloudNow,
  cast: ReadonlyMap<string, Member>,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const found: string[] = []
  for (const { metadata, status } of objects) {
    const member = cast.get(metadata.name)
    if (member === undefined) continue
    await assertServed(cloud, member, status ?? {}).catch((error: Error) => found.push(error.message))
  }
  return found
}

/** A vendor that changes its principal: who was connected before keeps the former one for a while, who comes later never gets it. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { reading, trusting, vendorOf, withRole } from './recipe.ts'
import { rolesOf } from './roles.ts'
import { deletePolicy, oursIn, setStage } from './stage.ts'

const stage = await setStage({ accountId: '300000000018' })
const { rig, s3, namespace } = stage
await stage.operator()
const iam = rolesOf(rig.aws)

const FORMER = '111122223333'
const PRESENT = '444455556666'

/** The vendor with its principals, in the bucket's policy and in the trust of a role. */
async function principals(vendor: string, aws: string[], retiring: object[] = []): Promise<void> {
  const principal = { aws, ...(retiring.length === 0 ? {} : { retiring }) }
  const statement = { ...trusting, principal, externalIds: ['connected-1'] }
  const { role } = withRole({ trust: { statements: [statement] } }).s3
  const bucketPolicy = { statements: [{ ...reading, principal }] }
  await rig.kubectl.apply(vendorOf(vendor, { s3: { role, bucketPolicy } }))
}

const accountsIn = (statements: readonly { readonly [field: string]: unknown }[]): string[] =>
  statements
    .flatMap(({ Principal }) => (Principal as { AWS: string | string[] }).AWS)
    .map((name) => /\d{12}/.exec(name)?.[0] ?? name)
    .sort()

/** Whom bucket and role of this integration let in. */
async function letIn(name: string, bucket: string): Promise<string[][]> {
  const role = (await iam.names()).find((one) => one.startsWith(`mooring-${namespace}-${name}`)) ?? ''
  return [accountsIn(await oursIn(s3, bucket)), accountsIn((await iam.read(role))?.trust ?? [])]
}

const untilLetIn = (name: string, bucket: string, ...expected: string[]) =>
  eventually(async () => assert.deepEqual(await letIn(name, bucket), [expected, expected]), {
    timeoutMs: 30_000,
  })

describe('a vendor that changes its principal', () => {
  it('keeps the former one where it was granted, until the recipe or the day ends it, and grants it to nobody anew', async () => {
    const vendor = uniqueName('changing')
    const [early, late] = [uniqueName('early'), uniqueName('late')]
    const [bucket, other] = [await stage.bucket(), await stage.bucket()]
    await principals(vendor, [FORMER])
    await rig.kubectl.apply(stage.integration(early, bucket, { vendor }))
    await stage.untilReady(early, 'True')
    await untilLetIn(early, bucket, FORMER)

    await principals(vendor, [PRESENT], [{ aws: FORMER, reason: 'Replaced.' }])
    await untilLetIn(early, bucket, FORMER, PRESENT)
    await rig.kubectl.apply(stage.integration(late, other, { vendor }))
    await stage.untilReady(late, 'True')
    await untilLetIn(late, other, PRESENT)

    await principals(vendor, [PRESENT], [{ aws: FORMER, until: '2020-01-01' }])
    await untilLetIn(early, bucket, PRESENT)
    await principals(vendor, [PRESENT], [{ aws: FORMER }])
    await stage.untilReady(early, 'True')
    await deletePolicy(s3, bucket)
    await untilLetIn(early, bucket, PRESENT)
    await stage.leave(early, late)
  })
})

/** Mooring with a user's keys and the policies of docs/aws-permissions.md, in an AWS that enforces them. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DetachRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { repository } from '../rig/cache.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { ministackAccount } from '../rig/rig.ts'
import { ministack, uniqueAccountId } from '../rig/shared.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { type Customer, newCustomer } from './customer.ts'
import { cloudCalls } from './metrics.ts'
import { only, pageActions, pagePermissions } from './page-permissions.ts'
import { rolesOf } from './roles.ts'
import { allow, assertRefused, documentOf, type Somebody, somebody } from './somebody.ts'
import { readyOf, type Stage, setStage } from './stage.ts'

const ROLE = 'cloudglue-external-s3-access-role'
const BUCKETS = 'street-*'
const VENDORS = {
  cloudglue: { account: '992382634011', spec: {} },
  datasaur: {
    account: '682361690817',
    spec: { parameters: { externalId: 'from-the-dialog' } },
  },
  'segments-ai': { account: '931508227573', spec: {} },
} as const
type VendorName = keyof typeof VENDORS

describe('Mooring with its own permissions', () => {
  let stage: Stage
  let operator: Operator
  /** Every permission that some status named as missing. */
  const named = new Set<string>()

  before(async () => {
    const { endpoint } = await ministack()
    stage = await setStage(ministackAccount(endpoint, uniqueAccountId()))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '10m' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const page = (accountId: string) => pagePermissions(accountId, BUCKETS)
  const permit = (customer: Customer, isAllowed: (action: string) => boolean) =>
    customer.user.may(...only(page(customer.accountId), isAllowed))

  async function connect(customer: Customer, name: string, vendor: VendorName): Promise<string> {
    const bucket = await customer.bucket()
    const spec = { account: customer.name, vendor, ...VENDORS[vendor].spec }
    await stage.rig.kubectl.apply(stage.integration(name, bucket, spec))
    return bucket
  }

  /** Takes on, as the vendor and anew with every call, the role that status tells of now. */
  async function vendorOf(name: string): Promise<() => Promise<Somebody>> {
    const { spec, status } = await stage.untilReady(name, 'True', 'Verified')
    const { account } = VENDORS[spec.vendor as VendorName]
    const { roleArn, externalId = spec.parameters?.externalId } = status?.outputs ?? {}
    const vendor = somebody(ministackAccount(stage.rig.aws.endpoint, account))
    return () => vendor.assume(roleArn, externalId)
  }

  /** What an object says now; undefined when it is gone. */
  async function find(name: string): Promise<KubernetesObject | undefined> {
    const { code, stdout } = await stage.rig.kubectl.run([
      'get',
      'si',
      name,
      '-n',
      stage.namespace,
      '-o',
      'json',
    ])
    return code === 0 ? JSON.parse(stdout) : undefined
  }

  /** Waits until the status says that exactly this permission is missing. */
  const untilMissing = (name: string, action: string) =>
    eventually(async () => assert.deepEqual(missingIn(await stage.si(name)), [action]), {
      timeoutMs: 20_000,
      everyMs: 200,
    })

  /** Allows one permission after the other, as the status names them, until nothing is missing; these are returned. */
  async function climb(
    customer: Customer,
    name: string,
    isThere: IsThere,
    allowed: string[],
  ): Promise<string[]> {
    const before = [...allowed]
    for (;;) {
      const missing = await eventually(
        async () => {
          const object = await find(name)
          if (isThere(object)) return undefined
          const [action] = missingIn(object).filter((one) => !allowed.includes(one))
          assert.ok(action, `${name} names nothing: ${object && readyOf(object)?.message}`)
          return action
        },
        { timeoutMs: 20_000, everyMs: 200 },
      )
      if (missing === undefined) return allowed.filter((action) => !before.includes(action)).sort()
      assert.ok(pageActions.includes(missing), `${missing} is not on the page`)
      named.add(missing)
      allowed.push(missing)
      await permit(customer, (action) => allowed.includes(action))
      await customer.touch()
    }
  }

  it('a missing permission is not asked for again and again, and at once when the object changes', async () => {
    const customer = await newCustomer(stage, 'patient', page)
    await permit(customer, (action) => action !== 'iam:CreateRole')
    await customer.apply()
    await connect(customer, 'patient', 'cloudglue')
    await stage.untilReady('patient', 'False', 'AccessDenied')
    await untilMissing('patient', 'iam:CreateRole')
    const asked = async () => [
      await cloudCalls(operator, { operation: 'GetRole' }),
      await cloudCalls(operator, { operation: 'CreateRole' }),
    ]
    await consistently(async () => assert.deepEqual(await asked(), [1, 1]), { forMs: 4_000 })
    assert.deepEqual(await rolesOf(customer.root.aws).names(), [])
    await customer.user.may(...page(customer.accountId))
    await stage.change('patient', { parameters: { externalId: 'chosen-by-hand' } })
    await stage.untilReady('patient', 'True', 'Verified')
    await stage.leave('patient')
  })

  describe('and nothing more than the page has', () => {
    let customer: Customer

    before(async () => {
      customer = await newCustomer(stage, 'content', page)
      await customer.apply({ permissionsBoundaryArn: await makeBoundary(customer) })
    })

    it('vendors come in, can do below the boundary what they need, and are shut out', async () => {
      const videos = await connect(customer, 'videos', 'cloudglue')
      const labels = await connect(customer, 'labels', 'datasaur')
      await connect(customer, 'images', 'segments-ai')
      const cloudglue = await (await vendorOf('videos'))()
      const datasaur = await (await vendorOf('labels'))()
      await stage.untilReady('images', 'True', 'Verified')
      assert.equal(await cloudglue.read(videos, 'team/a.txt'), 'team/a.txt')
      await datasaur.write(labels, 'team/new.txt')
      assert.deepEqual(await datasaur.list(labels), ['team/a.txt', 'team/new.txt'])
      await datasaur.remove(labels, 'team/new.txt')
      await assertRefused(cloudglue.write(videos, 'team/a.txt'), datasaur.read(videos, 'team/a.txt'))
      await stage.leave('videos', 'labels', 'images')
      await assertRefused(cloudglue.read(videos, 'team/a.txt'), datasaur.read(labels, 'team/a.txt'))
      assert.deepEqual(await rolesOf(customer.root.aws).names(), [])
    })
  })

  describe('each permission that is missing', { concurrency: true }, () => {
    const isReady: IsThere = (object) => object !== undefined && readyOf(object)?.status === 'True'
    const isGone: IsThere = (object) => object === undefined
    const reading = ['s3:GetBucketPolicy', 's3:GetEncryptionConfiguration']
    const role = ['iam:CreateRole', 'iam:GetRole', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies']

    for (const [vendor, arriving, leaving] of [
      [
        'cloudglue',
        [...role, ...reading, 'iam:GetRolePolicy', 'iam:PutRolePolicy'],
        ['iam:DeleteRole', 'iam:DeleteRolePolicy'],
      ],
      [
        'datasaur',
        [
          ...role,
          ...reading,
          'iam:AttachRolePolicy',
          'iam:CreatePolicy',
          'iam:GetPolicy',
          'iam:GetPolicyVersion',
          's3:GetBucketCORS',
          's3:GetLifecycleConfiguration',
          's3:PutBucketCORS',
          's3:PutLifecycleConfiguration',
        ],
        ['iam:DeletePolicy', 'iam:DeleteRole', 'iam:DetachRolePolicy', 'iam:ListPolicyVersions'],
      ],
      [
        'segments-ai',
        [...reading, 's3:GetBucketCORS', 's3:PutBucketCORS', 's3:PutBucketPolicy'],
        ['s3:DeleteBucketPolicy'],
      ],
    ] as const) {
      it(`is named for ${vendor} from its first look until it is gone, and no other one`, async () => {
        const name = `climbing-${vendor}`
        const customer = await newCustomer(stage, name)
        await customer.apply()
        await connect(customer, name, vendor)
        const allowed: string[] = []
        assert.deepEqual(await climb(customer, name, isReady, allowed), [...arriving].sort())
        await stage.delete(name)
        assert.deepEqual(await climb(customer, name, isGone, allowed), [...leaving].sort())
        assert.deepEqual(await rolesOf(customer.root.aws).names(), [])
      })
    }
  })

  describe('a permission that is taken away later', () => {
    let customer: Customer
    let roles: ReturnType<typeof rolesOf>
    let videos: string
    let cloudglue: () => Promise<Somebody>
    let labelsRole: string
    let policyArn: string

    before(async () => {
      customer = await newCustomer(stage, 'robbed', page)
      roles = rolesOf(customer.root.aws)
      await customer.apply()
      videos = await connect(customer, 'videos', 'cloudglue')
      await connect(customer, 'labels', 'datasaur')
      cloudglue = await vendorOf('videos')
      const { status } = await stage.untilReady('labels', 'True', 'Verified')
      labelsRole = status?.outputs.roleArn.replace(/.*\//, '')
      policyArn = Object.keys((await roles.read(labelsRole))?.attached ?? {})[0] ?? ''
    })

    const widened = [allow('s3:*')]
    const anotherVersion = async () => {
      const version = { PolicyArn: policyArn, PolicyDocument: documentOf(widened), SetAsDefault: true }
      await customer.root.iam.send(new CreatePolicyVersionCommand(version))
    }
    interface Row {
      readonly action: string
      readonly when: string
      readonly who: string
      readonly what: () => Promise<unknown>
      /** It is being deleted. */
      readonly leaves?: boolean
    }
    const rows: readonly Row[] = [
      {
        action: 'iam:TagRole',
        when: 'a second bucket comes into the role',
        who: 'films',
        what: () => connect(customer, 'films', 'cloudglue'),
      },
      {
        action: 'iam:UntagRole',
        when: 'it leaves again',
        who: 'films',
        what: () => stage.delete('films'),
        leaves: true,
      },
      {
        action: 'iam:UpdateAssumeRolePolicy',
        when: 'a stranger lets everybody in',
        who: 'videos',
        what: () =>
          roles.putTrust(ROLE, [
            { Sid: 'MooringVendor', Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
          ]),
      },
      {
        action: 'iam:PutRolePolicy',
        when: 'a stranger changes what the role may do',
        who: 'videos',
        what: async () => {
          const { inline = {} } = (await roles.read(ROLE)) ?? {}
          const [name = '', [first, ...others] = []] = Object.entries(inline)[0] ?? []
          return roles.putInline(ROLE, name, [{ ...first, Action: ['s3:*'] }, ...others])
        },
      },
      {
        action: 'iam:UpdateRole',
        when: 'a stranger changes the description',
        who: 'videos',
        what: () => customer.root.iam.send(new UpdateRoleCommand({ RoleName: ROLE, Description: 'mine' })),
      },
      {
        action: 'iam:PutRolePermissionsBoundary',
        when: 'the account gets a boundary',
        who: 'videos',
        what: async () => {
          await customer.apply({ permissionsBoundaryArn: await makeBoundary(customer) })
        },
      },
      {
        action: 'iam:CreatePolicyVersion',
        when: 'a stranger changes a managed policy',
        who: 'labels',
        what: anotherVersion,
      },
      {
        action: 'iam:AttachRolePolicy',
        when: 'a stranger detaches it',
        who: 'labels',
        what: () =>
          customer.root.iam.send(new DetachRolePolicyCommand({ RoleName: labelsRole, PolicyArn: policyArn })),
      },
      {
        action: 'iam:DeletePolicyVersion',
        when: 'there is no room for one more version',
        who: 'labels',
        what: async () => {
          await anotherVersion()
          await anotherVersion()
        },
      },
    ]
    for (const { action, when, who, what, leaves = false } of rows) {
      it(`is named, harms nobody, and mends all when it is back: ${action}, when ${when}`, async () => {
        await permit(customer, (one) => one !== action)
        await what()
        await customer.touch()
        await untilMissing(who, action)
        await stage.untilReady(who, 'False', 'AccessDenied')
        named.add(action)
        assert.equal(await (await cloudglue()).read(videos, 'team/a.txt'), 'team/a.txt')
        await customer.user.may(...page(customer.accountId))
        await customer.touch()
        if (leaves) await stage.untilGone(who)
        else await eventually(async () => assert.deepEqual(missingIn(await stage.si(who)), []))
        await stage.untilReady('videos', 'True', 'Verified')
        await stage.untilReady('labels', 'True', 'Verified')
        assert.equal(await (await cloudglue()).read(videos, 'team/a.txt'), 'team/a.txt')
      })
    }
  })

  it('the page has nothing that was not asked for, but what the test AWS does not check or these vendors do not need', () => {
    assert.deepEqual(
      pageActions.filter((action) => !named.has(action)),
      [
        'iam:TagPolicy',
        'kms:GetKeyPolicy',
        'kms:PutKeyPolicy',
        's3:GetBucketObjectLockConfiguration',
        's3:GetBucketOwnershipControls',
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketVersioning',
      ],
    )
  })
})

type IsThere = (object: KubernetesObject | undefined) => boolean

/** The boundary of deploy/aws, in the customer's account. */
async function makeBoundary({ root, accountId }: Customer): Promise<string> {
  const text = readFileSync(join(repository, 'deploy/aws/vendor-boundary.json'), 'utf8')
  const PolicyDocument = text.replaceAll('street-scenes', BUCKETS)
  await root.iam.send(new CreatePolicyCommand({ PolicyName: 'vendor-boundary', PolicyDocument }))
  return `arn:aws:iam::${accountId}:policy/vendor-boundary`
}

/** The permissions that a status says are missing. */
function missingIn(object: KubernetesObject | undefined): string[] {
  const { conditions = [], checks = [] } = object?.status ?? {}
  const messages: string[] = [...conditions, ...checks].map(({ message }: { message: string }) => message)
  const named = messages.flatMap((message) =>
    [...message.matchAll(/ may not (\w+:\w+)/g)].map(([, action = '']) => action),
  )
  return [...new Set(named)]
}

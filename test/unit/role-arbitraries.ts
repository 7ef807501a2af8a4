import fc from 'fast-check'
import { GENERATED, partName, type RolePart } from '../../src/clouds/aws/role-parts.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { ClaimedEntry, Participant } from '../../src/plan/plan-target.ts'
import { INSTALLATION } from './arbitraries.ts'
import { ACTS, VENDOR_MANAGED } from './role-strangers.ts'
import { ACCOUNT, type SimulatedIam, type SimulatedRole } from './simulated-iam.ts'

export const ROLE = 'cloudglue-external-s3-access-role'
export const ROLE_TARGET = `arn:aws:iam::${ACCOUNT}:role/${ROLE}`
export const OURS = installationTag(INSTALLATION, ROLE_TARGET)

/** What one integration asks of the role. */
export interface Ask {
  readonly name: string
  readonly buckets: readonly string[]
  /** `Generated`: Mooring chooses. */
  readonly externalId: string
  /** The recipe's revision: the second one changes a statement under its Sid, a policy's name and the description. */
  readonly revision: 1 | 2
  readonly managed: boolean
  readonly customer: boolean
}

/** The parts that a recipe of each form makes: settings, trust, inline, customer-managed and attached policies. */
export function partsOf({ buckets, externalId, revision, managed, customer }: Ask): RolePart[] {
  const arns = buckets.map((bucket) => `arn:aws:s3:::${bucket}`)
  const read = {
    Effect: 'Allow',
    Action: revision === 1 ? ['s3:GetObject'] : ['s3:GetObject', 's3:ListBucket'],
  }
  const write = { Effect: 'Allow', Action: ['s3:PutObject'] }
  const inline = { in: 'InlinePolicy', policy: revision === 1 ? 'Access' : 'AccessTwo' } as const
  return [
    { in: 'Role', path: '/', description: `For the vendor, ${revision}`, maxSessionDuration: 3_600 },
    { in: 'Trust', sid: 'MooringVendor', statement: trustFor(externalId) },
    ...arns.flatMap((arn): RolePart[] => [
      { ...inline, sid: 'Read', statement: read, resource: arn },
      { ...inline, sid: 'Read', statement: read, resource: `${arn}/*` },
    ]),
    {
      in: 'InlinePolicy',
      policy: 'Transfer',
      sid: 'Write',
      statement: write,
      resource: 'arn:aws:s3:::vendor/*',
    },
    ...(managed ? [{ in: 'Attachment', arn: VENDOR_MANAGED } as const] : []),
    ...(customer ? customerParts(arns) : []),
  ]
}

export const VENDOR = '111122223333'

function customerParts(arns: readonly string[]): RolePart[] {
  const statement = { Effect: 'Allow', Action: ['s3:PutObjectTagging'] }
  const policy = { in: 'CustomerPolicy', policy: 'VendorAccess', sid: 'Tag', statement } as const
  return [
    ...arns.map((resource) => ({ ...policy, resource })),
    {
      in: 'Attachment',
      arn: `arn:aws:iam::${ACCOUNT}:policy/VendorAccess`,
      customerPolicy: 'VendorAccess',
    },
  ]
}

function trustFor(externalId: string): JsonObject {
  const id = externalId === 'Generated' ? GENERATED : externalId
  return {
    Effect: 'Allow',
    Principal: { AWS: VENDOR },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': id } },
  }
}

/** An integration that asks for what most ask for. */
export function anAsking(parts: Partial<Asking> = {}): Asking {
  const usual = { name: 'one', buckets: ['clips'], externalId: 'id-0001', revision: 1 } as const
  return { ...usual, managed: false, customer: false, stance: 'Wants', ...parts }
}

/** An integration, for participantOf; small, so that a failed property can be read. */
export interface Asking extends Ask {
  readonly stance: Participant['stance']
}

export function participantOf({ stance, ...ask }: Asking): Participant {
  return { owner: `perception/${ask.name}`, stance, entries: partsOf(ask).map(claimOf) }
}

export function claimOf(part: RolePart): ClaimedEntry {
  return { document: 'IamRole', name: partName(part), body: { part } }
}

const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, ...others.map((other) => fc.constant(other)))

const asking: fc.Arbitrary<Asking> = fc.record({
  name: fc.constantFrom('one', 'two', 'three', 'four'),
  buckets: fc.subarray(['clips', 'scenes', 'maps'], { minLength: 1, maxLength: 2 }),
  externalId: often('id-0001', 'id-0002', 'Generated'),
  revision: often<1 | 2>(1, 2),
  managed: fc.boolean(),
  customer: fc.boolean(),
  stance: fc.constantFrom<Participant['stance']>('Wants', 'Wants', 'Wants', 'Keeps', 'Leaves'),
})

/** Integrations with distinct names, in order of age; who is not named is an orphan where it has something. */
export const askings: fc.Arbitrary<Asking[]> = fc.uniqueArray(asking, {
  selector: ({ name }) => name,
  maxLength: 4,
})

/** What happens at the role, one after the other: a pass with these integrations, or a stranger's act. */
export type Happening = { readonly people: readonly Asking[] } | { readonly act: string }

export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ people: askings }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constantFrom(...ACTS) }) },
  ),
  { maxLength: 7 },
)

const strangersRole: SimulatedRole = {
  path: '/theirs/',
  description: 'Theirs',
  maxSessionDuration: 7_200,
  boundary: `arn:aws:iam::${ACCOUNT}:policy/theirs`,
  tags: { owner: 'them' },
  trust: JSON.stringify({
    Version: '2012-10-17',
    Id: 'theirs',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }),
  inline: {
    // as the vendor's page says, by hand: the spelling differs, the meaning does not
    Access: JSON.stringify({
      Statement: { Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::byhand' },
    }),
  },
  attached: ['arn:aws:iam::aws:policy/Theirs'],
}

/** A stranger's role that a person handed over to this installation. */
export const HANDED_OVER: SimulatedRole = {
  ...strangersRole,
  tags: { owner: 'them', 'mooring.dev/installation': OURS },
}

/** Nothing, a stranger's role, or a stranger's role that was handed over to this installation. */
export const start: fc.Arbitrary<SimulatedIam> = fc.constantFrom<SimulatedIam>(
  { policies: {} },
  { policies: {} },
  { policies: {}, role: strangersRole },
  { policies: {}, role: HANDED_OVER },
)

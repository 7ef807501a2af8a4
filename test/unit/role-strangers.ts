/** What strangers do to a role that Mooring serves. */
import type { JsonObject } from '../../src/plan/json.ts'
import { ACCOUNT, type SimulatedIam, type SimulatedRole, statementsIn } from './simulated-iam.ts'

export const VENDOR_MANAGED = 'arn:aws:iam::aws:policy/VendorManaged'

type Change = (role: SimulatedRole, policies: SimulatedIam['policies']) => Partial<SimulatedIam>
type Statements = (list: readonly JsonObject[]) => JsonObject[]

const ofRole =
  (change: (role: SimulatedRole) => Partial<SimulatedRole>): Change =>
  (role) => ({ role: { ...role, ...change(role) } })

const inTrust = (change: Statements): Change => ofRole(({ trust }) => ({ trust: changed(trust, change) }))

const inInline = (policy: string, change: Statements): Change =>
  ofRole(({ inline }) => {
    const text = inline[policy]
    return text === undefined ? {} : { inline: { ...inline, [policy]: changed(text, change) } }
  })

const inManaged =
  (name: string, change: Statements): Change =>
  (_role, policies) => {
    const policy = policies[name]
    if (policy === undefined) return {}
    return { policies: { ...policies, [name]: { ...policy, document: changed(policy.document, change) } } }
  }

function changed(text: string, change: Statements): string {
  return JSON.stringify({ ...JSON.parse(text), Statement: change(statementsIn(text)) })
}

/** IAM takes no Sid twice; a stranger would not write the same statement again either. */
const adding =
  (statement: JsonObject): Statements =>
  (list) =>
    list.some(({ Sid }) => Sid === statement.Sid) ? [...list] : [...list, statement]

const addingResource =
  (resource: string): Statements =>
  (list) =>
    list.map((statement) => {
      const resources = [statement.Resource as string | string[]].flat()
      if (statement.Sid !== 'Read' || resources.includes(resource)) return statement
      return { ...statement, Resource: [...resources, resource] }
    })

const takingResource =
  (resource: string): Statements =>
  (list) =>
    list.map((statement) => {
      const left = [statement.Resource as string | string[]].flat().filter((one) => one !== resource)
      return left.length === 0 ? statement : { ...statement, Resource: left }
    })

const their = (n: number): JsonObject => ({
  Effect: 'Allow',
  Action: `sqs:Their${n}`,
  Resource: [`arn:aws:sqs:::${n}`, '*'],
})

/** What they add is to survive. */
const ADDING: Readonly<Record<string, Change>> = {
  'trusts a service': inTrust(
    adding({
      Sid: 'Theirs',
      Effect: 'Allow',
      Principal: { Service: 'glue.amazonaws.com' },
      Action: 'sts:AssumeRole',
    }),
  ),
  'trusts somebody in a statement without a Sid': inTrust(
    adding({
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`] },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    }),
  ),
  'puts a policy into the role': ofRole(({ inline }) => ({
    inline: { ...inline, theirs: JSON.stringify({ Id: 'x', Statement: [their(1), their(2)] }) },
  })),
  'adds a bucket to our statement': inInline('Access', addingResource('arn:aws:s3:::theirs')),
  'adds a bucket that an integration wants': inInline('Access', addingResource('arn:aws:s3:::maps')),
  'adds a statement to our inline policy': inInline('Transfer', adding({ ...their(3), Sid: 'Theirs' })),
  'adds a statement without Sid and Resource': inInline(
    'Transfer',
    adding({ Effect: 'Deny', NotAction: 's3:*', NotResource: 'arn:aws:s3:::x' }),
  ),
  'adds a statement to our managed policy': inManaged(
    '/VendorAccess',
    adding({ ...their(4), Sid: 'Theirs' }),
  ),
  'attaches a policy': ofRole(attaching('arn:aws:iam::aws:policy/Theirs')),
  'attaches the policy that the vendor wants': ofRole(attaching(VENDOR_MANAGED)),
  'tags the role': ofRole(({ tags }) => ({ tags: { ...tags, team: 'theirs' } })),
  'limits the role': ofRole(() => ({ boundary: `arn:aws:iam::${ACCOUNT}:policy/boundary` })),
}

/** What they spoil is put right. */
const SPOILING: Readonly<Record<string, Change>> = {
  'changes our external ID': ofRole(({ trust }) => ({
    trust: trust.replace(/"sts:ExternalId":"[^"]*"/, '"sts:ExternalId":"evil"'),
  })),
  'changes the description': ofRole(() => ({ description: 'mine' })),
  'takes a bucket away': inInline('Access', takingResource('arn:aws:s3:::clips')),
}

function attaching(arn: string): (role: SimulatedRole) => Partial<SimulatedRole> {
  return ({ attached }) => ({ attached: [...new Set([...attached, arn])] })
}

export const ACTS: readonly string[] = Object.keys({ ...ADDING, ...SPOILING })

/** The account after a stranger's act, and whether what it added is to survive; nothing happens where there is no role. */
export function afterAct(
  iam: SimulatedIam,
  act: string,
): { readonly iam: SimulatedIam; readonly adds: boolean } {
  const change = ADDING[act] ?? SPOILING[act]
  if (change === undefined || iam.role === undefined) return { iam, adds: false }
  return { iam: { ...iam, ...change(iam.role, iam.policies) }, adds: act in ADDING }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import { entryTag, installationTag, ownerTag } from '../../plan/mark.ts'
import { closedTrust, decodeRole, encodeRole, type ReadRole, type RoleEnvelope } from './role-document.ts'
import type { RoleEntry } from './role-ledger.ts'
import { partName } from './role-parts.ts'

const INSTALLATION = installationTag('inst', 'role')
const OWNER = `mooring.dev/${ownerTag('inst', 'role', 'a/one')}`
const read = { Sid: 'Read', Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::clips'] }
const trusting = { Sid: 'Theirs', Effect: 'Allow', Principal: { Service: 'ec2' }, Action: 'sts:AssumeRole' }
const textOf = (value: unknown): string => JSON.stringify(value)

function aRole(parts: Partial<ReadRole> = {}): ReadRole {
  return {
    settings: { in: 'Role', path: '/p/', description: 'd', maxSessionDuration: 3_600 },
    tags: { 'mooring.dev/installation': INSTALLATION },
    trust: textOf({ Version: '2012-10-17', Statement: [trusting] }),
    inline: new Map(),
    customer: new Map(),
    attached: [],
    ...parts,
  }
}

/** A tag that lists what has these names. */
const listing = (...names: readonly string[]) => ({
  'mooring.dev/installation': INSTALLATION,
  [OWNER]: names.map(entryTag).join(' '),
})
const namesIn = (role: ReadRole | undefined): string[] =>
  decodeRole(role).entries.map(({ mark, part }) => `${mark === undefined ? '' : 'our '}${partName(part)}`)
const stateOf = (role: ReadRole | undefined) => (decodeRole(role).envelope as RoleEnvelope).state
const encoded = (role: ReadRole) => {
  const { trust, inline, customer } = encodeRole(decodeRole(role))
  return { trust, inline: Object.fromEntries(inline), customer: Object.fromEntries(customer) }
}

describe('a role taken apart', () => {
  it('is absent where there is none', () => {
    assert.deepEqual([stateOf(undefined), namesIn(undefined)], ['Absent', []])
  })
  it('that a stranger made is left whole, whatever is in it', () => {
    const role = aRole({ tags: { team: 'x' }, trust: 'no policy', inline: new Map([['a', '{{{']]) })
    assert.deepEqual([stateOf(role), namesIn(role)], ['Foreign', []])
  })
  it('of another installation gives its entries that one’s marks', () => {
    const role = aRole({ tags: { ...listing('role'), 'mooring.dev/installation': '00000000' } })
    const [settings] = decodeRole(role).entries as readonly RoleEntry[]
    assert.deepEqual([stateOf(role), settings?.mark?.slice(0, 15)], ['Ours', 'Mooring00000000'])
  })
  it('that a person handed over has everything as a stranger’s', () => {
    const role = aRole({ inline: new Map([['Access', textOf({ Statement: read })]]), attached: ['arn:x'] })
    assert.deepEqual(namesIn(role), [
      'role',
      'trust/Theirs',
      'inline/Access/Read/arn:aws:s3:::clips',
      'attachment/arn:x',
    ])
  })
  it('gives its parts to those whose tags list them, and the rest to strangers', () => {
    const Resource = ['arn:aws:s3:::clips', 'arn:aws:s3:::theirs']
    const inline = new Map([['Access', textOf({ Statement: [{ ...read, Resource }] })]])
    const tags = listing('role', 'inline/Access/Read/arn:aws:s3:::clips', 'trust/gone')
    const names = namesIn(aRole({ tags, inline }))
    assert.deepEqual(names, [
      'our role',
      'trust/Theirs',
      'our inline/Access/Read/arn:aws:s3:::clips',
      'inline/Access/Read/arn:aws:s3:::theirs',
      'our stale',
    ])
  })
  it('has our managed policies by name wherever the role lies, and others by ARN', () => {
    const attached = ['arn:aws:iam::1:policy/p/Own', 'arn:aws:iam::1:policy/Own', 'arn:aws:iam::aws:policy/X']
    const customer = new Map([['Own', textOf({ Statement: [read] })]])
    assert.deepEqual(namesIn(aRole({ attached, customer })).slice(-3), [
      'attachment/customer/Own',
      'attachment/arn:aws:iam::1:policy/Own',
      'attachment/arn:aws:iam::aws:policy/X',
    ])
  })
  it('tells of a trust that it holds the external ID of the tag', () => {
    const Condition = { StringEquals: { 'sts:ExternalId': 'made' } }
    const trust = textOf({ Statement: [{ ...trusting, Condition }] })
    const tags = { 'mooring.dev/installation': INSTALLATION, 'mooring.dev/external-id': 'made' }
    const generatedIn = (role: ReadRole) =>
      decodeRole(role).entries.flatMap(({ part }) => (part.in === 'Trust' ? [part.generated] : []))
    assert.deepEqual(generatedIn(aRole({ trust, tags })), ['made'])
    assert.deepEqual(generatedIn(aRole({ trust, tags: { ...tags, 'mooring.dev/external-id': 'ma' } })), [
      undefined,
    ])
    assert.deepEqual(generatedIn(aRole({ trust })), [undefined])
  })
})

describe('a closed trust', () => {
  const closed = closedTrust('aws-cn', '123456789012')

  it('is a denial for the account’s own root, in its partition', () => {
    assert.deepEqual(closed.Statement, [
      {
        Sid: 'MooringClosed',
        Effect: 'Deny',
        Principal: { AWS: 'arn:aws-cn:iam::123456789012:root' },
        Action: 'sts:AssumeRole',
      },
    ])
  })
  it('has no parts, and none makes no trust', () => {
    const role = aRole({ trust: textOf(closed) })
    assert.deepEqual([namesIn(role), encoded(role).trust], [['role'], undefined])
  })
  it('that somebody opened under the same Sid is seen', () => {
    const opened = { ...trusting, Sid: 'MooringClosed' }
    assert.ok(namesIn(aRole({ trust: textOf({ Statement: [opened] }) })).includes('trust/MooringClosed'))
  })
})

describe('a role put together again', () => {
  const own = { Version: '2008-10-17', Id: 'x', Extra: [1], Statement: [read] }

  it('has Version, Id and unknown fields of every policy', () => {
    const trust = { Id: 'y', Statement: [trusting] }
    const role = aRole({
      trust: textOf(trust),
      inline: new Map([['Access', textOf(own)]]),
      customer: new Map([['Access', textOf({ Statement: [read] })]]),
    })
    assert.deepEqual(encoded(role), {
      trust,
      inline: { Access: own },
      customer: { Access: { Statement: [read] } },
    })
  })
  it('has numbers with all their digits', () => {
    const text = '{"Statement":[{"Sid":"A","Effect":"Deny","Condition":{"N":{"k":9007199254740993}}}]}'
    const { inline } = encodeRole(decodeRole(aRole({ inline: new Map([['A', text]]) })))
    assert.equal(textOf(inline.get('A')), text)
  })
  it('has a policy of a new version where there was none', () => {
    const part = { in: 'InlinePolicy', policy: 'New', sid: 'Read', statement: {}, resource: '*' } as const
    const { entries, envelope } = decodeRole(undefined)
    const { inline } = encodeRole({ entries: [...entries, { part }], envelope })
    assert.deepEqual(inline.get('New'), {
      Version: '2012-10-17',
      Statement: [{ Sid: 'Read', Resource: ['*'] }],
    })
  })
  it('has no policy in which nothing is left', () => {
    const { entries, envelope } = decodeRole(aRole({ inline: new Map([['Access', textOf(own)]]) }))
    const left = entries.filter(({ part }) => part.in === 'Role')
    assert.deepEqual([...encodeRole({ entries: left, envelope }).inline], [])
  })
})

describe('a role that cannot be taken apart without loss is not touched', () => {
  const cases: readonly (readonly [string, Partial<ReadRole>, RegExp])[] = [
    ['since its trust is no JSON', { trust: '<policy/>' }, /the role \(trust\).*it is not a JSON object/],
    ['since its trust is empty', { trust: '' }, /it is not a JSON object/],
    [
      'since a policy is a list',
      { inline: new Map([['A', '[]']]) },
      /\(inline\/A\).*it is not a JSON object/,
    ],
    [
      'since a policy has a key twice',
      { inline: new Map([['A', '{"Statement":[{"Sid":"x","Sid":"y"}]}']]) },
      /\(inline\/A\).*the key Statement\/0\/Sid twice/,
    ],
    [
      'since a managed policy has a statement that is none',
      { customer: new Map([['A', '{"Statement":["x"]}']]) },
      /\(customer\/A\).*something that is no statement/,
    ],
  ]
  const twins = ['arn:aws:s3:::clips/42646/*', 'arn:aws:s3:::clips/96184/*']
  const alike: (typeof cases)[number] = [
    'since its tags cannot tell one part from another',
    {
      tags: listing(`inline/Access/Read/${twins[0]}`),
      inline: new Map([['Access', textOf({ Statement: [{ ...read, Resource: twins }] })]]),
    },
    /\(tags\).*cannot tell inline.*from inline.*rename one/,
  ]
  for (const [name, parts, message] of [...cases, alike]) {
    it(name, () =>
      assert.throws(
        () => decodeRole(aRole(parts)),
        (error) =>
          error instanceof FaultError &&
          error.fault.reason === 'UnreadableDocument' &&
          message.test(error.message) &&
          /Nothing was written/.test(error.message),
      ),
    )
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Document, DocumentKind } from '../../plan/document.ts'
import { installationTag } from '../../plan/mark.ts'
import type { Stance } from '../../plan/ownership.ts'
import { planTarget } from '../../plan/plan-target.ts'
import { iamRoleKind } from './iam-role.ts'
import { decodeRole, type ReadRole } from './role-document.ts'
import type { RoleEntry } from './role-ledger.ts'
import {
  GENERATED,
  type PolicyPart,
  partName,
  type RolePart,
  type SettingsPart,
  type TrustPart,
} from './role-parts.ts'

const settings: SettingsPart = { in: 'Role', path: '/', description: 'd', maxSessionDuration: 3_600 }
const trust = (id: string, AWS: string | string[] = '111122223333'): TrustPart => ({
  in: 'Trust',
  sid: 'MooringVendor',
  statement: {
    Effect: 'Allow',
    Principal: { AWS },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': id } },
  },
})
const policy = (resource: string, parts: Partial<PolicyPart> = {}): PolicyPart => ({
  in: 'InlinePolicy',
  policy: 'Access',
  sid: 'Read',
  statement: { Effect: 'Allow', Action: ['s3:GetObject'] },
  resource,
  ...parts,
})
const own = (arn: string): RolePart => ({ in: 'Attachment', arn, customerPolicy: 'Own' })

describe('two parts of roles mean the same', () => {
  const cases: readonly (readonly [string, boolean, RolePart, RolePart])[] = [
    [
      'whatever the spelling of a statement',
      true,
      trust('x'),
      trust('x', ['arn:aws:iam::111122223333:root']),
    ],
    ['not with another external ID', false, trust('x'), trust('y')],
    ['not on another resource', false, policy('a'), policy('b')],
    ['not in another policy', false, policy('a'), policy('a', { policy: 'Other' })],
    ['with another description of the policy', true, policy('a'), policy('a', { description: 'new' })],
    [
      'without a boundary and with one that is not there',
      true,
      settings,
      { ...settings, boundary: undefined },
    ],
    ['not with another boundary', false, settings, { ...settings, boundary: 'arn:b' }],
    ['not with other sessions', false, settings, { ...settings, maxSessionDuration: 7_200 }],
    ['wherever a policy of ours lies', true, own('arn:a:policy/Own'), own('arn:a:policy/p/Own')],
  ]
  const meaning = (part: RolePart): string => iamRoleKind.meaning({ part })
  for (const [name, same, a, b] of cases) it(name, () => assert.equal(meaning(a) === meaning(b), same))
})

describe('what a wanted part leaves open', () => {
  const INSTALLATION = { 'mooring.dev/installation': installationTag('inst', 'role') }
  const aRole = (parts: Partial<ReadRole> = {}): Document<RoleEntry> =>
    decodeRole({
      settings: { ...settings, path: '/here/', description: 'theirs', boundary: 'arn:theirs' },
      tags: INSTALLATION,
      trust: '{"Statement":[]}',
      inline: new Map(),
      customer: new Map(),
      attached: [],
      ...parts,
    })
  const ours = aRole()
  const marked: Document<RoleEntry> = {
    ...ours,
    entries: ours.entries.map((entry) => ({ ...entry, mark: 'ours' })),
  }
  const withId = aRole({ tags: { ...INSTALLATION, 'mooring.dev/external-id': 'kept' } })
  const absent = decodeRole(undefined)
  const cases: readonly (readonly [string, RolePart, Document<RoleEntry>, RolePart])[] = [
    ['stays as wanted in a new role', settings, absent, settings],
    [
      'is the path that the role has, and the boundary that somebody gave it',
      settings,
      marked,
      { ...settings, path: '/here/', boundary: 'arn:theirs' },
    ],
    [
      'is not the boundary where one is wanted',
      { ...settings, boundary: 'arn:ours' },
      marked,
      { ...settings, path: '/here/', boundary: 'arn:ours' },
    ],
    ['is everything about a role that was handed over', settings, ours, ours.entries[0]?.part as RolePart],
    ['is the external ID: a fresh one', trust(GENERATED), absent, { ...trust('fresh'), generated: 'fresh' }],
    [
      'is the external ID: the one in the tag',
      trust(GENERATED),
      withId,
      { ...trust('kept'), generated: 'kept' },
    ],
    ['is no external ID that is given', trust('given'), withId, trust('given')],
    ['is not in a text that only holds the word', trust(`x${GENERATED}`), withId, trust(`x${GENERATED}`)],
    [
      'is where our managed policy lies: where the role does',
      own('arn:aws:iam::1:policy/account/Own'),
      marked,
      own('arn:aws:iam::1:policy/here/Own'),
    ],
    [
      'is not where AWS’ own policies lie',
      { in: 'Attachment', arn: 'arn:aws:iam::aws:policy/X' },
      marked,
      { in: 'Attachment', arn: 'arn:aws:iam::aws:policy/X' },
    ],
  ]
  for (const [name, part, document, expected] of cases)
    it(name, () => assert.deepEqual(iamRoleKind.complete?.({ part }, document, 'fresh').part, expected))
})

describe('a wanted part beside another', () => {
  const cases: readonly (readonly [string, RolePart, RolePart, RegExp | undefined])[] = [
    ['is at peace with an equal trust', trust('x'), trust('x', 'arn:aws:iam::111122223333:root'), undefined],
    ['cannot have another external ID', trust('x'), trust('y'), /trust the vendor with another external ID/],
    ['cannot have another principal', trust('x'), trust('x', '9'), /another external ID or principal/],
    ['may be a trust under another Sid', trust('x'), { ...trust('y'), sid: 'Theirs' }, undefined],
    ['may have another resource in a statement', policy('a'), policy('b'), undefined],
    [
      'cannot have another body in a statement',
      policy('a'),
      policy('b', { statement: { Effect: 'Deny' } }),
      /has statement "Read" of policy "Access" say something else/,
    ],
    [
      'cannot share a statement with one that has no resources',
      policy('a'),
      { ...policy('b'), resource: undefined },
      /say something else/,
    ],
    [
      'may have the same Sid in another policy',
      policy('a'),
      policy('b', { policy: 'B', statement: {} }),
      undefined,
    ],
    [
      'may have the same Sid in a policy of another kind',
      policy('a'),
      policy('b', { in: 'CustomerPolicy', statement: {} }),
      undefined,
    ],
    ['may be equal settings', settings, { ...settings, boundary: undefined }, undefined],
    ['cannot be other settings', settings, { ...settings, description: 'e' }, /role with other settings/],
    ['does not mind what is gone', trust('x'), { in: 'Stale' }, undefined],
  ]
  for (const [name, wanted, other, expected] of cases) {
    it(name, () => {
      const clash = iamRoleKind.clash?.({ part: wanted }, { part: other })
      if (expected === undefined) assert.equal(clash, undefined)
      else assert.match(clash ?? '', expected)
    })
  }
})

describe('an integration is refused', () => {
  const parts = [settings, trust('x'), policy('arn:aws:s3:::clips')]
  const plan = (role: ReadRole | undefined, wanted: readonly RolePart[], stance: Stance = 'Wants') =>
    planTarget({
      installation: 'inst',
      target: 'role',
      fresh: 'fresh',
      documents: [{ kind: iamRoleKind as unknown as DocumentKind, document: decodeRole(role) }],
      participants: [
        {
          owner: 'a/one',
          stance,
          entries: wanted.map((part) => ({ document: 'IamRole', name: partName(part), body: { part } })),
        },
      ],
    })
  const made = (tags: ReadRole['tags']): ReadRole => ({
    settings,
    tags,
    trust: '{"Statement":[]}',
    inline: new Map(),
    customer: new Map(),
    attached: [],
  })
  const many = (count: number, length: number): RolePart[] =>
    Array.from({ length: count }, (_, n) => policy(`${n}-${'x'.repeat(length)}`))
  const INSTALLATION = installationTag('inst', 'role')
  const cases: readonly (readonly [string, ReadRole | undefined, readonly RolePart[], string, RegExp])[] = [
    [
      'where somebody else made the role, with the tag that hands it over',
      made({ team: 'x' }),
      parts,
      'Conflict',
      new RegExp(`somebody else made a role.*tag it mooring.dev/installation=${INSTALLATION}:`),
    ],
    [
      'where another installation made the role',
      made({ 'mooring.dev/installation': '00000000' }),
      parts,
      'Conflict',
      new RegExp(`another installation.*mooring.dev/installation=${INSTALLATION}$`),
    ],
    [
      'with a trust that is too long',
      undefined,
      [settings, trust('x'.repeat(2_000))],
      'PolicyTooLarge',
      /a trust policy of 2\d{3} of at most 2048 characters/,
    ],
    [
      'with inline policies that are too long together',
      undefined,
      [settings, ...many(10, 600), ...many(10, 600).map((part) => ({ ...part, policy: 'B' }) as RolePart)],
      'PolicyTooLarge',
      /inline policies of 1\d{4} of at most 10240 characters/,
    ],
    [
      'with a managed policy that is too long',
      undefined,
      [settings, ...many(11, 600).map((part) => ({ ...part, in: 'CustomerPolicy' }) as RolePart)],
      'PolicyTooLarge',
      /a managed policy "Access" of 6\d{3} of at most 6144 characters/,
    ],
    [
      'with more parts than a tag has room for',
      undefined,
      [settings, ...many(28, 5)],
      'TooManyRules',
      /a tag of 260 of at most 256 characters, nine for each part/,
    ],
    [
      'with more names of managed policies than a tag has room for',
      undefined,
      [
        settings,
        ...['a', 'b', 'c'].map((letter) => policy('x', { in: 'CustomerPolicy', policy: letter.repeat(100) })),
      ],
      'TooManyRules',
      /a tag of 302 of at most 256 characters, with the names of all customer-managed policies/,
    ],
    [
      'with two parts that tags cannot tell apart',
      undefined,
      [settings, policy('arn:aws:s3:::clips/42646/*'), policy('arn:aws:s3:::clips/96184/*')],
      'Conflict',
      /this integration itself wants "inline.*" and "inline.*" under one mark/,
    ],
    [
      'with a part that tags cannot tell from a stranger’s',
      {
        ...made({ 'mooring.dev/installation': INSTALLATION }),
        inline: new Map([
          [
            'Access',
            JSON.stringify({
              Statement: { Sid: 'Read', ...policy('').statement, Resource: 'arn:aws:s3:::clips/42646/*' },
            }),
          ],
        ]),
      },
      [settings, policy('arn:aws:s3:::clips/96184/*')],
      'Conflict',
      /could not tell inline\/Access\/Read\/arn:aws:s3:::clips\/42646\/\* from/,
    ],
    [
      'with two bodies of one statement',
      undefined,
      [settings, policy('a'), policy('b', { statement: { Effect: 'Deny' } })],
      'Conflict',
      /this integration itself has statement "Read" of policy "Access" say something else/,
    ],
  ]
  for (const [name, role, wanted, reason, detail] of cases) {
    it(name, () => {
      const { refused, documents } = plan(role, wanted)
      assert.equal(refused.get('a/one')?.reason, reason)
      assert.match(refused.get('a/one')?.detail ?? '', detail)
      assert.deepEqual(documents[0]?.changes, [])
    })
  }

  it('never when it leaves, be the role somebody else’s', () => {
    assert.equal(plan(made({ team: 'x' }), parts, 'Leaves').refused.size, 0)
  })
  it('not with exactly what a tag has room for', () => {
    assert.equal(plan(undefined, [settings, ...many(27, 5)]).refused.size, 0)
  })
})

describe('a part of a role is told in one line', () => {
  const cases: readonly (readonly [RolePart, string])[] = [
    [settings, 'role with path / and sessions of at most 3600 seconds'],
    [trust('secret'), 'trust: Allow sts:AssumeRole to 111122223333'],
    [policy('arn:aws:s3:::clips'), 'Access: Allow s3:GetObject on arn:aws:s3:::clips'],
    [own('arn:aws:iam::1:policy/Own'), 'attached arn:aws:iam::1:policy/Own'],
    [{ in: 'Stale' }, 'tag of a part that is gone'],
  ]
  for (const [part, text] of cases) it(text, () => assert.equal(iamRoleKind.summary({ part }), text))
})

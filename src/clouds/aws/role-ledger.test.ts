import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { entryTag, markOf, parseMark } from '../../plan/mark.ts'
import {
  asTagValue,
  bothTags,
  entriesOf,
  externalIdIn,
  foreignTags,
  installationIn,
  namesakesIn,
  policiesIn,
  type RoleEntry,
  type Tags,
  tagsFor,
  unownedTags,
} from './role-ledger.ts'
import { partName, type RolePart } from './role-parts.ts'

const part = (resource: string, policy = 'Access'): RolePart => ({
  in: 'InlinePolicy',
  policy,
  sid: 'Read',
  statement: { Effect: 'Allow' },
  resource,
})
const markFor = (owner: string, of: RolePart): string => markOf('inst', 'role', owner, partName(of))
const owned = (owner: string, of: RolePart): RoleEntry => ({ mark: markFor(owner, of), part: of })
const ownerIn = (owner: string): string => parseMark(markFor(owner, part('x')))?.owner ?? ''
const INSTALLATION = parseMark(markFor('a/one', part('x')))?.installation ?? ''
const ONE = `mooring.dev/${ownerIn('a/one')}`
const TWO = `mooring.dev/${ownerIn('a/two')}`
const digits = (...parts: readonly RolePart[]): string =>
  parts
    .map((one) => entryTag(partName(one)))
    .sort()
    .join(' ')

describe('the tags of a role', () => {
  const [clips, maps, theirs] = [part('clips'), part('maps'), part('theirs')]
  const tags = {
    team: 'theirs',
    'mooring.dev/installation': INSTALLATION,
    [ONE]: digits(clips, maps),
    [TWO]: digits(maps),
  }
  const entries = [owned('a/one', clips), owned('a/one', maps), owned('a/two', maps), { part: theirs }]

  it('give each part to everybody who lists it, and what nobody lists to strangers', () => {
    assert.deepEqual(entriesOf([clips, maps, theirs], tags), entries)
  })
  it('are made of the entries again', () => assert.deepEqual(tagsFor(entries, tags), tags))
  it('list what is gone as stale', () => {
    assert.deepEqual(entriesOf([maps], { ...tags, [TWO]: '' }), [
      owned('a/one', maps),
      { mark: markFor('a/one', clips), part: { in: 'Stale' } },
    ])
  })
  it('give everything to strangers where no installation made the role', () => {
    const { 'mooring.dev/installation': _, ...rest } = tags
    assert.deepEqual(entriesOf([clips], rest), [{ part: clips }])
  })
  it('that hold something else than digits list nothing by it', () => {
    const spoilt = { ...tags, [ONE]: `${digits(clips)} zzz 1234 ${digits(clips)}`, [TWO]: 'mine' }
    assert.deepEqual(entriesOf([clips], spoilt), [owned('a/one', clips)])
  })
  it('of an integration without entries go', () => {
    assert.deepEqual(Object.keys(tagsFor([owned('a/two', maps)], tags)).includes(ONE), false)
  })
  it('go all but strangers’ with the last entry of ours', () => {
    assert.deepEqual(tagsFor([{ part: theirs }], { ...tags, 'mooring.dev/external-id': 'x1' }), {
      team: 'theirs',
    })
  })
  it('of strangers may begin like ours', () => {
    const alike = { 'mooring.dev/cost-centre': '7', 'mooring.dev/5A4C5A6BED9DB85B': 'x', mooring: 'y' }
    assert.deepEqual(foreignTags({ ...tags, ...alike }), { team: 'theirs', ...alike })
  })
  it('keep the external ID that Mooring made, and take a new one', () => {
    const before = { ...tags, 'mooring.dev/external-id': 'old-id' }
    const trust = { in: 'Trust', sid: 'MooringVendor', statement: {}, generated: 'new-id' } as const
    assert.equal(tagsFor(entries, before)['mooring.dev/external-id'], 'old-id')
    assert.equal(tagsFor([owned('a/one', trust)], before)['mooring.dev/external-id'], 'new-id')
  })
  it('list the managed policies that Mooring made, in whose names a comma is told by a slash', () => {
    const policy = { ...part('clips', 'b,c'), in: 'CustomerPolicy' } as RolePart
    const made = tagsFor([owned('a/one', policy), owned('a/one', { ...policy, policy: 'a' } as RolePart)], {})
    assert.equal(made['mooring.dev/policies'], 'a b/c')
    assert.deepEqual(policiesIn(made), ['a', 'b,c'])
    assert.equal(asTagValue('my,role'), 'my/role')
  })
  it('of a role that nobody has anything in for the moment still say whose it is', () => {
    assert.deepEqual(unownedTags([{ part: theirs }], { ...tags, 'mooring.dev/external-id': 'x1' }), {
      team: 'theirs',
      'mooring.dev/installation': INSTALLATION,
    })
  })
})

describe('tags of before and after together', () => {
  const cases: readonly (readonly [string, Tags, Tags, Tags])[] = [
    ['list what either lists', { [ONE]: 'b a' }, { [ONE]: 'c b' }, { [ONE]: 'a b c' }],
    ['have the line of one that leaves', { [ONE]: 'a' }, {}, { [ONE]: 'a' }],
    ['have the line of one that joins', {}, { [ONE]: 'a' }, { [ONE]: 'a' }],
    [
      'list policies of either',
      { 'mooring.dev/policies': 'p' },
      { 'mooring.dev/policies': 'q' },
      { 'mooring.dev/policies': 'p q' },
    ],
    [
      'have one external ID, the new one',
      { 'mooring.dev/external-id': 'old' },
      { 'mooring.dev/external-id': 'new' },
      { 'mooring.dev/external-id': 'new' },
    ],
    ['leave strangers’ values alone', { team: 'b a' }, { team: 'b a' }, { team: 'b a' }],
  ]
  for (const [name, before, after, expected] of cases)
    it(name, () => assert.deepEqual(bothTags(before, after), expected))
})

describe('a tag', () => {
  const made: readonly (readonly [string, string, string | undefined])[] = [
    ['of eight digits names an installation', '0123abcd', '0123abcd'],
    ['in capitals names none', '0123ABCD', undefined],
    ['of another length names none', '0123abc', undefined],
    ['that is empty names none', '', undefined],
  ]
  for (const [name, value, expected] of made)
    it(name, () => assert.equal(installationIn({ 'mooring.dev/installation': value }), expected))

  const ids: readonly (readonly [string, string, string | undefined])[] = [
    ['holds an external ID', 'a:b/c-1', 'a:b/c-1'],
    ['that is empty holds no external ID', '', undefined],
    ['of one character holds no external ID', 'a', undefined],
    ['with a wildcard holds no external ID', 'ab*', undefined],
    ['with a blank holds no external ID', 'a b', undefined],
  ]
  for (const [name, value, expected] of ids)
    it(name, () => assert.equal(externalIdIn({ 'mooring.dev/external-id': value }), expected))
})

describe('two parts whose names have the same digits', () => {
  // one in four thousand million for a pair, but not rare among a hundred thousand
  const [one, other] = [part('arn:aws:s3:::clips/42646/*'), part('arn:aws:s3:::clips/96184/*')]

  it('are these', () => assert.equal(digits(one), digits(other)))
  it('are told where somebody has one of them', () => {
    const found = namesakesIn([owned('a/one', one), { part: other }])
    assert.deepEqual([...(found ?? [])].sort(), [partName(one), partName(other)].sort())
  })
  it('do not matter where both are strangers’', () => {
    assert.equal(namesakesIn([{ part: one }, { part: other }]), undefined)
  })
  it('are not one part that two have', () => {
    assert.equal(namesakesIn([owned('a/one', one), owned('a/two', one)]), undefined)
  })
  it('are not what is gone', () => {
    const stale: RoleEntry = { mark: markFor('a/one', one), part: { in: 'Stale' } }
    assert.equal(namesakesIn([stale, { part: part('x') }]), undefined)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DocumentKind } from '../../plan/document.ts'
import { assertForeignUntouched } from '../../plan/guard.ts'
import { markOf } from '../../plan/mark.ts'
import type { Stance } from '../../plan/ownership.ts'
import { planTarget } from '../../plan/plan-target.ts'
import { decodeLifecycle, LIFECYCLE_RULE_LIMIT, lifecycleKind } from './lifecycle.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'

const NEW_YEAR = new Date('2030-01-01T00:00:00Z')
const week: LifecycleRule = {
  Filter: { Prefix: 'raw/temp/' },
  Status: 'Enabled',
  Expiration: { Days: 7 },
}
const { Filter: _, ...bare } = week
const tiers = [
  { Days: 30, StorageClass: 'STANDARD_IA' },
  { Date: NEW_YEAR, StorageClass: 'GLACIER' },
] as const
const tags = [
  { Key: 'a', Value: '1' },
  { Key: 'b', Value: '2' },
] as const

describe('two lifecycle rules mean the same', () => {
  const same: readonly (readonly [string, LifecycleRule, LifecycleRule])[] = [
    ['when only the ID differs', { ...week, ID: 'theirs' }, week],
    ['when the prefix stands in a Filter or beside Status', { ...bare, Prefix: 'raw/temp/' }, week],
    ['when the prefix stands alone in And', { ...bare, Filter: { And: { Prefix: 'raw/temp/' } } }, week],
    [
      'when all objects are meant by an empty filter, prefix, or old prefix',
      { ...bare, Filter: {} },
      { ...bare, Filter: { Prefix: '' } },
    ],
    ['when all objects are meant by an empty old prefix', { ...bare, Prefix: '' }, { ...bare, Filter: {} }],
    [
      'when one condition stands in And or not',
      { ...bare, Filter: { Tag: tags[0] } },
      { ...bare, Filter: { And: { Prefix: '', Tags: [tags[0]] } } },
    ],
    [
      'when a size stands in And or not',
      { ...bare, Filter: { ObjectSizeGreaterThan: 5 } },
      { ...bare, Filter: { And: { ObjectSizeGreaterThan: 5 } } },
    ],
    [
      'when tags come in another order',
      { ...bare, Filter: { And: { Tags: tags } } },
      { ...bare, Filter: { And: { Tags: tags.toReversed() } } },
    ],
    [
      'when transitions come in another order',
      { ...week, Transitions: tiers },
      { ...week, Transitions: tiers.toReversed() },
    ],
    [
      'when a list of transitions is empty or missing',
      { ...week, Transitions: [], NoncurrentVersionTransitions: [] },
      week,
    ],
    [
      'when a marker is not expired or nothing is said of markers',
      { ...week, Expiration: { Days: 7, ExpiredObjectDeleteMarker: false } },
      week,
    ],
    [
      'when a day is written in another time zone',
      { ...bare, Expiration: { Date: NEW_YEAR } },
      { ...bare, Expiration: { Date: new Date('2030-01-01T01:00:00+01:00') } },
    ],
  ]
  for (const [name, one, other] of same) {
    it(name, () => assert.equal(lifecycleKind.meaning(one), lifecycleKind.meaning(other)))
  }
})

describe('two lifecycle rules mean something else', () => {
  const different: readonly (readonly [string, LifecycleRule])[] = [
    ['when one is switched off', { ...week, Status: 'Disabled' }],
    ['when the days differ', { ...week, Expiration: { Days: 8 } }],
    ['when one goes by date', { ...week, Expiration: { Date: NEW_YEAR } }],
    ['when the prefix differs', { ...week, Filter: { Prefix: 'raw/temp' } }],
    ['when one speaks of everything', { ...week, Filter: {} }],
    ['when one also wants a tag', { ...week, Filter: { And: { Prefix: 'raw/temp/', Tags: [tags[0]] } } }],
    ['when one has a second prefix in the old form', { ...week, Prefix: 'raw/' }],
    [
      'when one leaves empty objects out',
      { ...week, Filter: { And: { Prefix: 'raw/temp/', ObjectSizeGreaterThan: 0 } } },
    ],
    ['when one moves objects, too', { ...week, Transitions: tiers }],
    [
      'when one gives up uploads, too',
      { ...week, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    ],
    [
      'when one deletes noncurrent versions, too',
      { ...week, NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
    ],
    ['when one has a field that nobody here knows', { ...week, Brand: 'new' } as LifecycleRule],
    ['when its filter has one', { ...week, Filter: { Prefix: 'raw/temp/', Brand: 'new' } } as LifecycleRule],
  ]
  for (const [name, other] of different) {
    it(name, () => assert.notEqual(lifecycleKind.meaning(other), lifecycleKind.meaning(week)))
  }

  it('when two days differ', () => {
    const [one, other] = [NEW_YEAR, new Date('2031-01-01T00:00:00Z')].map((day) => ({
      ...bare,
      Expiration: { Date: day },
    }))
    assert.ok(one && other)
    assert.notEqual(lifecycleKind.meaning(one), lifecycleKind.meaning(other))
    assert.notEqual(lifecycleKind.identity(one), lifecycleKind.identity(other))
  })
})

describe('lifecycle rules of several integrations', () => {
  const other: LifecycleRule = {
    ID: 'logs',
    Filter: { Prefix: 'logs/' },
    Status: 'Enabled',
    Expiration: { Days: 30 },
  }

  it('stand one each under different prefixes, behind what strangers have', () => {
    const exported = { ...week, Filter: { Prefix: 'clips/temp/' } }
    const { after } = plan([other], { 'a/one': ['Wants', week], 'a/two': ['Wants', exported] })
    assert.deepEqual(after.entries, [
      other,
      { ...week, ID: mark('a/one') },
      { ...exported, ID: mark('a/two') },
    ])
  })

  it('leave one by one, and the last leaves nothing behind', () => {
    const both = plan([other], { 'a/one': ['Wants', week], 'a/two': ['Wants', week] }).after.entries
    const one = plan(both, { 'a/one': ['Leaves'], 'a/two': ['Wants', week] }).after.entries
    assert.deepEqual(one, [other, { ...week, ID: mark('a/two') }])
    assert.deepEqual(plan(one, { 'a/two': ['Leaves'] }).after.entries, [other])
  })

  it('add nothing where a stranger’s rule does the same, and leave it', () => {
    const theirs = { ID: 'theirs', Prefix: 'raw/temp/', Status: 'Enabled', Expiration: { Days: 7 } }
    const { after, adopted } = plan([theirs], { 'a/one': ['Wants', week] })
    assert.deepEqual(after.entries, [theirs])
    assert.deepEqual([...adopted.values()], ['a/one'])
    assert.deepEqual(plan([theirs], { 'a/one': ['Leaves'] }).after.entries, [theirs])
  })

  it('add a rule where a stranger’s equal one is switched off', () => {
    const theirs = { ...week, ID: 'theirs', Status: 'Disabled' }
    assert.equal(plan([theirs], { 'a/one': ['Wants', week] }).after.entries.length, 2)
  })

  it('come back in place when a stranger changes the days', () => {
    const edited = { ...week, ID: mark('a/one'), Expiration: { Days: 365 } }
    const { after, changes } = plan([edited, other], { 'a/one': ['Wants', week] })
    assert.deepEqual(after.entries, [{ ...week, ID: mark('a/one') }, other])
    assert.deepEqual(
      changes.map(({ action, summary }) => `${action}: ${summary}`),
      ['Replace: under "raw/temp/": delete objects after 7 days'],
    )
  })

  it('are at most 1,000 with those of strangers: who comes too late is refused', () => {
    const many = Array.from({ length: LIFECYCLE_RULE_LIMIT }, (_value, i) => ({ ...other, ID: `r${i}` }))
    const refusal = {
      reason: 'TooManyRules',
      document: 'lifecycle configuration',
      detail: '1001 of at most 1000 rules',
    }
    assert.deepEqual([...plan(many, { 'a/one': ['Wants', week] }).refused.values()], [refusal])
    assert.deepEqual([...plan(many.slice(1), { 'a/one': ['Wants', week] }).refused.values()], [])
  })
})

describe('lifecycle rules beside rules in the old form', () => {
  const logs: LifecycleRule = { ID: 'logs', Prefix: 'logs/', Status: 'Enabled', Expiration: { Days: 30 } }
  const old = { ...bare, Prefix: 'raw/temp/' }

  it('take that form, since S3 takes no two forms in one configuration', () => {
    const first = plan([logs], { 'a/one': ['Wants', week] })
    assert.deepEqual(first.after.entries, [logs, { ...old, ID: mark('a/one') }])
    assert.deepEqual(plan(first.after.entries, { 'a/one': ['Wants', week] }).changes, [])
  })

  it('keep that form when the stranger’s rule is gone, and newcomers take it', () => {
    const ours = { ...old, ID: mark('a/one') }
    const { after } = plan([ours], {
      'a/one': ['Wants', week],
      'a/two': ['Wants', { ...week, Filter: { Prefix: 'b/' } }],
    })
    assert.deepEqual(after.entries, [ours, { ...bare, Prefix: 'b/', ID: mark('a/two') }])
  })

  it('speak of everything with an empty prefix', () => {
    const everything = {
      Filter: { Prefix: '' },
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    }
    const { after } = plan([logs], { 'a/one': ['Wants', everything] })
    assert.equal((after.entries[1] as LifecycleRule).Prefix, '')
  })

  it('keep the Filter where somebody has one, or nobody has anything', () => {
    const modern = { ...logs, Prefix: undefined, Filter: {} }
    for (const before of [[], [modern], [logs, { ...modern, ID: 'both' }]]) {
      assert.deepEqual(plan(before, { 'a/one': ['Wants', week] }).after.entries.at(-1), {
        ...week,
        ID: mark('a/one'),
      })
    }
  })

  const overlapping: readonly (readonly [string, LifecycleRule])[] = [
    ['below a stranger’s', { ...logs, Prefix: 'raw/' }],
    ['above a stranger’s', { ...logs, Prefix: 'raw/temp/deep/' }],
    ['under a stranger’s for everything', { ...logs, Prefix: '' }],
  ]
  for (const [name, theirs] of overlapping) {
    it(`are refused with the rule in the way when they overlap for the same action: ${name}`, () => {
      const [refusal] = plan([theirs], { 'a/one': ['Wants', week] }).refused.values()
      assert.deepEqual(refusal, {
        reason: 'Conflict',
        document: 'lifecycle configuration',
        detail: `rule "logs" under "${theirs.Prefix}" is in the old form (Prefix outside of Filter), and in that form S3 takes no other rule with Expiration under "raw/temp/". Write the rules of this bucket with Filter instead`,
      })
    })
  }

  it('of one integration do not harm those of another that fit', () => {
    const fits = { ...week, Filter: { Prefix: 'clips/' } }
    const { after, refused } = plan([{ ...logs, Prefix: 'raw/' }], {
      'a/one': ['Wants', week],
      'a/two': ['Wants', fits],
    })
    assert.deepEqual([...refused.keys()], ['a/one'])
    assert.deepEqual(
      after.entries.map((rule) => (rule as LifecycleRule).Prefix),
      ['raw/', 'clips/'],
    )
  })

  const fitting: readonly (readonly [string, LifecycleRule])[] = [
    ['does something else', { ID: 't', Prefix: 'raw/', Status: 'Enabled', Transitions: tiers }],
    ['is switched off, which S3 may judge', { ...logs, Prefix: 'raw/', Status: 'Disabled' }],
    ['speaks of other keys', { ...logs, Prefix: 'raw/tempo/' }],
    [
      'has a Filter, with which S3 takes overlaps',
      { ...logs, Prefix: undefined, Filter: { Prefix: 'raw/' } },
    ],
  ]
  for (const [name, theirs] of fitting) {
    it(`stand beside one that ${name}`, () => {
      const { after, refused } = plan([theirs], { 'a/one': ['Wants', week] })
      assert.equal(refused.size, 0)
      assert.equal(after.entries.length, 2)
    })
  }
})

describe('a lifecycle configuration', () => {
  it('that does not exist is an empty document', () => {
    assert.deepEqual(decodeLifecycle(undefined), { entries: [], envelope: null })
  })

  it('keeps what S3 says of small objects around its rules', () => {
    const answer = { Rules: [week], TransitionDefaultMinimumObjectSize: 'varies_by_storage_class' }
    const { after } = plan([week], { 'a/one': ['Wants', { ...week, Expiration: { Days: 1 } }] }, answer)
    assert.deepEqual(after.envelope, { TransitionDefaultMinimumObjectSize: 'varies_by_storage_class' })
  })

  it('is not written when a stranger’s date would change', () => {
    const document = (day: Date) => decodeLifecycle({ Rules: [{ ...bare, Expiration: { Date: day } }] })
    const foreign = () => ({ kind: 'Foreign' }) as const
    const before = document(NEW_YEAR)
    assertForeignUntouched(lifecycleKind, before, document(new Date(NEW_YEAR)), foreign)
    assert.throws(
      () => assertForeignUntouched(lifecycleKind, before, document(new Date('2030-01-02')), foreign),
      /would change a lifecycle rule that Mooring did not make/,
    )
  })

  it('has each rule told in a line', () => {
    const rules: readonly (readonly [LifecycleRule, string])[] = [
      [week, 'under "raw/temp/": delete objects after 7 days'],
      [
        {
          ...week,
          Expiration: { Days: 1 },
          NoncurrentVersionExpiration: { NoncurrentDays: 2 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
        },
        'under "raw/temp/": delete objects after 1 day, delete noncurrent versions after 2 days, give up unfinished uploads after 3 days',
      ],
      [{ Prefix: '', Status: 'Disabled', Transitions: tiers }, 'under "": other actions (Disabled)'],
    ]
    for (const [rule, line] of rules) assert.equal(lifecycleKind.summary(rule), line)
  })
})

function mark(owner: string): string {
  return markOf('inst', 's3://clips', owner, 'e0')
}

function plan(
  before: readonly unknown[],
  people: Readonly<Record<string, readonly [Stance, ...LifecycleRule[]]>>,
  answer: Parameters<typeof decodeLifecycle>[0] = {},
) {
  const document = decodeLifecycle({ ...answer, Rules: before as LifecycleRule[] })
  const { documents, refused } = planTarget({
    installation: 'inst',
    target: 's3://clips',
    fresh: '',
    documents: [{ kind: lifecycleKind as DocumentKind, document }],
    participants: Object.entries(people).map(([owner, [stance, ...rules]]) => ({
      owner,
      stance,
      entries: rules.map((body, i) => ({ document: 'Lifecycle', name: `e${i}`, body })),
    })),
  })
  const [only] = documents
  assert.ok(only)
  return { ...only, refused }
}

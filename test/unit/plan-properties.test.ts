import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  bucketPolicyKind,
  decodeBucketPolicy,
  encodeBucketPolicy,
} from '../../src/clouds/aws/bucket-policy.ts'
import { corsKind } from '../../src/clouds/aws/cors.ts'
import { decodeLifecycle, lifecycleKind } from '../../src/clouds/aws/lifecycle.ts'
import type { Document } from '../../src/plan/document.ts'
import { canonicalJson } from '../../src/plan/json.ts'
import { installationTag, parseMark } from '../../src/plan/mark.ts'
import { type ObservedDocument, type Participant, planTarget } from '../../src/plan/plan-target.ts'
import {
  foreignLifecycle,
  foreignRule,
  foreignStatement,
  INSTALLATION,
  participants,
  TARGET,
} from './arbitraries.ts'

const world = fc
  .record({
    statements: fc.array(foreignStatement, { maxLength: 6 }),
    rules: fc.array(foreignRule, { maxLength: 4 }),
    lifecycle: foreignLifecycle,
    small: fc.constantFrom(undefined, 'all_storage_classes_128K', 'varies_by_storage_class'),
    id: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ statements, rules, lifecycle, small, id }): ObservedDocument[] => [
    policy({
      entries: statements,
      envelope: { Version: '2012-10-17', ...(id === undefined ? {} : { Id: id }) },
    }),
    { kind: corsKind, document: { entries: rules, envelope: null } } as unknown as ObservedDocument,
    {
      kind: lifecycleKind,
      document: decodeLifecycle({ Rules: lifecycle, TransitionDefaultMinimumObjectSize: small }),
    } as unknown as ObservedDocument,
  ])

function policy(document: Document): ObservedDocument {
  return { kind: bucketPolicyKind, document } as unknown as ObservedDocument
}

function apply(documents: readonly ObservedDocument[], people: readonly Participant[]): ObservedDocument[] {
  const plan = planTarget({
    installation: INSTALLATION,
    target: TARGET,
    fresh: '',
    documents,
    participants: people,
  })
  return plan.documents.map(({ kind, after }) => ({ kind, document: after }))
}

function isOurs(mark: string | undefined): boolean {
  return parseMark(mark)?.installation === installationTag(INSTALLATION, TARGET)
}

/** What strangers have: entries in order, and everything around them. */
function foreign(documents: readonly ObservedDocument[]): string {
  return canonicalJson(
    documents.map(({ kind, document }) => [
      document.entries.filter((entry) => !isOurs(kind.mark(entry))),
      document.envelope,
    ]),
  )
}

/** What is there, whatever the order. */
function contents(documents: readonly ObservedDocument[]): string {
  return canonicalJson(documents.map(({ document }) => document.entries.map(canonicalJson).sort()))
}

const all = (stance: Participant['stance'], people: readonly Participant[]): Participant[] =>
  people.map((person) => ({ ...person, stance }))

describe('merging into a shared document, for any strangers and any integrations', () => {
  it('foreign in = foreign out: no stranger’s entry, order or envelope ever changes', () => {
    fc.assert(
      fc.property(world, participants, participants, (start, first, second) => {
        const after = apply(apply(start, first), second)
        assert.equal(foreign(after), foreign(start))
      }),
    )
  })

  it('plan(apply(plan)) is empty: a second pass has nothing to do', () => {
    fc.assert(
      fc.property(world, participants, (start, people) => {
        const again = planTarget({
          installation: INSTALLATION,
          target: TARGET,
          fresh: '',
          documents: apply(start, people),
          participants: people,
        })
        assert.deepEqual(
          again.documents.flatMap((plan) => plan.changes),
          [],
        )
      }),
    )
  })

  it('the order of arrival does not matter: the same integrations give the same contents', () => {
    fc.assert(
      fc.property(world, participants, (start, people) => {
        const one = people.reduce((documents, _, i) => apply(documents, people.slice(0, i + 1)), start)
        const other = people.reduceRight((documents, _, i) => apply(documents, people.slice(i)), start)
        const settled = (documents: ObservedDocument[]): string => contents(apply(documents, people))
        assert.equal(settled(one), settled(other))
        assert.equal(settled(one), settled(start))
      }),
    )
  })

  it('removing all owners restores the start', () => {
    fc.assert(
      fc.property(world, participants, (start, people) => {
        const applied = apply(start, all('Wants', people))
        assert.equal(contents(apply(applied, all('Leaves', people))), contents(start))
      }),
    )
  })

  it('without a seen departure nothing of ours goes: unknown owners are orphans and stay', () => {
    fc.assert(
      fc.property(world, participants, (start, people) => {
        const applied = apply(start, all('Wants', people))
        assert.equal(contents(apply(applied, [])), contents(applied))
      }),
    )
  })

  it('one that keeps is never touched, whatever the others do', () => {
    fc.assert(
      fc.property(world, participants, participants, (start, first, second) => {
        const applied = apply(start, all('Wants', first))
        const keepers = all('Keeps', first)
        const others = second.filter((person) => !keepers.some(({ owner }) => owner === person.owner))
        const after = apply(apply(applied, [...keepers, ...others]), [...keepers, ...all('Leaves', others)])
        assert.equal(contents(after), contents(applied))
      }),
    )
  })

  it('a policy survives decode and encode with every field and digit', () => {
    fc.assert(
      fc.property(
        fc.array(foreignStatement, { minLength: 1, maxLength: 5 }),
        fc.jsonValue(),
        (statements, extra) => {
          const text = JSON.stringify({ Version: '2008-10-17', Id: 'x', Extra: extra, Statement: statements })
          const back = encodeBucketPolicy(decodeBucketPolicy(text))
          assert.deepEqual(JSON.parse(back ?? ''), JSON.parse(text))
        },
      ),
    )
  })
})

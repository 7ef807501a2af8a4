import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Asking, askings, happenings, start } from './role-arbitraries.ts'
import { all, passOver } from './role-pass.ts'
import { assertVacated, isOurs, merged, settled, told, wholeOf } from './role-story.ts'

const story = fc.record({ iam: start, list: happenings })
const leaving = (person: Asking): Asking => ({ ...person, stance: 'Leaves' })

describe('an IAM role, for any strangers and any integrations', () => {
  it('foreign in = foreign out, after every single request', () => {
    fc.assert(
      fc.property(story, (past) => {
        told(past)
      }),
    )
  })

  it('plan(apply(plan)) is empty: a second pass has nothing to do', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        settled(told(past).iam, people)
      }),
    )
  })

  it('the last one leaves: the role is gone, or closed with exactly the strangers’ parts and tags', () => {
    fc.assert(
      fc.property(story, (past) => {
        const before = told(past)
        if (!isOurs(before.iam)) return
        assertVacated(settled(before.iam, all(before.people, 'Leaves')), before.theirs)
      }),
    )
  })

  it('cut off anywhere, the next pass ends where the first one would have ended', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        const before = told(past)
        const end = wholeOf(settled(before.iam, people))
        for (const state of passOver(before.iam, people).states)
          assert.deepEqual(wholeOf(settled(state, people)), end)
      }),
    )
  })

  it('cut off anywhere, when all leave right then nothing of ours is left', () => {
    fc.assert(
      fc.property(story, askings, (past, people) => {
        const before = told(past)
        const everybody = all(merged(before.people, people), 'Leaves')
        for (const state of passOver(before.iam, people).states.filter(isOurs))
          assertVacated(settled(state, everybody), before.theirs)
      }),
    )
  })

  it('cut off anywhere, when one leaves right then it is as if it had left before or after', () => {
    fc.assert(
      fc.property(story, askings, fc.nat(3), (past, people, which) => {
        const { iam } = told(past)
        const { states, after } = passOver(iam, people)
        const without = people.map((person, n) => (n === which ? leaving(person) : person))
        const ends = [iam, after].map((state) => JSON.stringify(wholeOf(settled(state, without))))
        for (const state of states) assert.ok(ends.includes(JSON.stringify(wholeOf(settled(state, without)))))
      }),
    )
  })
})

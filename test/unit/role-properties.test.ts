import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeRole, encodeRole } from '../../src/clouds/aws/role-document.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { foreignStatement } from './arbitraries.ts'
import { type Asking, askings, HANDED_OVER, happenings, start } from './role-arbitraries.ts'
import { all, passOver } from './role-pass.ts'
import { assertVacated, isOurs, merged, settled, told, wholeOf } from './role-story.ts'
import { asRead } from './simulated-iam.ts'

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

  it('a policy of any statements is written back with every field and digit, resources in a list, each once', () => {
    const statements = fc.array(foreignStatement, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(statements, fc.jsonValue(), (list, extra) => {
        // IAM takes no Sid twice
        const own = list.filter(
          ({ Sid }, n) => Sid === undefined || list.findIndex((s) => s.Sid === Sid) === n,
        )
        const text = JSON.stringify({ Version: '2008-10-17', Id: 'x', Extra: extra, Statement: own })
        const iam = { ...HANDED_OVER, inline: { any: text } }
        const { inline } = encodeRole(decodeRole(asRead({ policies: {}, role: iam })))
        const { Statement: back, ...head } = JSON.parse(JSON.stringify(inline.get('any')))
        assert.deepEqual({ ...head, Statement: own.map(listed) }, { ...JSON.parse(text), Statement: back })
      }),
    )
  })
})

/** The statement with its resources as a list, each once. */
function listed(statement: JsonObject): unknown {
  const { Resource } = JSON.parse(JSON.stringify(statement))
  return { ...JSON.parse(JSON.stringify(statement)), Resource: [...new Set([Resource].flat())] }
}

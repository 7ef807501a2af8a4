import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FirstRound } from './first-round.ts'

function aRound() {
  const story: string[] = []
  return { story, round: new FirstRound(() => story.push('over')) }
}

describe('the first round of a leader', () => {
  it('is over when every integration that was there was looked at, and not before', async () => {
    const { round, story } = aRound()
    round.begin(['a/x', 'a/y'])
    assert.equal(round.isOver, false)
    await round.around('a/x', Promise.resolve('done'))
    const slow = Promise.withResolvers<string>()
    const looking = round.around('a/y', slow.promise)
    await round.around('a/new', Promise.resolve('came later'))
    assert.deepEqual([round.isOver, story], [false, []])
    slow.resolve('done')
    await looking
    assert.deepEqual([round.isOver, story], [true, ['over']])
  })

  it('counts a look that failed, and ends once', async () => {
    const { round, story } = aRound()
    round.begin(['a/x'])
    await assert.rejects(round.around('a/x', Promise.reject(new Error('no'))), /no/)
    await round.around('a/x', Promise.resolve())
    assert.deepEqual(story, ['over'])
  })

  it('is over at once where there are none', () => {
    const { round, story } = aRound()
    round.begin([])
    assert.deepEqual([round.isOver, story], [true, ['over']])
  })
})

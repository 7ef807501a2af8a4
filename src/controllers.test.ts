import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { makeQueues } from './controllers.ts'

/** So many keys as can be taken at the same time, without giving any back. */
async function takenFrom(queue: ReturnType<typeof makeQueues>['target']): Promise<string[]> {
  const stop = new AbortController()
  const taken: string[] = []
  while (queue.depth > 0) {
    const next = queue.get(stop.signal)
    const key = await Promise.race([
      next,
      new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
    ])
    if (key === undefined) break
    taken.push(key)
  }
  stop.abort()
  return taken
}

describe('the queues of an operator', () => {
  it('serve at most eight targets of one account at a time, so that one that hangs leaves room for the others', async () => {
    const queues = makeQueues(
      () => undefined,
      (target) => target.split(' ')[0],
    )
    for (let n = 0; n < 70; n += 1) queues.target.add(`hanging s3://b-${n}`)
    queues.target.add('well s3://c')
    const taken = await takenFrom(queues.target)
    assert.equal(taken.filter((key) => key.startsWith('hanging')).length, 8)
    assert.ok(taken.includes('well s3://c'))
    const [first = ''] = taken
    queues.target.done(first)
    assert.equal((await takenFrom(queues.target)).length, 1)
  })

  it('let namespaces take turns', async () => {
    const queues = makeQueues(
      () => undefined,
      () => undefined,
    )
    for (let n = 0; n < 70; n += 1) queues.integration.add(`crowd/i-${n}`)
    queues.integration.add('quiet/one')
    assert.ok((await takenFrom(queues.integration)).indexOf('quiet/one') <= 1)
  })
})

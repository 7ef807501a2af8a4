/** The two tests of every cloud: that the list of crash points is whole, and that nobody loses anything at any of them. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { CrashPoints } from './crash-points.ts'
import { CrashWalk, type WalkedCloud } from './crash-walk.ts'

export function crashTests(name: string, points: CrashPoints, make: () => Promise<WalkedCloud>): void {
  describe(`an operator that dies on ${name}`, () => {
    let cloud: WalkedCloud
    let walk: CrashWalk

    before(async () => {
      cloud = await make()
      walk = new CrashWalk(cloud)
      await walk.start()
    })
    after(async () => {
      await walk?.stop()
      await cloud?.cluster.stop()
    })

    it('can die at the listed points and at no others: this is what one does that lives', async () => {
      assert.deepEqual(await walk.trace(), points)
    })

    it('right before and right after each of them, leaves the next one everything that it needs', async (t) => {
      const { deaths, rounds, others } = await walk.walk(points)
      t.diagnostic(`${deaths} deaths in ${rounds} rounds`)
      if (others.length > 0) t.diagnostic(`mended on the way: ${others.join(', ')}`)
    })
  })
}

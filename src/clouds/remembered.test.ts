import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { Remembered } from './remembered.ts'

describe('a remembered value', () => {
  it('is loaded once for all who ask at the same time and later', async () => {
    const loads = counter()
    const value = new Remembered(async () => loads.next())
    assert.deepEqual(await Promise.all([value.get(), value.get()]), [1, 1])
    assert.equal(await value.get(), 1)
  })

  it('is loaded anew after a failure', async () => {
    const loads = counter()
    const value = new Remembered(async () => {
      if (loads.next() === 1) throw new Error('once')
      return 'well'
    })
    await assert.rejects(value.get(), /once/)
    assert.equal(await value.get(), 'well')
  })

  it('is loaded anew once when it is no longer fresh, however many ask', async () => {
    const loads = counter()
    const value = new Remembered(
      async () => loads.next(),
      (number) => number > 1,
    )
    await value.get()
    assert.deepEqual(await Promise.all([value.get(), value.get(), value.get()]), [2, 2, 2])
  })
})

function counter(): { next(): number } {
  const state = { count: 0 }
  return { next: () => ++state.count }
}

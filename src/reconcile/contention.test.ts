import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Contention } from './contention.ts'

const RESYNC = 600_000

/** A contention whose clock is set by hand, in resyncs. */
function atResync() {
  const clock = { now: 0 }
  const contention = new Contention(RESYNC, () => clock.now)
  const at = (resyncs: number): Contention => {
    clock.now = resyncs * RESYNC
    return contention
  }
  return at
}

const repairedAt = (at: ReturnType<typeof atResync>, ...times: readonly number[]): void => {
  for (const time of times) at(time).noteRepair('s3://b a/x')
}

describe('somebody keeps undoing an integration', () => {
  it('after three repairs in a row, and then it is held', () => {
    const at = atResync()
    repairedAt(at, 1, 2)
    assert.equal(at(2.1).isHeld('s3://b a/x'), false)
    repairedAt(at, 3)
    assert.equal(at(3.1).isHeld('s3://b a/x'), true)
  })

  it('but not the others at the target, nor the same integration elsewhere', () => {
    const at = atResync()
    repairedAt(at, 1, 2, 3)
    assert.equal(at(3.1).isHeld('s3://b a/y'), false)
    assert.equal(at(3.1).isHeld('s3://c a/x'), false)
  })

  it('not by three repairs that are far apart', () => {
    const at = atResync()
    repairedAt(at, 1, 10, 20)
    assert.equal(at(20.1).isHeld('s3://b a/x'), false)
  })

  it('and is tried again after a while; undone again, it is held at once', () => {
    const at = atResync()
    repairedAt(at, 1, 2, 3)
    assert.equal(at(9.1).isHeld('s3://b a/x'), false)
    repairedAt(at, 9.1)
    assert.equal(at(9.2).isHeld('s3://b a/x'), true)
  })

  it('no longer, when everything has stayed in place for some looks', () => {
    const at = atResync()
    repairedAt(at, 1, 2, 3)
    at(4).noteInPlace('s3://b a/x')
    assert.equal(at(4).isHeld('s3://b a/x'), true)
    at(9).noteInPlace('s3://b a/x')
    repairedAt(at, 10)
    assert.equal(at(10.1).isHeld('s3://b a/x'), false)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { World } from '../../src/reconcile/world.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { anInput } from './things.ts'

describe('a target that everybody left, with entries behind', () => {
  const resolution = resolve(anInput())
  const key = resolution.claims[0]?.target.key ?? ''
  const left = (): World => {
    const world = new World()
    world.resolve(resolution)
    world.forget(resolution.owner)
    return world
  }
  const report = (orphans: readonly (readonly [string, readonly string[]])[]) => ({
    owners: new Map(),
    orphans: new Map(orphans),
  })

  it('is looked at again after a look that failed', () => {
    const world = left()
    world.publish(key, report([]))
    assert.notEqual(world.ghostAt(key), undefined)
  })
  it('is looked at again while there are orphans', () => {
    const world = left()
    world.publish(key, report([['aws-prod', ['Mooring0']]]))
    assert.notEqual(world.ghostAt(key), undefined)
    assert.deepEqual(world.orphansOf('aws-prod'), [`${key}: Mooring0`])
  })
  it('is forgotten once a look found none', () => {
    const world = left()
    world.publish(key, report([['aws-prod', []]]))
    assert.equal(world.ghostAt(key), undefined)
  })
})

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

describe('an object that another one of its name has replaced, when nobody saw it go', () => {
  const first = resolve(anInput())
  const key = first.claims[0]?.target.key ?? ''
  const elsewhere = (uid: string): World => {
    const world = new World()
    world.resolve(first)
    const claims = first.claims.map((claim) => ({
      ...claim,
      target: { ...claim.target, key: `${key}-2`, name: `${claim.target.name}-2` },
    }))
    world.resolve({ ...first, uid, claims })
    return world
  }

  it('has left where the other one is not: its entries are looked for and counted', () => {
    const world = elsewhere('another')
    assert.equal(world.ghostAt(key)?.owner, first.owner)
    assert.equal(world.ghostAt(`${key}-2`), undefined)
  })
  it('has not left where the other one is', () => {
    const world = new World()
    world.resolve(first)
    world.resolve({ ...first, uid: 'another' })
    assert.equal(world.ghostAt(key), undefined)
  })
  it('is nothing like one that asks for something else now', () => {
    assert.equal(elsewhere(first.uid).ghostAt(key), undefined)
  })
})

describe('what a cloud told of a target', () => {
  const resolution = resolve(anInput())
  const key = resolution.claims[0]?.target.key ?? ''
  const told = (facts: Readonly<Record<string, string>>) => ({
    owners: new Map([
      [
        resolution.owner,
        { question: 'q', documents: [], present: true, pending: [], checks: [], facts, settling: false },
      ],
    ]),
    orphans: new Map(),
  })

  it('is known while the question changes, and forgotten with the integration', () => {
    const world = new World()
    world.resolve(resolution)
    world.publish(key, told({ 'role.arn': 'arn:aws:iam::1:role/old/r' }))
    world.resolve({ ...resolution, stance: 'Leaves' })
    assert.equal(world.factsOf(resolution.owner)['role.arn'], 'arn:aws:iam::1:role/old/r')
    world.forget(resolution.owner)
    assert.deepEqual(world.factsOf(resolution.owner), {})
  })
})

describe('integrations that name the same bucket by another address', () => {
  const here = resolve(anInput())
  const target = here.claims[0]?.target ?? assert.fail()
  const there = {
    ...here,
    owner: 'perception/there',
    claims: here.claims.map((claim) => ({
      ...claim,
      target: { ...claim.target, key: `${claim.target.name} at https://store.example` },
    })),
  }

  it('keep what they have there, and are nobody’s to judge', () => {
    const world = new World()
    world.resolve(here)
    world.resolve(there)
    assert.deepEqual(
      world.namesakesOf(target).map(({ owner, stance, entries }) => [owner, stance, entries]),
      [['perception/there', 'Keeps', []]],
    )
  })
  it('are none any more once they are gone', () => {
    const world = new World()
    world.resolve(here)
    world.resolve(there)
    world.forget(there.owner)
    assert.deepEqual(world.namesakesOf(target), [])
  })
})

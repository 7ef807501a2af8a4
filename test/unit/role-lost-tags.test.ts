/** What somebody who cuts tags off a role does not achieve. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { anAsking } from './role-arbitraries.ts'
import { all, FRESH, passOver } from './role-pass.ts'
import { EMPTY_IAM, type SimulatedIam, statementsIn } from './simulated-iam.ts'

const ONE = anAsking({ externalId: 'Generated' })
const LATER = 'ffffffffffffffffffffffffffffffff'

function without(iam: SimulatedIam, isCut: (key: string) => boolean): SimulatedIam {
  assert.ok(iam.role)
  const tags = Object.entries(iam.role.tags).filter(([key]) => !isCut(key))
  return { ...iam, role: { ...iam.role, tags: Object.fromEntries(tags) } }
}
const made = () => passOver(EMPTY_IAM, [ONE]).after
const isOwners = (key: string): boolean => /^mooring\.dev\/[0-9a-f]{16}$/.test(key)
const trustOf = ({ role }: SimulatedIam) => statementsIn(role?.trust ?? '{}')

describe('a role that lost its tags', () => {
  it('keeps the external ID that its integration was told and its trust has', () => {
    const lost = without(made(), (key) => key.endsWith('/external-id'))
    assert.match(JSON.stringify(trustOf(passOver(lost, [ONE], FRESH).after)), new RegExp(FRESH))
  })

  it('keeps it although somebody wrote another into the tag', () => {
    const { role, ...iam } = made()
    assert.ok(role)
    const spoilt = { ...iam, role: { ...role, tags: { ...role.tags, 'mooring.dev/external-id': LATER } } }
    const { after } = passOver(spoilt, [ONE], FRESH)
    assert.match(JSON.stringify(trustOf(after)), new RegExp(FRESH))
    assert.equal(after.role?.tags['mooring.dev/external-id'], FRESH)
  })

  it('takes nobody else’s external ID from the trust: it may be a secret', () => {
    const secret = '5ec4e75ec4e75ec4e75ec4e75ec4e75e'
    const theirs = { ...ONE, name: 'theirs', externalId: secret }
    const { after } = passOver(EMPTY_IAM, [theirs])
    const both = passOver(after, [theirs, { ...ONE, buckets: ['other'] }], LATER)
    assert.deepEqual(
      [...both.target.refused.values()].map(({ reason }) => reason),
      ['Conflict'],
    )
    assert.ok(!JSON.stringify(both.after.role?.tags).includes(secret))
  })

  it('has its trust listed again', () => {
    const { after } = passOver(without(made(), isOwners), [ONE], FRESH)
    assert.ok(Object.keys(after.role?.tags ?? {}).some(isOwners))
  })

  it('does not trust the vendor any more when the integration goes', () => {
    const lost = without(made(), isOwners)
    const listed = passOver(lost, [ONE]).after
    const { after } = passOver(listed, all([ONE], 'Leaves'))
    assert.ok(trustOf(after).every(({ Effect }) => Effect === 'Deny'))
  })
})

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
  it('keeps the external ID that its trust has', () => {
    const lost = without(made(), (key) => key.endsWith('/external-id'))
    const { after } = passOver(lost, [ONE], LATER)
    assert.match(JSON.stringify(trustOf(after)), new RegExp(FRESH))
  })

  it('keeps it although no tag lists the trust any more', () => {
    const lost = without(made(), (key) => key.endsWith('/external-id') || isOwners(key))
    const { after } = passOver(lost, [ONE], LATER)
    assert.match(JSON.stringify(trustOf(after)), new RegExp(FRESH))
    assert.ok(Object.keys(after.role?.tags ?? {}).some(isOwners), 'the trust is listed again')
  })

  it('does not trust the vendor any more when the integration goes', () => {
    const lost = without(made(), isOwners)
    const listed = passOver(lost, [ONE]).after
    const { after } = passOver(listed, all([ONE], 'Leaves'))
    assert.ok(trustOf(after).every(({ Effect }) => Effect === 'Deny'))
  })

  it('takes no external ID from a trust that says something else', () => {
    const { role, ...iam } = made()
    assert.ok(role)
    const widened = role.trust
      .replace(/arn:aws:iam::\d{12}:root|\d{12}(?=")/, '999988887777')
      .replace(FRESH, '0'.repeat(32))
    const lost = without({ ...iam, role: { ...role, trust: widened } }, (key) => key.endsWith('/external-id'))
    const { after } = passOver(lost, [ONE], LATER)
    assert.match(JSON.stringify(trustOf(after)), new RegExp(LATER))
  })
})

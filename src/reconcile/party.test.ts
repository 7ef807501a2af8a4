import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Target } from '../clouds/cloud.ts'
import type { Stance } from '../plan/ownership.ts'
import { inOrderOfLeaving, type Party } from './party.ts'

const ACCOUNT: Target = {
  ...{ kind: 'StorageAccount', key: 'a', name: 'a' },
  ...{ resourceGroup: 'g', storageAccount: 'a' },
}
const PRINCIPAL: Target = { kind: 'ServicePrincipal', key: 'p', name: 'p', clientId: 'c' }
const party = (target: Target, stance: Stance): Party => ({
  ...{ owner: 'a/x', uid: '1', createdAt: '', account: 'azure', stance, target },
  ...{ entries: [], probes: [], documents: [] },
})

describe('an integration that leaves', () => {
  const cases: readonly (readonly [string, Stance, Stance, boolean, Stance])[] = [
    ['keeps its principal while its assignments are there', 'Leaves', 'Leaves', false, 'Keeps'],
    ['lets go of its principal when they are gone', 'Leaves', 'Leaves', true, 'Leaves'],
    ['lets go at once of a principal that it merely needs no more', 'Wants', 'Leaves', false, 'Leaves'],
    ['and one that stays has nothing to wait for', 'Wants', 'Wants', false, 'Wants'],
  ]
  for (const [name, atAccount, atPrincipal, gone, expected] of cases)
    it(name, () => {
      const parties = [party(PRINCIPAL, atPrincipal), party(ACCOUNT, atAccount)]
      const [principal, account] = inOrderOfLeaving(parties, () => gone)
      assert.deepEqual([principal?.stance, account?.stance], [expected, atAccount])
      assert.equal(principal?.waits === true, atPrincipal === 'Leaves' && expected === 'Keeps')
    })
})

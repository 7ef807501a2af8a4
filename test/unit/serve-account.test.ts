import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { bucketPolicyKind } from '../../src/clouds/aws/bucket-policy.ts'
import type { Statement } from '../../src/clouds/aws/statement.ts'
import type { CloudSession, Target } from '../../src/clouds/cloud.ts'
import type { DocumentKind } from '../../src/plan/document.ts'
import { Contention } from '../../src/reconcile/contention.ts'
import type { Party } from '../../src/reconcile/party.ts'
import { type ServeDependencies, serveAccount } from '../../src/reconcile/serve-account.ts'
import { INSTALLATION, ourStatement, TARGET } from './arbitraries.ts'

const target: Target = { kind: 'S3Bucket', key: TARGET, name: TARGET, bucket: 'street-scenes' }
const party: Party = {
  owner: 'a/x',
  uid: '1',
  createdAt: '2026-11-22T10:00:00Z',
  account: 'aws',
  stance: 'Wants',
  target,
  entries: [{ document: 'BucketPolicy', name: 'read', body: ourStatement('') }],
  probes: [],
  documents: ['BucketPolicy'],
}
const turnedAway = new FaultError({ reason: 'Throttled', message: 'too many', retry: 'Backoff' })

/** A bucket that answers so many looks, and turns all later ones away. */
function sessionOf(looks: number): CloudSession {
  const state = { entries: [] as readonly Statement[], looks }
  return {
    identity: async () => 'somebody',
    facts: { accountId: '123456789012', partition: 'aws', region: 'eu-west-1' },
    close: () => undefined,
    open: () => ({
      read: async () => {
        state.looks -= 1
        if (state.looks < 0) throw turnedAway
        const { entries } = state
        return [
          {
            kind: bucketPolicyKind as DocumentKind,
            document: { entries, envelope: { Version: '2012-10-17' } },
          },
        ]
      },
      write: async ({ after }) => {
        state.entries = after.entries as Statement[]
      },
      facts: () => ({}),
      probe: async () => [],
    }),
  }
}

async function served(looks: number) {
  const told: string[] = []
  const dependencies: ServeDependencies = {
    installation: INSTALLATION,
    openSession: async () => sessionOf(looks),
    ledgers: {
      key: () => assert.fail('this document carries its marks itself'),
      restored: async (integration) => integration,
      forget: () => undefined,
      ownersAt: () => [],
      linesOf: () => ({}),
      save: () => assert.fail('this document carries its marks itself'),
    },
    announce: (_, changes) => told.push(...changes.map(({ action, owner }) => `${action} ${owner}`)),
    internalError: (error) => assert.fail(String(error)),
    contention: new Contention(1_000),
    wasInPlace: () => false,
    fresh: () => '',
    wroteFor: (_, __, deed) => deed === 'Wrote',
    wasGone: () => false,
    isSettling: (_, wrote) => wrote,
  }
  const gathering = { account: 'aws', group: [party], people: [party], ghost: undefined }
  const { owners } = await serveAccount(dependencies, gathering, new AbortController().signal)
  return { told, fault: owners.get(party.owner)?.fault?.reason }
}

describe('what was written for somebody is told', () => {
  it('when it was read back', async () => {
    assert.deepEqual(await served(2), { told: ['Add a/x'], fault: undefined })
  })

  it('and also when it could not be read back, although nobody is Ready by it', async () => {
    assert.deepEqual(await served(1), { told: ['Add a/x'], fault: 'Throttled' })
  })

  it('and nothing is when there was nothing to write over', async () => {
    assert.deepEqual(await served(0), { told: [], fault: 'Throttled' })
  })
})

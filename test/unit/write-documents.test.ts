import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { bucketPolicyKind } from '../../src/clouds/aws/bucket-policy.ts'
import type { Statement } from '../../src/clouds/aws/statement.ts'
import type { TargetDriver } from '../../src/clouds/cloud.ts'
import type { DocumentKind } from '../../src/plan/document.ts'
import type { Change } from '../../src/plan/plan-document.ts'
import type { ObservedDocument, TargetInput } from '../../src/plan/plan-target.ts'
import { writeDocuments } from '../../src/reconcile/write-documents.ts'
import { INSTALLATION, ourStatement, TARGET } from './arbitraries.ts'

const never = new AbortController().signal
const silent = (): undefined => undefined
const stranger: Statement = { Sid: 'stranger', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }

const policy = (entries: readonly Statement[]): ObservedDocument => ({
  kind: bucketPolicyKind as DocumentKind,
  document: { entries, envelope: { Version: '2012-10-17' } },
})

function inputOver(entries: readonly Statement[]): TargetInput {
  return {
    installation: INSTALLATION,
    target: TARGET,
    fresh: '',
    documents: [policy(entries)],
    participants: [
      {
        owner: 'a/x',
        stance: 'Wants',
        entries: [{ document: 'BucketPolicy', name: 'read', body: ourStatement('') }],
      },
    ],
  }
}

/** A bucket whose policy is `state.entries`; a write replaces it whole, as S3's does. */
function bucketWith(entries: readonly Statement[], refuse?: FaultError) {
  const state = { entries, reads: 0 }
  const read = async (): Promise<ObservedDocument[]> => {
    state.reads += 1
    return [policy(state.entries)]
  }
  const driver: TargetDriver = {
    read,
    write: async ({ after }) => {
      if (refuse !== undefined) throw refuse
      state.entries = after.entries as Statement[]
    },
    facts: () => ({}),
    probe: () => Promise.reject(new Error('nothing to probe')),
  }
  return { driver, state }
}

describe('a document is written right after it was read', () => {
  it('so one that was read a while ago is read again, and what a stranger added meanwhile stays', async () => {
    const { driver, state } = bucketWith([stranger])
    await writeDocuments(driver, inputOver([]), performance.now() - 5_000, silent, never)
    assert.equal(state.reads, 1)
    assert.deepEqual(state.entries[0], stranger)
    assert.equal(state.entries.length, 2)
  })

  it('and one that was just read is not read again', async () => {
    const { driver, state } = bucketWith([])
    const { changes } = await writeDocuments(driver, inputOver([]), performance.now(), silent, never)
    assert.equal(state.reads, 0)
    assert.deepEqual([state.entries.length, changes.length], [1, 1])
  })

  it('and not at all when the second look finds everything in place', async () => {
    const applied = bucketWith([])
    await writeDocuments(applied.driver, inputOver([]), performance.now(), silent, never)
    const { driver } = bucketWith(
      applied.state.entries,
      new FaultError({ reason: 'AccessDenied', message: 'no', retry: 'Slow' }),
    )
    const { changes, faults } = await writeDocuments(
      driver,
      inputOver([]),
      performance.now() - 5_000,
      silent,
      never,
    )
    assert.deepEqual([changes.length, faults.size], [0, 0])
  })
})

describe('a write that failed for a moment', () => {
  const lost = new FaultError({ reason: 'CloudUnavailable', message: 'ECONNRESET', retry: 'Backoff' })
  const owners = (changes: readonly Change[]) => changes.map(({ action, owner }) => `${action} ${owner}`)

  /** Writes through a bucket whose write and second look end in this way. */
  async function writing(write: TargetDriver['write'], read: TargetDriver['read']) {
    const told: Change[] = []
    const driver = { ...bucketWith([]).driver, write, read }
    const { changes, names, faults } = await writeDocuments(
      driver,
      inputOver([]),
      performance.now(),
      (done) => told.push(...done),
      never,
    )
    return { told: owners(told), changes: owners(changes), names, fault: faults.get('BucketPolicy')?.reason }
  }
  const losing = (state: { entries: readonly Statement[] }, isCarriedOut: boolean): TargetDriver['write'] => {
    return async ({ after }) => {
      if (isCarriedOut) state.entries = after.entries as Statement[]
      throw lost
    }
  }

  it('and was carried out is as good as any other, and is told', async () => {
    const { driver, state } = bucketWith([])
    const { told, names, fault } = await writing(losing(state, true), driver.read)
    assert.deepEqual([told, names, fault], [['Add a/x'], ['BucketPolicy'], undefined])
  })

  it('and was not carried out is a fault, and nothing is told', async () => {
    const { driver, state } = bucketWith([stranger])
    const { told, names, fault } = await writing(losing(state, false), driver.read)
    assert.deepEqual([told, names, fault], [[], [], 'CloudUnavailable'])
  })

  it('is a fault where nobody can look again, and what it did is not known', async () => {
    const read = () => Promise.reject(lost)
    const { told, changes, fault } = await writing(losing({ entries: [] }, true), read)
    assert.deepEqual([told, changes, fault], [[], [], 'CloudUnavailable'])
  })

  it('is not looked at again when only a hand can heal it', async () => {
    const denied = new FaultError({ reason: 'AccessDenied', message: 'no', retry: 'Slow' })
    const { fault } = await writing(
      () => Promise.reject(denied),
      () => assert.fail('looked again'),
    )
    assert.equal(fault, 'AccessDenied')
  })
})

describe('a principal that the cloud refuses', () => {
  const refusal = (principal: string) =>
    new FaultError({
      reason: 'InvalidPrincipal',
      message: `${principal} does not exist.`,
      retry: 'Slow',
      principal,
    })

  it('is told with the stranger’s statement that it stands in', async () => {
    const dead = { ...stranger, Principal: { AWS: 'AROADEAD' } }
    const { driver } = bucketWith([dead], refusal('AROADEAD'))
    const { faults } = await writeDocuments(driver, inputOver([dead]), performance.now(), silent, never)
    assert.equal(
      faults.get('BucketPolicy')?.message,
      'AROADEAD does not exist. It stands in the statement "stranger".',
    )
  })
})

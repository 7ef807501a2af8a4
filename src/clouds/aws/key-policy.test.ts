import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import { decodeKeyPolicy, encodeKeyPolicy, keyPolicyKind, suspectIn } from './key-policy.ts'
import type { Statement } from './statement.ts'

const root: Statement = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:root' },
  Action: 'kms:*',
  Resource: '*',
}
const vendor = 'arn:aws:iam::725579432336:role/WandbIntegration'

function forPrincipal(...principals: string[]): Statement {
  return { Effect: 'Allow', Principal: { AWS: principals }, Action: ['kms:Decrypt'], Resource: '*' }
}

describe('a key policy', () => {
  it('keeps its Id, unknown fields and digits when it is written back', () => {
    const text = `{"Version":"2012-10-17","Id":"key-default-1","New":1.0,"Statement":[${JSON.stringify(root)}]}`
    assert.equal(encodeKeyPolicy(decodeKeyPolicy(text)), text)
  })

  it('without a text or without a JSON object is not touched', () => {
    for (const text of ['', '[]', '{"Statement":[1]}', '{"Id":"a","Id":"b"}'])
      assert.throws(() => decodeKeyPolicy(text), faultOf('UnreadableDocument', /^the key policy cannot be/))
  })

  it('is never written without a statement', () => {
    assert.throws(
      () => encodeKeyPolicy({ entries: [], envelope: {} }),
      faultOf('InvalidDocument', /nobody could use or manage the key/),
    )
  })

  it('beyond 32,768 bytes is too large', () => {
    const breach = (length: number) =>
      keyPolicyKind.breach({ entries: [{ ...root, Sid: 'x'.repeat(length) }], envelope: {} })
    assert.equal(breach(32_000), undefined)
    const { reason, detail } = breach(32_768) ?? {}
    assert.equal(reason, 'PolicyTooLarge')
    assert.match(detail ?? '', /of at most 32768 bytes, with 1 statements/)
  })
})

describe('the principal that KMS most likely means', () => {
  const cases: readonly (readonly [string, Statement[], Statement[], string | undefined])[] = [
    ['is the only new one', [root], [root, forPrincipal(vendor)], vendor],
    ['is not told from two new ones', [root], [root, forPrincipal(vendor, '111122223333')], undefined],
    ['is none when nothing is new', [forPrincipal(vendor)], [forPrincipal(vendor)], undefined],
    [
      'is one that was deleted and shows as an id, though ours is new',
      [root, forPrincipal('AROAEXAMPLEEXAMPLEID1')],
      [root, forPrincipal('AROAEXAMPLEEXAMPLEID1'), forPrincipal(vendor)],
      'AROAEXAMPLEEXAMPLEID1',
    ],
    ['is never everybody', [], [forPrincipal('*')], undefined],
  ]
  for (const [name, before, after, suspect] of cases) {
    it(name, () => {
      const document = (entries: Statement[]) => ({ entries, envelope: {} })
      assert.equal(suspectIn(document(before), document(after)), suspect)
    })
  }
})

function faultOf(reason: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FaultError)
    assert.equal(error.fault.reason, reason)
    assert.match(error.fault.message, message)
    return true
  }
}

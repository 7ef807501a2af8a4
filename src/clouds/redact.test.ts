import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { masked } from '../api/masked.ts'
import { redact } from './redact.ts'

describe('a cloud’s own words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['The key AKIAIOSFODNN7EXAMPLE is unknown', 'The key [removed] is unknown'],
    ['session ASIAIOSFODNN7EXAMPLE', 'session [removed]'],
    ['failed (Request ID: 4442587FB7D0A2F9; Host ID: iRdq/x=)', 'failed ([removed]; [removed])'],
    ['x-amz-request-id=ABC, x-amz-id-2', '[removed], x-amz-id-2'],
    ['Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024', '[removed]'],
    ['token IQoJb3JpZ2luX2VjEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE== is old', 'token [removed] is old'],
    ['Signature expired: 20261122T144657Z is now earlier', 'Signature expired: [removed] is now earlier'],
    ['two\n  lines', 'two lines'],
    ['token ya29.a0AfB_byC-x is old', 'token [removed] is old'],
    ['Bearer abc.def-1 was refused', '[removed] was refused'],
    ['got eyJhbGciOi.eyJpc3Mi.c2ln-X here', 'got [removed] here'],
    ['{"access_token": "abc", "x": 1}', '{"[removed]", "x": 1}'],
    ['key -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- x', 'key [removed] x'],
  ]
  for (const [text, clean] of cases)
    it(`${JSON.stringify(text)} become fit for users`, () => assert.equal(redact(text), clean))

  it('keep ARNs, account ids and unique ids of principals, which people need', () => {
    const text = '"AWS" : "arn:aws:iam::123456789012:role/team/reader", AROAEXAMPLE1234567890'
    assert.equal(redact(text), text)
  })

  it('are cut to a length that fits a condition', () => {
    assert.equal(redact('word '.repeat(500)), `${'word '.repeat(59)}…`)
  })

  it('shows no half of a secret that only its owner knows for one, wherever the cut falls', () => {
    const secret = 'Qx18Q~client.secret_of-an~application'
    for (let before = 0; before < 330; before += 1) {
      const text = masked(redact(`${'x'.repeat(before)} ${secret} is wrong`), [secret])
      assert.ok(!text.includes(secret.slice(0, 8)), text)
    }
  })

  it('takes a text of megabytes without stopping the operator, whatever it is made of', () => {
    for (const piece of [
      'eyJ-',
      '-----BEGIN ',
      'Bearer ',
      'access_token=',
      '2026-11-22T',
      'request id ',
      'A',
    ])
      assert.ok(redact(piece.repeat(500_000)).length <= 300)
  })

  it('says nothing of a secret that a cut falls into', () => {
    const token = `eyJ${'a'.repeat(200)}.${'b'.repeat(200)}`
    for (let words = 0; words < 4_200; words += 7) {
      const text = redact(`${'w '.repeat(words)}${token} end`)
      assert.doesNotMatch(text, /aaa|bbb/)
    }
  })
})

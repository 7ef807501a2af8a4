import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { httpFailure, statusFailure } from './http-failure.ts'

const status = (fields: object) => JSON.stringify({ kind: 'Status', status: 'Failure', ...fields })

describe('httpFailure', () => {
  it('quotes the API server where it speaks of names and rights', () => {
    const body = status({ reason: 'Forbidden', message: 'User "x" cannot get resource "secrets"' })
    const error = httpFailure('GET /x', 403, body)
    assert.equal(error.message, 'GET /x: 403 Forbidden: User "x" cannot get resource "secrets"')
  })

  it('names only fields where the message may quote the object that was sent', () => {
    const details = { causes: [{ field: 'spec.parameters', message: 'Invalid value: "secret"' }] }
    const body = status({ reason: 'Invalid', message: 'Invalid value: "secret"', details })
    const error = httpFailure('PATCH /x', 422, body)
    assert.equal(error.message, 'PATCH /x: 422 Invalid: spec.parameters')
    assert.deepEqual(error.fields, ['spec.parameters'])
  })

  it('never shows a body that is no Status, as from a proxy in between', () => {
    for (const body of ['<html>secret</html>', '', 'null', '"secret"', '{"message":"secret"}']) {
      assert.equal(httpFailure('GET /x', 502, body).message, 'GET /x: 502 Http502')
    }
  })

  it('reads how long to wait from the header, else from the details', () => {
    assert.equal(httpFailure('GET /x', 429, '', '3').retryAfterMs, 3_000)
    assert.equal(
      httpFailure('GET /x', 503, status({ details: { retryAfterSeconds: 2 } })).retryAfterMs,
      2_000,
    )
    assert.equal(httpFailure('GET /x', 503, '', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterMs, undefined)
    assert.equal(httpFailure('GET /x', 503, '').retryAfterMs, undefined)
    assert.equal(httpFailure('GET /x', 503, '', '86400').retryAfterMs, 60_000)
  })

  it('takes the status from an ERROR event of a watch, even a strange one', () => {
    assert.deepEqual([statusFailure('WATCH /x', { code: 410, reason: 'Gone' }).status], [410])
    assert.equal(statusFailure('WATCH /x', undefined).status, 0)
  })
})

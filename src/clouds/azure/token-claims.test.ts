import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { claimsIn } from './token-claims.ts'

const token = (claims: unknown) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`

describe('an access token', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['an application', token({ appid: 'a-1', oid: 'o-1', tid: 'T' }), 'application a-1 (object o-1)'],
    ['an application of version 2', token({ azp: 'a-1' }), 'application a-1'],
    ['a person', token({ appid: 'a-1', upn: 'x@y.example' }), 'x@y.example'],
    ['a principal alone', token({ oid: 'o-1' }), 'the principal with object id o-1'],
    ['what is not safe to print', token({ appid: 'a\nb', oid: 7 }), 'the given Azure identity'],
    ['a token that cannot be read', 'opaque', 'the given Azure identity'],
    ['a token of nothing', token(null), 'the given Azure identity'],
  ]
  for (const [name, given, identity] of cases)
    it(`of ${name} says ${identity}`, () => assert.equal(claimsIn(given).identity, identity))

  it('tells its tenant in small letters', () => assert.equal(claimsIn(token({ tid: 'T-1' })).tenantId, 't-1'))
})

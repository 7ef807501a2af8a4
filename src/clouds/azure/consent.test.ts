import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { consentSentence, type MissingApplication } from './consent.ts'

const missing: MissingApplication = {
  clientId: 'app-1',
  tenantId: 'tenant-1',
  authority: 'https://login.example',
  installation: 'ServicePrincipal',
  isCreated: false,
}

describe('what is said of an application that is not in the tenant', () => {
  const cases: readonly (readonly [string, Partial<MissingApplication>, RegExp, RegExp])[] = [
    [
      'has the command and Azure’s own page',
      {},
      /az ad sp create --id app-1; or open https:\/\/login\.example\/tenant-1\/adminconsent\?client_id=app-1/,
      /being created/,
    ],
    [
      'has the vendor’s page where it has one',
      { consentUrl: 'https://vendor.example/agree' },
      /or open https:\/\/vendor\.example\/agree/,
      /login\.example/,
    ],
    ['is that it is being created, where Mooring may', { isCreated: true }, /is being created/, /az ad sp/],
    [
      'has the page alone where an administrator must agree, whatever Mooring may',
      { installation: 'AdminConsent', isCreated: true },
      /agree at https:\/\/login\.example/,
      /az ad sp|being created/,
    ],
    [
      'is that it should be there, where the recipe counts on it',
      { installation: 'Existing', isCreated: true },
      /check that it is the right application/,
      /az ad sp|being created/,
    ],
  ]
  for (const [name, change, says, saysNot] of cases)
    it(name, () => {
      const said = consentSentence({ ...missing, ...change })
      assert.match(said, says)
      assert.doesNotMatch(said, saysNot)
    })
})

import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import type { BlobGrantProbe } from '../cloud.ts'
import { isWithin } from './address-range.ts'
import { checkBlobGrant } from './blob-grant-checks.ts'

const DENY = {
  networkAcls: {
    defaultAction: 'Deny',
    ipRules: [{ value: '20.1.2.0/24', action: 'Allow' }, { value: '20.9.9.9' }],
  },
}
const PUBLIC = { demands: ['PublicNetworkAccess'] } as const
const FLAT = { demands: ['NoHierarchicalNamespace'] } as const
const from = (...sourceAddresses: string[]) => ({ sourceAddresses })

const CASES: readonly (readonly [
  string,
  JsonObject,
  Partial<BlobGrantProbe>,
  readonly (readonly [name: string, result: string, words: RegExp])[],
])[] = [
  ['an open account', {}, {}, [['PublicNetworkAccess', 'Passed', /can be reached/]]],
  [
    'one that says so',
    { publicNetworkAccess: 'Enabled' },
    PUBLIC,
    [['PublicNetworkAccess', 'Passed', /can be reached/]],
  ],
  [
    'a closed account and a vendor that comes from outside',
    { publicNetworkAccess: 'Disabled' },
    PUBLIC,
    [['PublicNetworkAccess', 'Failed', /Disabled\), so the vendor cannot reach it/]],
  ],
  [
    'a closed account and a vendor that does not say',
    { publicNetworkAccess: 'Disabled' },
    {},
    [['PublicNetworkAccess', 'Unknown', /private endpoint/]],
  ],
  [
    'a network perimeter',
    { publicNetworkAccess: 'SecuredByPerimeter' },
    PUBLIC,
    [['PublicNetworkAccess', 'Failed', /SecuredByPerimeter/]],
  ],
  ['a firewall and unknown addresses', DENY, {}, [['StorageFirewall', 'Unknown', /names no addresses/]]],
  [
    'a firewall that lets the vendor through',
    DENY,
    from('20.1.2.7', '20.1.2.128/25', '20.9.9.9'),
    [['StorageFirewall', 'Passed', /lets the vendor's addresses through/]],
  ],
  [
    'a firewall that does not',
    DENY,
    from('20.1.2.7', '35.223.142.181'),
    [['StorageFirewall', 'Failed', /does not let 35\.223\.142\.181 through/]],
  ],
  [
    'a firewall that lets by default',
    { networkAcls: { defaultAction: 'Allow' } },
    from('1.2.3.4'),
    [['PublicNetworkAccess', 'Passed', /can be reached/]],
  ],
  [
    'no hierarchical namespace',
    { isHnsEnabled: false },
    FLAT,
    [
      ['PublicNetworkAccess', 'Passed', /./],
      ['HierarchicalNamespace', 'Passed', /has no hierarchical/],
    ],
  ],
  [
    'a hierarchical namespace',
    { isHnsEnabled: true },
    FLAT,
    [
      ['PublicNetworkAccess', 'Passed', /./],
      ['HierarchicalNamespace', 'Failed', /cannot be turned off/],
    ],
  ],
  ['one that nobody minds', { isHnsEnabled: true }, {}, [['PublicNetworkAccess', 'Passed', /./]]],
]

describe('the checks of a storage account', () => {
  for (const [name, properties, words, expected] of CASES)
    it(`see ${name}`, () => {
      const probe: BlobGrantProbe = {
        kind: 'BlobGrant',
        container: '',
        demands: [],
        sourceAddresses: [],
        ...words,
      }
      const checks = checkBlobGrant(probe, 'streetscenes', { properties })
      assert.deepEqual(
        checks.map((check) => [check.name, check.result]),
        expected.map(([check, result]) => [check, result]),
      )
      for (const [n, check] of checks.entries()) {
        assert.match(check.message, expected[n]?.[2] ?? /^$/)
        assert.match(check.message, /storage account "streetscenes"/)
        assert.equal(check.reason, check.result === 'Failed' ? 'GrantDefeated' : undefined)
      }
    })
})

describe('an address', () => {
  const ranges: readonly (readonly [string, readonly string[], boolean])[] = [
    ['10.0.0.1', ['10.0.0.1'], true],
    ['10.0.0.1', ['10.0.0.2'], false],
    ['10.0.0.255', ['10.0.0.0/24'], true],
    ['10.0.1.0', ['10.0.0.0/24'], false],
    ['10.0.0.0/24', ['10.0.0.0/16'], true],
    ['10.0.0.0/16', ['10.0.0.0/24'], false],
    ['255.255.255.255', ['0.0.0.0/0'], true],
    ['10.0.0.7/24', ['10.0.0.0/24'], true],
    ['10.0.0.300', ['0.0.0.0/0'], false],
    ['::1', ['::1'], false],
    ['10.0.0.1/33', ['0.0.0.0/0'], false],
    ['10.0.0.1', [], false],
  ]
  for (const [range, rules, isIt] of ranges)
    it(`${range} is ${isIt ? '' : 'not '}within ${rules.join(', ') || 'nothing'}`, () =>
      assert.equal(isWithin(range, rules), isIt))
})

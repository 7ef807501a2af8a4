import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { type AzureEndpoints, basesOf, blobEndpointOf } from './account.ts'

const CLOUDS: readonly (readonly [
  string,
  AzureEndpoints | undefined,
  arm: string,
  graph: string,
  authority: string,
  blob: string,
])[] = [
  [
    'no endpoints',
    undefined,
    'https://management.azure.com',
    'https://graph.microsoft.com',
    'https://login.microsoftonline.com',
    'https://a.blob.core.windows.net/',
  ],
  [
    'the sign-in of the US government',
    { authority: 'https://login.microsoftonline.us/' },
    'https://management.usgovcloudapi.net',
    'https://graph.microsoft.us',
    'https://login.microsoftonline.us',
    'https://a.blob.core.usgovcloudapi.net/',
  ],
  [
    'its Resource Manager alone',
    { resourceManager: 'https://management.usgovcloudapi.net' },
    'https://management.usgovcloudapi.net',
    'https://graph.microsoft.us',
    'https://login.microsoftonline.us',
    'https://a.blob.core.usgovcloudapi.net/',
  ],
  [
    'the other sign-in of China',
    { authority: 'https://login.partner.microsoftonline.cn' },
    'https://management.chinacloudapi.cn',
    'https://microsoftgraph.chinacloudapi.cn',
    'https://login.partner.microsoftonline.cn',
    'https://a.blob.core.chinacloudapi.cn/',
  ],
]

describe('the addresses of an account', () => {
  for (const [name, endpoints, arm, graph, authority, blob] of CLOUDS)
    it(`with ${name} are of one cloud, and so are the tokens`, () => {
      const bases = basesOf({ endpoints })
      assert.deepEqual([bases.arm, bases.graph, bases.authority], [arm, graph, authority])
      assert.deepEqual(bases.scopes, { arm: `${arm}/.default`, graph: `${graph}/.default` })
      assert.equal(blobEndpointOf({ endpoints }, 'a'), blob)
    })

  it('that it gives itself win, and tokens stay those of the cloud', () => {
    const endpoints = {
      resourceManager: 'https://127.0.0.1:1/',
      authority: 'https://127.0.0.1:2',
      graph: 'https://127.0.0.1:3',
      blob: 'https://127.0.0.1:4/{account}',
    }
    const bases = basesOf({ endpoints })
    assert.deepEqual(
      [bases.arm, bases.graph, bases.authority],
      ['https://127.0.0.1:1', 'https://127.0.0.1:3', 'https://127.0.0.1:2'],
    )
    assert.equal(bases.scopes.arm, 'https://management.azure.com/.default')
    assert.equal(blobEndpointOf({ endpoints }, 'a', 'https://told.example/'), 'https://127.0.0.1:4/a/')
  })

  it('of the blob service are what Azure tells, as of one in a DNS zone', () => {
    assert.equal(
      blobEndpointOf({}, 'a', 'https://a.z01.blob.storage.azure.net/'),
      'https://a.z01.blob.storage.azure.net/',
    )
  })
})

/** What people may write into spec.parametersFrom, whose fields Kubernetes hardly limits. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Rest } from '../../src/kube/rest.ts'
import { Store } from '../../src/kube/store.ts'
import { type Caches, gather } from '../../src/reconcile/gather.ts'
import { secretReader } from '../../src/reconcile/secret-values.ts'
import { anIntegration } from './things.ts'

const signal = new AbortController().signal
const caches: Caches = {
  integrations: new Store(),
  vendors: new Store(),
  accounts: new Store(),
  namespaces: new Store(),
}
const asking = (name: string, key: string) =>
  anIntegration({ parametersFrom: [{ name: 'token', secretKeyRef: { name, key } }] })

describe('a parameter from a Secret', () => {
  for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'absent']) {
    it(`is missing where the Secret has no key ${key}, though every object has something called so`, async () => {
      const read = async () => ({ other: 'x' })
      const { parameters } = await gather(caches, read, asking('theirs', key), 0, signal)
      assert.ok(!parameters.ok)
      assert.equal(parameters.fault.reason, 'SecretNotFound')
      assert.match(parameters.fault.message, new RegExp(`has no key "${key}"`))
    })
  }

  for (const name of ['..', '.', 'a/../../kube-system', '%2e%2e', 'A', 'a?b', 'a#b', '']) {
    it(`is of no Secret called "${name}", and the API server is not even asked`, async () => {
      const rest = { request: () => assert.fail('it was asked') } as unknown as Rest
      const { parameters } = await gather(caches, secretReader(rest), asking(name, 'k'), 0, signal)
      assert.ok(!parameters.ok)
      assert.equal(parameters.fault.reason, 'SecretNotFound')
    })
  }
})

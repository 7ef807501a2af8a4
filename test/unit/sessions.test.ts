import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { KubeError } from '../../src/kube/kube-error.ts'
import { Sessions } from '../../src/reconcile/sessions.ts'
import { anAccount } from './things.ts'

const reference = { namespace: 'mooring-system', name: 'keys' }
const aws = anAccount().spec.aws ?? assert.fail()
const account = anAccount({ aws: { ...aws, credentialsSecretRef: reference } })

describe('a session whose Secret the API server does not give', () => {
  const busy = new KubeError({
    status: 429,
    reason: 'TooManyRequests',
    message: 'GET x: 429',
    retryAfterMs: 3_000,
  })
  const sessions = new Sessions(
    () => account,
    () => Promise.reject(busy),
    { fence: () => undefined, onCall: () => undefined },
  )

  it('is waited for, as long as the API server wishes, and is no error of ours', async () => {
    await assert.rejects(sessions.open('aws-prod', new AbortController().signal), (error: unknown) => {
      assert.ok(error instanceof FaultError)
      const { reason, retry, retryAfterMs, message } = error.fault
      assert.deepEqual([reason, retry, retryAfterMs], ['Progressing', 'Backoff', 3_000])
      assert.match(message, /"keys" in namespace mooring-system.*429/)
      return true
    })
  })

  it('is no fault at all when the pass was given up', async () => {
    await assert.rejects(sessions.open('aws-prod', AbortSignal.abort()), busy)
  })
})

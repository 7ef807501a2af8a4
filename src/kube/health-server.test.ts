import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { type HealthQuestions, serveHealth } from './health-server.ts'

async function ask(questions: Partial<HealthQuestions>, path: string) {
  const metrics = async () => ({ body: 'up 1\n', contentType: 'text/plain; version=0.0.4' })
  const server = await serveHealth('127.0.0.1:0', {
    isLive: () => true,
    isReady: () => true,
    metrics,
    ...questions,
  })
  try {
    const answer = await fetch(`${server.url}${path}`)
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
  } finally {
    await server.close()
  }
}

describe('serveHealth', () => {
  it('answers each question by itself', async () => {
    const notReady = { isReady: () => false }
    assert.equal((await ask(notReady, '/livez')).status, 200)
    assert.equal((await ask(notReady, '/readyz?verbose')).status, 503)
    assert.equal((await ask({ isLive: () => false }, '/livez')).status, 503)
    assert.equal((await ask({}, '/readyz')).status, 200)
    assert.equal((await ask({}, '/')).status, 404)
  })

  it('serves the metrics with their content type', async () => {
    const answer = await ask({}, '/metrics')
    assert.deepEqual(answer, { status: 200, type: 'text/plain; version=0.0.4', body: 'up 1\n' })
  })

  it('survives questions that throw, and tells nothing of their error', async () => {
    const isReady = () => {
      throw new Error('secret')
    }
    const metrics = async () => isReady()
    for (const path of ['/readyz', '/metrics']) {
      assert.deepEqual(await ask({ isReady, metrics }, path), {
        status: 500,
        type: 'text/plain',
        body: 'failed\n',
      })
    }
  })

  it('refuses what is no address, and an address that is taken', async () => {
    const questions = {
      isLive: () => true,
      isReady: () => true,
      metrics: async () => ({ body: '', contentType: '' }),
    }
    for (const address of ['8080', 'localhost', ':99999', ':x', 'a:b:1']) {
      await assert.rejects(serveHealth(address, questions), TypeError)
    }
    const first = await serveHealth('127.0.0.1:0', questions)
    await assert.rejects(serveHealth(first.url.replace('http://', ''), questions), { code: 'EADDRINUSE' })
    await first.close()
    const every = await serveHealth(':0', questions)
    assert.match(every.url, /:\d+$/)
    await every.close()
  })
})

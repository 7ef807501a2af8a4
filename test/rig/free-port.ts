import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

const givenOut = new Set<number>()

/**
 * A port of 127.0.0.1 that is free now and not given out before. It lies below the range from which systems take ports
 * for outgoing connections, so that none of those takes it while its server restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (!givenOut.has(port) && (await canListen(port))) {
      givenOut.add(port)
      return port
    }
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

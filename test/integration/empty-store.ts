/** A cloud that answers, and has nothing. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An S3 that has no bucket at all, and no STS. */
export async function openEmptyStore(): Promise<{ endpoint: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/') {
      response.writeHead(501, { 'content-type': 'application/xml' })
      response.end('<Error><Code>NotImplemented</Code><Message>no</Message></Error>')
      return
    }
    response.writeHead(404, { 'content-type': 'application/xml' })
    response.end(
      '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

/**
 * A Git server for a pod: repositories of everybody who reaches it, to fetch and to push, by `git http-backend`. They are made empty
 * at the start, under the names that the arguments give, and go with the pod.
 *
 * https://git-scm.com/docs/git-http-backend
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const [port, ...names] = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'git-'))
for (const name of names) {
  const folder = join(root, name)
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder])
  execFileSync('git', ['-C', folder, 'config', 'http.receivepack', 'true'])
}

/** CGI, https://www.rfc-editor.org/rfc/rfc3875#section-4.1 */
function variables({ method, url, headers }: IncomingMessage): NodeJS.ProcessEnv {
  const { pathname, search } = new URL(url ?? '/', 'http://localhost')
  return {
    ...process.env,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: method ?? 'GET',
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: headers['content-type'] ?? '',
    ...(headers['content-length'] && { CONTENT_LENGTH: headers['content-length'] }),
    ...(headers['content-encoding'] && { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
    ...(headers['git-protocol'] && { GIT_PROTOCOL: String(headers['git-protocol']) }),
  }
}

const BLANK = '\r\n\r\n'

/** Its output begins with headers, https://www.rfc-editor.org/rfc/rfc3875#section-6 */
async function answer(output: Readable, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0)
  for await (const chunk of output) {
    if (response.headersSent) {
      response.write(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(BLANK)
    if (end < 0) continue
    const headers = head.toString('latin1', 0, end).split('\r\n').map(asHeader)
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200'
    response.writeHead(Number.parseInt(status, 10), headers.filter(([name]) => name !== 'Status').flat())
    response.write(head.subarray(end + BLANK.length))
  }
  if (!response.headersSent) response.writeHead(500)
  response.end()
}

const asHeader = (line: string): [string, string] => {
  const at = line.indexOf(':')
  return [line.slice(0, at), line.slice(at + 1).trim()]
}

createServer((request, response) => {
  if (request.url === '/') {
    response.end('up\n')
    return
  }
  const git = spawn('git', ['http-backend'], { env: variables(request), stdio: ['pipe', 'pipe', 'inherit'] })
  git.stdin.on('error', () => git.stdin.destroy()) // it ended before it read everything
  request.pipe(git.stdin)
  answer(git.stdout, response).catch(() => response.destroy())
}).listen(Number(port), '0.0.0.0')

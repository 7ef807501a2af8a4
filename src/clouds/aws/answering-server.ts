import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What the server answers; `hangUp` closes the connection instead. */
export interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly hangUp?: boolean
}

/** A local HTTP server that answers as AWS would, so that tests go through the real SDK. */
export interface AnsweringServer {
  readonly endpoint: string
  readonly host: string
  readonly seen: readonly SeenRequest[]
}

/** For tests: starts the server; it ends with the test. */
export async function startAnsweringServer(
  test: TestContext,
  answer: (request: SeenRequest) => Answer | Promise<Answer>,
): Promise<AnsweringServer> {
  const seen: SeenRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    const request = await receive(incoming)
    seen.push(request)
    send(await answer(request), outgoing)
  })
  const host = await listen(server)
  test.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { endpoint: `http://${host}`, host, seen }
}

/** S3's error document. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function s3Error(status: number, code: string, text = '', more = ''): Answer {
  const ids =
    '<RequestId>4442587FB7D0A2F9</RequestId><HostId>iRdqU+8YmMGdJKNmgqu/wnBEXAMPLEHOSTID0000000000=</HostId>'
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message>${more}${ids}</Error>`
  return {
    status,
    body,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': '4442587FB7D0A2F9' },
  }
}

/** The error document of STS. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export function stsError(status: number, code: string, text: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error>`
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>`
  return { status, body, headers: { 'content-type': 'text/xml' } }
}

/** The answer to GetCallerIdentity. */
export function callerIdentity(account: string, arn: string): Answer {
  const result = `<Arn>${arn}</Arn><UserId>AROAEXAMPLE:i</UserId><Account>${account}</Account>`
  const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`
  return { status: 200, body, headers: { 'content-type': 'text/xml' } }
}

/** The answer to AssumeRole or AssumeRoleWithWebIdentity. */
export function assumedRole(accessKeyId: string, expiration: Date, action: string): Answer {
  const keys = `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`
  const credentials = `<Credentials>${keys}<Expiration>${expiration.toISOString()}</Expiration></Credentials>`
  const body = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${credentials}</${action}Result></${action}Response>`
  return { status: 200, body, headers: { 'content-type': 'text/xml' } }
}

async function receive(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method = '', url = '', headers } = incoming
  return { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
}

function send(answer: Answer, outgoing: ServerResponse): void {
  if (answer.hangUp === true) {
    outgoing.destroy()
    return
  }
  outgoing.writeHead(answer.status, answer.headers)
  outgoing.end(answer.body)
}

function listen(server: Server): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`))
  return promise
}

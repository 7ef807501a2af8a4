/** The part of the SDK's HttpResponse that counts here. */
export interface AnswerWithBody {
  readonly statusCode: number
  body: AsyncIterable<Uint8Array> | Uint8Array | undefined
}

/** The whole body, which stays there for who reads the answer next. */
export async function keptBody(response: AnswerWithBody): Promise<Buffer> {
  const body = await bytesOf(response.body)
  response.body = body
  return body
}

async function bytesOf(body: AnswerWithBody['body']): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

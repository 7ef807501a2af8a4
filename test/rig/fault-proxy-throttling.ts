/** How a cloud says that it is asked too often: Google, and each protocol of AWS in its own words. */
import type { IncomingHttpHeaders } from 'node:http'
import { googleThrottlingAnswer, isForGoogle } from './fault-proxy-google.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to a request with these headers, to be given instead of carrying it out. */
export function throttlingAnswer(headers: IncomingHttpHeaders): Answer {
  if (isForGoogle(headers)) return googleThrottlingAnswer()
  if (headers['x-amz-target'] !== undefined) return inJson()
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? inQueryXml() : inS3Xml()
}

const REQUEST_ID = '00000000-0000-0000-0000-000000000000'
const xml = (status: number, content: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': REQUEST_ID },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${content}`,
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const inS3Xml = () =>
  xml(
    503,
    `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message><RequestId>${REQUEST_ID}</RequestId></Error>`,
  )

/** IAM and STS. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const inQueryXml = () =>
  xml(
    400,
    `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`,
  )

/** KMS. https://repost.aws/knowledge-center/kms-throttlingexception-error */
const inJson = (): Answer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': REQUEST_ID },
  body: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
})

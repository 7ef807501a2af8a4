import {
  GetBucketCorsOutput$,
  GetBucketLifecycleConfigurationOutput$,
  type S3Client,
} from '@aws-sdk/client-s3'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { type AnswerWithBody, keptBody } from './answer-body.ts'
import { parseXml } from './xml-element.ts'
import { strangeParts, type XmlSchema } from './xml-schema.ts'

/** Answers that are documents which we write back whole; a new kind adds its line. */
const DOCUMENTS: Readonly<Record<string, { readonly label: string; readonly schema: XmlSchema }>> = {
  GetBucketCorsCommand: { label: 'CORS configuration', schema: GetBucketCorsOutput$ },
  GetBucketLifecycleConfigurationCommand: {
    label: 'lifecycle configuration',
    schema: GetBucketLifecycleConfigurationOutput$,
  },
}

/**
 * The SDK drops every XML element that its model does not know; written back, a stranger's entry would have lost it.
 * So an answer with such an element is refused before the SDK reads it, and `send` throws FaultError
 * UnreadableDocument, naming the element.
 */
export function refuseUnknownFields(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args)
      const document = DOCUMENTS[context.commandName ?? '']
      const response = result.response as AnswerWithBody
      if (document === undefined || response.statusCode !== 200) return result
      assertKnown((await keptBody(response)).toString('utf8'), document)
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'mooringUnknownFields' },
  )
}

function assertKnown(xml: string, { label, schema }: (typeof DOCUMENTS)[string]): void {
  const root = parseXml(xml)
  const strange = root === undefined ? ['something that is not XML'] : strangeParts(root, schema)
  if (strange.length === 0) return
  throw new FaultError({
    reason: 'UnreadableDocument',
    message: `the ${label} holds ${strange.join(', ')}, which this version of Mooring does not know and would lose. Nothing was written.`,
    retry: retryOf('UnreadableDocument'),
  })
}

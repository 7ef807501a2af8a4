import type { IAMClient } from '@aws-sdk/client-iam'
import type { S3Client } from '@aws-sdk/client-s3'
import { type AnswerWithBody, keptBody } from './answer-body.ts'

/** A success that is not of the form of its operation's answers: something on the way gave it, not AWS. */
export class StrangeAnswer extends Error {
  constructor(operation: string) {
    super(`this is no answer to ${operation}`)
    this.name = 'StrangeAnswer'
  }
}

/**
 * Root elements of S3's answers that are documents or settings.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
const S3_ROOTS: Readonly<Record<string, string>> = {
  GetBucketCors: 'CORSConfiguration',
  GetBucketLifecycleConfiguration: 'LifecycleConfiguration',
  GetBucketEncryption: 'ServerSideEncryptionConfiguration',
  GetPublicAccessBlock: 'PublicAccessBlockConfiguration',
  GetBucketOwnershipControls: 'OwnershipControls',
  GetBucketVersioning: 'VersioningConfiguration',
  GetObjectLockConfiguration: 'ObjectLockConfiguration',
}

/**
 * The SDK makes an answer without any field of an empty body, a sign-in page and everything else whose elements it does not
 * know; read as a document, that would be an empty one. So a success whose root element is another one is refused before the
 * SDK reads it, and `send` throws {@link StrangeAnswer}.
 */
export function refuseStrangeAnswers(client: S3Client | IAMClient, rootOf: RootOf): void {
  ;(client as S3Client).middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args)
      const operation = (context.commandName ?? '').replace(/Command$/, '')
      const root = rootOf(operation)
      const response = result.response as AnswerWithBody
      if (root === undefined || response.statusCode < 200 || response.statusCode > 299) return result
      const text = (await keptBody(response)).toString('utf8')
      if (!hasRoot(text, root)) throw new StrangeAnswer(operation)
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'mooringAnswerForm' },
  )
}

/** The root element of an operation's answers; undefined where they have none, or nothing is read in them. */
export type RootOf = (operation: string) => string | undefined

export const s3Root: RootOf = (operation) => S3_ROOTS[operation]

/** IAM names it by the operation, also where the answer says nothing. https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const iamRoot: RootOf = (operation) => `${operation}Response`

/** Opened in the beginning and closed at the end; what is between is the SDK's to read. */
function hasRoot(text: string, root: string): boolean {
  const opened = /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<([^\s/>]+)[^>]*?(\/?)>/s.exec(text)
  if (opened?.[1] !== root) return false
  return opened[2] === '/' || text.trimEnd().endsWith(`</${root}>`)
}

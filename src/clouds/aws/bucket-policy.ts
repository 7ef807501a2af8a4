import type { Document, DocumentKind } from '../../plan/document.ts'
import { decodePolicy, encodePolicy, policyKind } from './policy-document.ts'
import type { Statement } from './statement.ts'

/**
 * The largest bucket policy in bytes.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html ("Bucket policies: 20 KB")
 */
export const BUCKET_POLICY_LIMIT_BYTES = 20_480

const LABEL = 'bucket policy'

/** An S3 bucket policy: statements as entries; Version, Id and unknown fields as envelope. */
export const bucketPolicyKind: DocumentKind<Statement> = policyKind({
  name: 'BucketPolicy',
  label: LABEL,
  limitBytes: BUCKET_POLICY_LIMIT_BYTES,
})

/**
 * Takes a policy text apart; undefined (S3 said that there is no policy) is an empty document.
 *
 * @throws FaultError UnreadableDocument when the text is no policy that can be written back without loss.
 */
export function decodeBucketPolicy(text: string | undefined): Document<Statement> {
  if (text === undefined) return { entries: [], envelope: { Version: '2012-10-17' } }
  return decodePolicy(text, LABEL)
}

/** The policy's text, or undefined when no statement is left: then the policy itself goes. */
export function encodeBucketPolicy(document: Document<Statement>): string | undefined {
  return encodePolicy(document)
}

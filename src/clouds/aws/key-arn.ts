/** What the ARN of a KMS key says. */
export interface KeyArn {
  readonly arn: string
  readonly region: string
  readonly accountId: string
}

/**
 * Takes the ARN of a key apart; undefined for anything else, such as an alias.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN
 */
export function keyArnOf(text: string): KeyArn | undefined {
  const match = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):key\/[A-Za-z0-9-]+$/.exec(text)
  const [arn, region, accountId] = match ?? []
  return arn === undefined || region === undefined || accountId === undefined
    ? undefined
    : { arn, region, accountId }
}

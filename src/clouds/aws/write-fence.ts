import type { IAMClient } from '@aws-sdk/client-iam'
import type { KMSClient } from '@aws-sdk/client-kms'
import type { S3Client } from '@aws-sdk/client-s3'

/**
 * Calls `fence` as the last thing before a request that writes goes to its socket, after credentials were renewed
 * and the request signed; what it throws comes out of `send`. A request that is not plainly a read counts as a write.
 */
export function fenceWrites(client: S3Client | IAMClient | KMSClient, fence: () => void): void {
  ;(client as S3Client).middlewareStack.add(
    (next, context) => async (args) => {
      if (!/^(?:Get|Head|List)/.test(context.commandName ?? '')) fence()
      return next(args)
    },
    { step: 'deserialize', priority: 'low', name: 'mooringFence' },
  )
}

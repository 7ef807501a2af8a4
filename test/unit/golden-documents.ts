/** How a plan's documents stand in the golden files: from nothing, and as they are sent. */
import { decodeHost } from '../../src/clouds/aws/attached-document.ts'
import { attachedRoleKind } from '../../src/clouds/aws/attached-role.ts'
import { attachedSteps } from '../../src/clouds/aws/attached-steps.ts'
import { bucketPolicyKind, decodeBucketPolicy } from '../../src/clouds/aws/bucket-policy.ts'
import { corsKind, decodeCors } from '../../src/clouds/aws/cors.ts'
import { iamRoleKind } from '../../src/clouds/aws/iam-role.ts'
import { decodeKeyPolicy, keyPolicyKind } from '../../src/clouds/aws/key-policy.ts'
import { decodeLifecycle, lifecycleKind } from '../../src/clouds/aws/lifecycle.ts'
import { closedTrust, decodeRole } from '../../src/clouds/aws/role-document.ts'
import { type RoleStep, roleSteps } from '../../src/clouds/aws/role-steps.ts'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import { customRoleKind, decodeCustomRole } from '../../src/clouds/gcp/custom-role.ts'
import { customRoleSteps } from '../../src/clouds/gcp/custom-role-steps.ts'
import { decodeGcsCors, encodeGcsCors, gcsCorsKind } from '../../src/clouds/gcp/gcs-cors.ts'
import {
  decodeGcsLifecycle,
  encodeGcsLifecycle,
  gcsLifecycleKind,
} from '../../src/clouds/gcp/gcs-lifecycle.ts'
import type { Document, DocumentName } from '../../src/plan/document.ts'
import type { ObservedDocument } from '../../src/plan/plan-target.ts'

/** The clouds of the golden files, by the field of the recipe. */
export type Cloud = 's3' | 'gcs'

const about = { bucket: 'street-scenes', uniformAccess: true }

/** Every document as it is before anybody wrote it. */
export const EMPTY = {
  s3: {
    BucketPolicy: { kind: bucketPolicyKind, document: decodeBucketPolicy(undefined) },
    Cors: { kind: corsKind, document: decodeCors(undefined) },
    Lifecycle: { kind: lifecycleKind, document: decodeLifecycle(undefined) },
    IamRole: { kind: iamRoleKind, document: decodeRole(undefined) },
    RolePolicies: {
      kind: attachedRoleKind,
      document: decodeHost('DatadogIntegrationRole', { tags: {}, inline: new Map() }),
    },
    KeyPolicy: { kind: keyPolicyKind, document: decodeKeyPolicy('{"Version":"2012-10-17","Statement":[]}') },
  },
  gcs: {
    BucketIam: { kind: bucketIamKind, document: decodeBucketIam({ version: 1, etag: 'CAE=' }, about) },
    Cors: { kind: gcsCorsKind, document: decodeGcsCors(undefined, '7') },
    Lifecycle: { kind: gcsLifecycleKind, document: decodeGcsLifecycle(undefined, '7') },
    CustomRole: { kind: customRoleKind, document: decodeCustomRole(undefined) },
  },
} as unknown as Readonly<Record<Cloud, Readonly<Record<DocumentName, ObservedDocument>>>>

/** What a reader sees of the outcome: the document, and where the cloud takes another form of it, what is sent. */
export function shownOf(cloud: Cloud, name: DocumentName, before: Document, after: Document): object {
  const read = after as never
  if (name === 'IamRole') return { requests: roleRequests(before, after) }
  if (name === 'RolePolicies') return { requests: shownSteps(attachedSteps(before as never, after as never)) }
  if (name === 'CustomRole') return { requests: customRoleSteps(read) }
  if (cloud === 's3') return { after }
  const { entries } = after
  if (name === 'BucketIam') return { entries, sent: encodeBucketIam(read) }
  return {
    entries,
    sent: name === 'Cors' ? { cors: encodeGcsCors(read) } : { lifecycle: encodeGcsLifecycle(read) },
  }
}

/** Policies as objects, so that a reader sees what changed. */
function roleRequests(before: Document, after: Document): object[] {
  return shownSteps(roleSteps(before as never, after as never, closedTrust('aws', '123456789012')))
}

function shownSteps(steps: readonly RoleStep[]): object[] {
  return steps.map((step) =>
    Object.fromEntries(
      Object.entries(step).map(([key, value]) => [
        key,
        key === 'trust' || key === 'document' ? JSON.parse(value) : value,
      ]),
    ),
  )
}

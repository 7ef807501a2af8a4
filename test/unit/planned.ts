/** What a pass may find of a resolution at targets where nothing is yet. */
import type { Fault } from '../../src/api/fault.ts'
import { bucketPolicyKind, decodeBucketPolicy } from '../../src/clouds/aws/bucket-policy.ts'
import { corsKind, decodeCors } from '../../src/clouds/aws/cors.ts'
import { iamRoleKind } from '../../src/clouds/aws/iam-role.ts'
import { decodeKeyPolicy, keyPolicyKind } from '../../src/clouds/aws/key-policy.ts'
import { decodeLifecycle, lifecycleKind } from '../../src/clouds/aws/lifecycle.ts'
import { decodeRole } from '../../src/clouds/aws/role-document.ts'
import { blobCorsKind, decodeBlobCors } from '../../src/clouds/azure/blob-cors.ts'
import { decodeAssignments, roleAssignmentsKind } from '../../src/clouds/azure/role-assignments.ts'
import type { Target } from '../../src/clouds/cloud.ts'
import { bucketIamKind, decodeBucketIam } from '../../src/clouds/gcp/bucket-iam.ts'
import { customRoleKind, decodeCustomRole } from '../../src/clouds/gcp/custom-role.ts'
import { decodeGcsCors, gcsCorsKind } from '../../src/clouds/gcp/gcs-cors.ts'
import { decodeGcsLifecycle, gcsLifecycleKind } from '../../src/clouds/gcp/gcs-lifecycle.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import { type ObservedDocument, planTarget } from '../../src/plan/plan-target.ts'
import type { OwnerReport, PendingChange } from '../../src/reconcile/target-report.ts'
import type { Resolution } from '../../src/vendors/resolve.ts'

function observed(kind: unknown, document: unknown): ObservedDocument {
  return { kind: kind as DocumentKind, document: document as Document }
}

/** The documents of a target without anything in them. */
export function emptyAt({ kind }: Target): ObservedDocument[] {
  const account = {
    account: '/subscriptions/s',
    tenantId: 't',
    authority: 'https://login.example',
    creates: true,
    principals: {},
  }
  switch (kind) {
    case 'S3Bucket':
      return [
        observed(bucketPolicyKind, decodeBucketPolicy(undefined)),
        observed(corsKind, decodeCors(undefined)),
        observed(lifecycleKind, decodeLifecycle(undefined)),
      ]
    case 'IamRole':
      return [observed(iamRoleKind, decodeRole(undefined))]
    case 'KmsKey':
      return [observed(keyPolicyKind, decodeKeyPolicy('{"Version":"2012-10-17","Statement":[]}'))]
    case 'GcsBucket':
      return [
        observed(bucketIamKind, decodeBucketIam({}, { bucket: 'b', uniformAccess: true })),
        observed(gcsCorsKind, decodeGcsCors(undefined, '1')),
        observed(gcsLifecycleKind, decodeGcsLifecycle(undefined, '1')),
      ]
    case 'CustomRole':
      return [observed(customRoleKind, decodeCustomRole(undefined))]
    case 'StorageAccount':
      return [
        observed(roleAssignmentsKind, decodeAssignments([], account)),
        observed(blobCorsKind, decodeBlobCors({})),
      ]
    case 'ServicePrincipal':
      return []
  }
}

/** The changes that Enforce would make. */
export function plannedFor({ claims, owner }: Resolution): PendingChange[] {
  return claims.flatMap(({ target, entries }) => {
    const participants = [{ owner, stance: 'Wants', entries } as const]
    const { documents } = planTarget({
      ...{ installation: 'test', target: target.name, fresh: '0'.repeat(32), participants },
      documents: emptyAt(target),
    })
    return documents.flatMap(({ changes }) => changes.map((change) => ({ ...change, target: target.name })))
  })
}

/** What a pass may have found, from nothing to a cloud that refuses everything at length. */
export function answersTo(resolution: Resolution): (OwnerReport | undefined)[] {
  const pending = plannedFor(resolution)
  const documents = [...new Set(resolution.claims.flatMap((claim) => claim.documents))].map(
    (document) => ({ document, label: 'document', state: 'Applied' }) as const,
  )
  const good: OwnerReport = {
    ...{ question: '', documents, present: true, pending, settling: false },
    checks: [{ name: 'BucketAnswers', result: 'Passed', message: 'it answers' }],
    facts: { region: 'eu-west-1', generated: '0'.repeat(32) },
  }
  const fault: Fault = { reason: 'InvalidDocument', message: 'x'.repeat(50_000), retry: 'Slow' }
  const bad = documents.map((outcome) => ({ ...outcome, state: 'Missing', fault }) as const)
  return [undefined, good, { ...good, fault, documents: bad }, { ...good, fault, documents: [] }]
}

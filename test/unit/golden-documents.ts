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
import { assignmentSteps } from '../../src/clouds/azure/assignment-steps.ts'
import { blobCorsKind, decodeBlobCors, encodeBlobCors } from '../../src/clouds/azure/blob-cors.ts'
import { decodeAssignments, roleAssignmentsKind } from '../../src/clouds/azure/role-assignments.ts'
import {
  decodePrincipal,
  principalStep,
  servicePrincipalKind,
} from '../../src/clouds/azure/service-principal.ts'
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
import { ACCOUNT_ID, PRINCIPAL, TENANT } from './azure-things.ts'

/** The clouds of the golden files, by the field of the recipe. */
export type Cloud = 's3' | 'gcs' | 'azureBlob'

const about = { bucket: 'street-scenes', uniformAccess: true }

/** The applications of the catalogue’s vendors: the tenant may have them, and all are one principal here. */
const APPLICATIONS = [
  '5734576c-64d1-49f9-8a12-e3e6bcc9909b',
  '95e63529-38cc-435c-b247-32a1d62f321d',
  'd47021c7-05d1-44c3-a594-93c2c30c68fc',
]
const tenant = {
  tenantId: TENANT,
  authority: 'https://login.microsoftonline.com',
  creates: true,
  principals: Object.fromEntries(APPLICATIONS.map((id) => [id, PRINCIPAL])),
}

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
  azureBlob: {
    ServicePrincipal: {
      kind: servicePrincipalKind,
      document: decodePrincipal({ ...tenant, clientId: '', found: null }, true, undefined),
    },
    RoleAssignments: {
      kind: roleAssignmentsKind,
      document: decodeAssignments([], { ...tenant, account: ACCOUNT_ID }),
    },
    Cors: { kind: blobCorsKind, document: decodeBlobCors({ properties: {} }) },
  },
} as unknown as Readonly<Record<Cloud, Readonly<Record<DocumentName, ObservedDocument>>>>

/** What a reader sees of the outcome: the document, and where the cloud takes another form of it, what is sent. */
export function shownOf(cloud: Cloud, name: DocumentName, before: Document, after: Document): object {
  const read = after as never
  if (name === 'IamRole') return { requests: roleRequests(before, after) }
  if (name === 'RolePolicies') return { requests: shownSteps(attachedSteps(before as never, after as never)) }
  if (name === 'CustomRole') return { requests: customRoleSteps(read) }
  if (name === 'ServicePrincipal') return { requests: [principalStep(before as never, read)] }
  if (name === 'RoleAssignments') return { requests: assignmentRequests(before, after) }
  if (cloud === 's3') return { after }
  const { entries } = after
  if (cloud === 'azureBlob') return { entries, sent: { corsRules: encodeBlobCors(read) } }
  if (name === 'BucketIam') return { entries, sent: encodeBucketIam(read) }
  return {
    entries,
    sent: name === 'Cors' ? { cors: encodeGcsCors(read) } : { lifecycle: encodeGcsLifecycle(read) },
  }
}

function assignmentRequests(before: Document, after: Document): object[] {
  return assignmentSteps(before as never, after as never).map((step) =>
    step.do === 'Create' ? { put: step.id, body: step.body } : { delete: step.id },
  )
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

import type { FaultError } from '../../api/fault.ts'
import { fault, wordsOf } from './fault-parts.ts'
import { type GcpCall, serviceName, subjectOf } from './gcp-call.ts'
import { permissionOf } from './gcp-operation.ts'
import type { GoogleError } from './google-error.ts'

/** The identity lacks a permission, or something denies it. */
export function accessDenied(error: GoogleError, call: GcpCall): FaultError {
  if (call.service === 'iamcredentials') return mayNotImpersonate(call)
  const permission = permissionIn(error) ?? permissionOf(call.operation) ?? call.operation
  const message = `${call.identity} may not ${permission} on ${subjectOf(call)}. Give it a role with ${permission} (docs/gcp-permissions.md): ${command(call)}. It takes a minute or two to act; nothing more was written.`
  return fault('AccessDenied', message)
}

/** Google names the permission in its details, or in words: `Permission 'storage.buckets.get' denied`, `does not have storage.buckets.get access`. */
function permissionIn({ metadata, text }: GoogleError): string | undefined {
  const named =
    metadata.permission ??
    /\bpermission '?([a-z]+(?:\.[a-zA-Z]+){2,})'? /i.exec(text)?.[1] ??
    /\bdoes not have ([a-z]+(?:\.[a-zA-Z]+){2,}) access/.exec(text)?.[1]
  return named !== undefined && /^[a-z]+(?:\.[a-zA-Z]+){2,}$/.test(named) ? named : undefined
}

/** The roles are those of docs/gcp-permissions.md, by the ids that its commands give them. */
function command({ service, projectId, identity }: GcpCall): string {
  const member = identity.includes('@') ? memberOf(identity) : '<identity>'
  const role = service === 'iam' ? 'mooringRoles' : 'mooringOperator'
  return `gcloud projects add-iam-policy-binding ${projectId} --member=${member} --role=projects/${projectId}/roles/${role} --condition=None`
}

function memberOf(email: string): string {
  return email.endsWith('.gserviceaccount.com') ? `serviceAccount:${email}` : `user:${email}`
}

/** https://docs.cloud.google.com/iam/docs/service-account-impersonation */
function mayNotImpersonate({ identity, serviceAccount = '' }: GcpCall): FaultError {
  const member = identity.includes('@') ? memberOf(identity) : '<identity>'
  const message = `${identity} may not act as service account ${serviceAccount} (iam.serviceAccounts.getAccessToken), or that account does not exist. Let it: gcloud iam service-accounts add-iam-policy-binding ${serviceAccount} --member=${member} --role=roles/iam.serviceAccountTokenCreator; or correct spec.gcp.impersonateServiceAccount.`
  return fault('AccessDenied', message)
}

/** https://docs.cloud.google.com/service-usage/docs/enable-disable; the reason is of google.rpc.ErrorInfo. */
export function isServiceDisabled({ detail, code, text }: GoogleError): boolean {
  return (
    detail === 'SERVICE_DISABLED' ||
    code === 'accessNotConfigured' ||
    /has not been used in project .* before or it is disabled/.test(text)
  )
}

/** The project has not turned the API on. */
export function apiDisabled(error: GoogleError, call: GcpCall): FaultError {
  const named = error.metadata.service
  const service = named !== undefined && /^[a-z.]+$/.test(named) ? named : `${call.service}.googleapis.com`
  const consumer = /^projects\/([\w:.-]+)$/.exec(error.metadata.consumer ?? '')?.[1] ?? call.projectId
  const message = `the API ${service} is not turned on in project ${consumer}, which ${call.operation} needs. Turn it on (gcloud services enable ${service} --project=${consumer}) and wait a few minutes.`
  return fault('AccessDenied', message)
}

/** A constraint of the organisation refuses what was written. */
export function orgPolicy(error: GoogleError, call: GcpCall): FaultError {
  const constraint =
    /constraints\/[\w.]+/.exec(error.text)?.[0] ??
    (/permitted customer/i.test(error.text) ? 'constraints/iam.allowedPolicyMemberDomains' : undefined)
  const message =
    constraint === undefined || /allowedPolicyMember/.test(constraint)
      ? `an organisation policy lets nobody of the vendor's organisation have access (domain restricted sharing, ${constraint ?? 'see the policy'}), so ${serviceName(call)} refuses ${call.operation} for ${subjectOf(call)}. Let the administrator of the organisation add the vendor's customer ID, or make an exception for project ${call.projectId}; nothing was written.`
      : `the organisation policy ${constraint} refuses ${call.operation} for ${subjectOf(call)}${wordsOf(error)}. Let the administrator of the organisation make an exception for project ${call.projectId}; nothing was written.`
  return fault('AccessDenied', message)
}

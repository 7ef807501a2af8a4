/** A small vendor for tests that change or spoil a recipe. */
import type { KubernetesObject } from '../rig/kubectl.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
export const OBJECTS = 'arn:${partition}:s3:::${bucket}/${prefix}*'

/** A statement that lets the vendor's account read. */
export const reading = {
  name: 'read',
  principal: { aws: ['111122223333'] },
  actions: ['s3:GetObject'],
  resources: [OBJECTS],
}

/** A role of a free name that the vendor's account may assume with the external ID in `parameters.externalId`; `role` wins. */
export function withRole(role: object = {}): { readonly s3: { readonly role: object } } {
  return { s3: { role: { trust: { statements: [trusting] }, inlinePolicies: [objects], ...role } } }
}

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
export const trusting = {
  name: 'vendor',
  principal: { aws: ['arn:${partition}:iam::111122223333:root'] },
  externalIds: ['${parameters.externalId}'],
}

const objects = {
  name: 'objects',
  statements: [{ name: 'read', actions: ['s3:GetObject'], resources: [OBJECTS] }],
}

/** What a vendor with a role tells; the names of status.outputs. */
export const roleOutputs = [
  { name: 'roleArn', label: 'Role ARN', value: '${role.arn}' },
  { name: 'externalId', label: 'External ID', value: '${parameters.externalId}' },
]
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */

/** The parameter of a vendor that hands out the external ID; the fields given win. */
export function externalIdParameter(fields: object = {}): object {
  return {
    name: 'externalId',
    description: 'Shown by the vendor once it knows the role.',
    source: 'VendorGiven',
    required: true,
    ...fields,
  }
}

/** A StorageVendor with one statement and nothing else; `spec` wins. */
export function vendorOf(name: string, spec: object = {}): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageVendor',
    metadata: { name },
    spec: {
      displayName: name,
      revision: '1',
      documentation: { url: 'https://docs.example.com', checkedOn: '2026-11-22' },
      access: [{ name: 'Read', description: 'Reads objects.' }],
      s3: { bucketPolicy: { statements: [reading] } },
      ...spec,
    },
  }
}

/** The recipe with other statements than the usual one. */
export function withStatements(...statements: object[]): { readonly s3: object } {
  return { s3: { bucketPolicy: { statements } } }
}

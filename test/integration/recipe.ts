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

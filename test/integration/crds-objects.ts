/** Objects of the three kinds for the tables of the CRD tests: the least that is accepted, and ways to spoil it. */
import { uniqueName } from '../rig/shared.ts'

export type Spec = Readonly<Record<string, unknown>>

export const apiVersion = 'mooring.dev/v1alpha1'
export const namespace = uniqueName('crds')

export const integrationOf = (spec: Spec, name = 'clips') => ({
  apiVersion,
  kind: 'StorageIntegration',
  metadata: { name, namespace },
  spec,
})
export const accountOf = (spec: Spec, name = 'aws-prod') => ({
  apiVersion,
  kind: 'CloudAccount',
  metadata: { name },
  spec,
})
export const vendorOf = (spec: Spec, name = 'sketch') => ({
  apiVersion,
  kind: 'StorageVendor',
  metadata: { name },
  spec: {
    displayName: 'Sketch',
    revision: '1',
    documentation: { url: 'https://docs.example.com', checkedOn: '2026-11-22' },
    ...spec,
  },
})

// biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
export const [PREFIX, OBJECTS] = ['${prefix}', 'arn:${partition}:s3:::${bucket}/${prefix}*']
// biome-ignore lint/suspicious/noTemplateCurlyInString: the same
export const ALL_OBJECTS = 'arn:${partition}:s3:::${bucket}/*'
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of AWS policies
export const POLICY_VARIABLE = '${aws:username}'

export const s3 = { bucket: 'clips' }
export const aws = { accountId: '123456789012', region: 'eu-west-1' }
export const access = [{ name: 'Read', description: 'Reads objects.' }]
export const statement = {
  name: 'read',
  principal: { aws: ['111111111111'] },
  actions: ['s3:GetObject'],
  resources: [OBJECTS],
}
export const bucketPolicy = { statements: [statement] }

export const integrate = (spec: Spec) => integrationOf({ vendor: 'v', s3, ...spec })
export const bucketNamed = (bucket: string) => integrate({ s3: { bucket } })
export const gcsNamed = (bucket: string) => integrationOf({ vendor: 'v', gcs: { bucket } })
export const prefixed = (prefix: string) => integrate({ s3: { bucket: 'clips', prefix } })
export const azured = (location: Spec) =>
  integrationOf({
    vendor: 'v',
    azureBlob: { resourceGroup: 'ml', storageAccount: 'streetscenes', ...location },
  })
export const awsAccount = (more: Spec) => accountOf({ aws: { ...aws, ...more } })
export const allowing = (...allow: readonly Spec[]) => accountOf({ aws, allow })
export const vending = (more: Spec) => vendorOf({ access, s3: { bucketPolicy }, ...more })
export const stating = (more: Spec, others: Spec = {}) =>
  vendorOf({ access, s3: { bucketPolicy: { statements: [{ ...statement, ...more }] } }, ...others })
export const coring = (rule: Spec) =>
  vendorOf({
    access,
    s3: {
      bucketPolicy,
      cors: {
        rules: [{ name: 'r', allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], ...rule }],
      },
    },
  })
export const aging = (rule: Spec) =>
  vendorOf({ access, s3: { bucketPolicy, lifecycle: { rules: [{ name: 'r', ...rule }] } } })
export const allowed = { name: 's', actions: ['s3:GetObject'], resources: ['arn:x'] }
export const policy = { name: 'p', statements: [allowed] }
export const trusting = (trust: Spec) =>
  vendorOf({
    access,
    s3: { role: { trust: { statements: [{ name: 'v', ...trust }] }, inlinePolicies: [policy] } },
  })
const trust = { statements: [{ name: 'v', principal: { aws: ['111111111111'] }, externalIds: ['id'] }] }
export const acting = (role: Spec) => vendorOf({ access, s3: { role: { trust, ...role } } })
export const granting = (grant: Spec) => vendorOf({ access, gcs: { grants: [{ name: 'g', ...grant }] } })

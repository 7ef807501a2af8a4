/** What the demos apply; the same objects as in deploy/examples, with test clouds in the place of real ones. */
import type { AzureAccount } from '../rig/azure.ts'
import type { GcpAccount } from '../rig/gcp.ts'
import type { Aws } from '../rig/rig.ts'

export const manifests = {
  azureAccount: (account: AzureAccount): string => `apiVersion: v1
kind: Namespace
metadata: {name: perception}
---
apiVersion: v1
kind: Secret
metadata: {name: azure, namespace: mooring-system}
stringData:
  AZURE_CLIENT_ID: "${account.clientId}"
  AZURE_CLIENT_SECRET: "${account.clientSecret}"
---
apiVersion: mooring.dev/v1alpha1
kind: CloudAccount
metadata:
  name: azure-demo
spec:
  azure:
    tenantId: ${account.tenantId}
    subscriptionId: ${account.subscriptionId}
    credentialsSecretRef: {namespace: mooring-system, name: azure}   # leave it out for workload identity
    endpoints:   # the test cloud; leave them out for Azure
      resourceManager: ${account.endpoints.resourceManager}
      authority: ${account.endpoints.authority}
      graph: ${account.endpoints.graph}
      blob: ${account.endpoints.blob}
  allow:
    - {namespaces: [perception], vendors: [segments-ai], storage: ["street*/images"], access: [Read]}
`,
  azure: (
    storageAccount: string,
    name: string,
    container: string,
  ): string => `apiVersion: mooring.dev/v1alpha1
kind: StorageIntegration
metadata: {name: ${name}, namespace: perception}
spec:
  vendor: segments-ai
  account: azure-demo
  azureBlob: {resourceGroup: perception, storageAccount: ${storageAccount}, container: ${container}}
  access: Read
`,
  gcpAccount: ({ endpoint, projectId, accessToken }: GcpAccount): string => `apiVersion: v1
kind: Namespace
metadata: {name: perception}
---
apiVersion: v1
kind: Secret
metadata: {name: gcp, namespace: mooring-system}
stringData:
  accessToken: "${accessToken}"
---
apiVersion: mooring.dev/v1alpha1
kind: CloudAccount
metadata:
  name: gcp-demo
spec:
  gcp:
    projectId: ${projectId}
    credentialsSecretRef: {namespace: mooring-system, name: gcp}   # leave it out for workload identity
    endpoints:   # the test cloud; leave them out for Google Cloud
      storage: ${endpoint}
      iam: ${endpoint}
      iamCredentials: ${endpoint}
  allow:
    - {namespaces: [perception], vendors: [segments-ai], storage: ["street-*"], access: [Read]}
`,
  gcs: (bucket: string, serviceAccount: string | undefined): string => `apiVersion: mooring.dev/v1alpha1
kind: StorageIntegration
metadata: {name: ${bucket}, namespace: perception}
spec:
  vendor: segments-ai
  account: gcp-demo
  gcs: {bucket: ${bucket}, prefix: raw/}
  access: Read
${serviceAccount === undefined ? '' : `  parameters:\n    serviceAccount: ${serviceAccount}\n`}`,

  account: ({ accountId, region, endpoint }: Aws): string => `apiVersion: v1
kind: Namespace
metadata: {name: perception}
---
apiVersion: mooring.dev/v1alpha1
kind: CloudAccount
metadata:
  name: aws-demo
spec:
  aws:
    accountId: "${accountId}"
    region: ${region}
    endpoint: ${endpoint}   # LocalStack; leave it out for AWS
  allow:
    - {namespaces: [perception], vendors: [segments-ai], storage: ["street-*"], access: [Read]}
`,
  rolesAccount: ({ accountId, region, endpoint, credentials }: Aws): string => `apiVersion: v1
kind: Namespace
metadata: {name: mooring-system}
---
apiVersion: v1
kind: Secret
metadata: {name: aws-roles, namespace: mooring-system}
stringData:
  AWS_ACCESS_KEY_ID: "${credentials.accessKeyId}"
  AWS_SECRET_ACCESS_KEY: "${credentials.secretAccessKey}"
---
apiVersion: mooring.dev/v1alpha1
kind: CloudAccount
metadata:
  name: aws-roles
spec:
  aws:
    accountId: "${accountId}"
    region: ${region}
    endpoint: ${endpoint}   # ministack, which enforces policies; leave it out for AWS
    credentialsSecretRef: {namespace: mooring-system, name: aws-roles}
  allow:
    - {namespaces: [perception], vendors: [cloudglue]}
`,
  cloudglue: (bucket: string): string => `apiVersion: mooring.dev/v1alpha1
kind: StorageIntegration
metadata: {name: ${bucket}, namespace: perception}
spec:
  vendor: cloudglue
  account: aws-roles
  s3: {bucket: ${bucket}}
`,
  integration: (bucket: string, name: string = bucket): string => `apiVersion: mooring.dev/v1alpha1
kind: StorageIntegration
metadata: {name: ${name}, namespace: perception}
spec:
  vendor: segments-ai
  account: aws-demo
  s3: {bucket: ${bucket}, prefix: raw/}
  access: Read
`,
}

/** What the demo applies; the same objects as in deploy/examples, with LocalStack in the place of AWS. */
import type { Aws } from '../rig/rig.ts'

export const manifests = {
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

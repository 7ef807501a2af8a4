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

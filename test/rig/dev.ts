/** `make dev`: a control plane and an AWS that stay up until Ctrl-C, for trying things out by hand. */
import { installCatalogue, installCrds } from './install.ts'
import { startRig } from './rig.ts'

const rig = await startRig()
await installCrds(rig.kubectl)
await installCatalogue(rig.kubectl)

console.log(`
The API server and AWS (S3, IAM, STS) are up. In another terminal:

  export KUBECONFIG='${rig.kubeconfigPath}'
  export AWS_ENDPOINT_URL=${rig.aws.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1

The AWS_… variables are for the aws command. For the operator (npm start), an account that reaches this AWS:

  kubectl apply -f - <<EOF
apiVersion: mooring.dev/v1alpha1
kind: CloudAccount
metadata: {name: aws-prod}
spec:
  aws: {accountId: "${rig.aws.accountId}", region: ${rig.aws.region}, endpoint: ${rig.aws.endpoint}}
  allow: [{namespaces: [perception]}]
EOF

Ctrl-C stops them and forgets everything.`)

setInterval(() => undefined, 2 ** 30) // the servers do not keep this process running; this does

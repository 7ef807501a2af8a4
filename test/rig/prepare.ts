/** `make rig`: finds or installs every server, so that a later run only starts them. */
import { dirname } from 'node:path'
import { azureFacadeBinary } from './azure-binary.ts'
import { discoveryDocuments, gcpPython } from './gcp-python.ts'
import { gitopsVerdictsBinary } from './gitops-verdicts.ts'
import { kubernetesBinaries } from './kubernetes-binaries.ts'
import { localstackPython } from './localstack-python.ts'
import { ministackPython } from './ministack-python.ts'

const { kubectl } = await kubernetesBinaries()
const pythons = {
  LocalStack: await localstackPython(),
  ministack: await ministackPython(),
  GCS: await gcpPython(),
}
console.log(`Kubernetes  ${dirname(kubectl)}`)
for (const [name, python] of Object.entries(pythons))
  console.log(`${name.padEnd(12)}${dirname(dirname(python))}`)
console.log(`Discovery   ${await discoveryDocuments()}`)
console.log(`Azure       ${dirname(await azureFacadeBinary())}`)
console.log(`GitOps      ${dirname(await gitopsVerdictsBinary())}`)

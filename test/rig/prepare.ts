/** `make rig`: finds or installs every server, so that a later run only starts them. */
import { dirname } from 'node:path'
import { kubernetesBinaries } from './kubernetes-binaries.ts'
import { localstackPython } from './localstack-python.ts'

const { kubectl } = await kubernetesBinaries()
const python = await localstackPython()
console.log(`Kubernetes  ${dirname(kubectl)}\nLocalStack  ${dirname(dirname(python))}`)

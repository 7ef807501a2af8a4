/** The operator as docs/install.md installs it: a kustomization of one's own on top of deploy/. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { repository } from '../rig/cache.ts'
import { awaitEstablished } from '../rig/established.ts'
import type { Kubectl } from '../rig/kubectl.ts'
import { authorityFile } from './cluster.ts'
import { NEXT_OPERATOR_IMAGE, OPERATOR_IMAGE } from './images.ts'
import { stateFolder } from './paths.ts'

export const SYSTEM = 'mooring-system'
const deploy = join(repository, 'deploy')

export interface Installation {
  readonly replicas?: number
  readonly isNext?: boolean
}

/** The folder for `kubectl apply -k`: the image of one's own registry, settings, and an authority that clouds' certificates are signed by. */
export async function writeInstallation({
  replicas = 1,
  isNext = false,
}: Installation = {}): Promise<string> {
  const folder = join(stateFolder(), 'install')
  await mkdir(folder, { recursive: true })
  const [newName, newTag] = (isNext ? NEXT_OPERATOR_IMAGE : OPERATOR_IMAGE).split(':')
  await writeFile(join(folder, 'ca.pem'), await readFile(authorityFile()))
  await writeFile(join(folder, 'patch.yaml'), patch)
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(folder, deploy)],
    images: [{ name: 'mooring', newName, newTag }],
    replicas: [{ name: 'mooring', count: replicas }],
    configMapGenerator: [{ name: 'mooring-authority', namespace: SYSTEM, files: ['ca.pem'] }],
    patches: [{ path: 'patch.yaml' }],
  }
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization, undefined, 2))
  return folder
}

const patch = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: mooring
  namespace: ${SYSTEM}
spec:
  template:
    spec:
      containers:
        - name: mooring
          args: [--resync=5s]
          env: [{name: NODE_EXTRA_CA_CERTS, value: /authority/ca.pem}]
          volumeMounts: [{name: authority, mountPath: /authority, readOnly: true}]
      volumes:
        - name: authority
          configMap: {name: mooring-authority}
`

/** Everything of docs/install.md up to a running operator and the catalogue. */
export async function install(kubectl: Kubectl, installation?: Installation): Promise<void> {
  await kubectl.must('apply', '-k', await writeInstallation(installation))
  await awaitEstablished(kubectl, 'crd', '--all')
  await kubectl.must('apply', '-f', join(deploy, 'vendors'))
  await rolledOut(kubectl)
}

export async function rolledOut(kubectl: Kubectl): Promise<void> {
  await kubectl.must('rollout', 'status', 'deployment/mooring', '-n', SYSTEM, '--timeout=120s')
}

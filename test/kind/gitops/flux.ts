/** Flux in the cluster, by its own manifests: source-controller and kustomize-controller. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { awaitEstablished } from '../../rig/established.ts'
import type { Kubectl, KubernetesObject } from '../../rig/kubectl.ts'
import { WORKER } from '../cluster.ts'
import { stateFolder } from '../paths.ts'
import { FLUX_IMAGE } from './flux-image.ts'
import { sourcesOf } from './programs.ts'

export const FLUX = 'flux-system'
const CONTROLLERS = ['source-controller', 'kustomize-controller'] as const

export async function installFlux(kubectl: Kubectl): Promise<void> {
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLUX } })
  await kubectl.must('apply', '--server-side', '--force-conflicts', '-k', await writeFlux())
  await awaitEstablished(kubectl, 'crd/gitrepositories.source.toolkit.fluxcd.io')
  await awaitEstablished(kubectl, 'crd/kustomizations.kustomize.toolkit.fluxcd.io')
  for (const name of CONTROLLERS)
    await kubectl.must('rollout', 'status', `deployment/${name}`, '-n', FLUX, '--timeout=240s')
}

async function writeFlux(): Promise<string> {
  const folder = join(stateFolder(), 'flux')
  await mkdir(folder, { recursive: true })
  const source = await sourcesOf('flux-source', 'github.com/fluxcd/source-controller')
  const kustomize = await sourcesOf('flux-kustomize', 'github.com/fluxcd/kustomize-controller')
  const [newName, newTag] = FLUX_IMAGE.split(':')
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: FLUX,
    resources: [source, kustomize].flatMap((module) =>
      ['crd', 'rbac', 'manager'].map((part) => relative(folder, join(module, 'config', part))),
    ),
    images: CONTROLLERS.map((name) => ({ name: `fluxcd/${name}`, newName, newTag })),
    patches: [
      ...CONTROLLERS.map(onOurImage),
      { target: { kind: 'Deployment', name: CONTROLLERS[1] }, patch: JSON.stringify(impatient) },
    ],
  }
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization, undefined, 2))
  return folder
}

/** The image is on one node only, in no registry, and for both. */
function onOurImage(name: string) {
  const container = '/spec/template/spec/containers/0'
  const patch = [
    { op: 'add', path: `${container}/imagePullPolicy`, value: 'Never' },
    { op: 'add', path: `${container}/command`, value: [name] },
    { op: 'add', path: '/spec/template/spec/nodeSelector', value: { 'kubernetes.io/hostname': WORKER } },
  ]
  return { target: { kind: 'Deployment', name }, patch: JSON.stringify(patch) }
}

/** Else one Kustomization waits for half a minute before it looks again whether another is Ready. */
const impatient = [
  { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--requeue-dependency=3s' },
]

export function gitRepository(url: string): KubernetesObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'estate', namespace: FLUX },
    spec: { url, interval: '5s', ref: { branch: 'main' } },
  }
}

/** A folder of the Git repository, kept as it is there. */
export function kustomization(name: string, dependsOn: readonly string[] = []): KubernetesObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: FLUX },
    spec: {
      sourceRef: { kind: 'GitRepository', name: 'estate' },
      path: `./${name}`,
      dependsOn: dependsOn.map((name) => ({ name })),
      ...{ wait: true, prune: true, interval: '10s', retryInterval: '5s', timeout: '30s' },
    },
  }
}

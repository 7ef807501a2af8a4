/** Argo CD in the cluster, by its own manifests: the application controller, the repo server and redis. No UI and no API server. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { repository } from '../../rig/cache.ts'
import { awaitEstablished } from '../../rig/established.ts'
import type { Kubectl, KubernetesObject } from '../../rig/kubectl.ts'
import { WORKER } from '../cluster.ts'
import { stateFolder } from '../paths.ts'
import { ARGOCD_IMAGE } from './argocd-image.ts'
import { sourcesOf } from './programs.ts'

export const ARGOCD = 'argocd'

/** Of core-install, without the controller of ApplicationSets. */
const PARTS = [
  ...['crds', 'cluster-rbac/application-controller', 'base/config'],
  ...['base/application-controller', 'base/repo-server', 'base/redis'],
]
const WORKLOADS = [
  'statefulset/argocd-application-controller',
  'deployment/argocd-repo-server',
  'deployment/argocd-redis',
]
/** The images of the manifests; everything is in one here. */
const PUBLISHED = ['quay.io/argoproj/argocd', 'public.ecr.aws/docker/library/redis']

/** Installs it, with the health script of deploy/argocd as docs/gitops.md says. */
export async function installArgocd(kubectl: Kubectl): Promise<void> {
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ARGOCD } })
  // Its CRDs are larger than what `kubectl apply` may note on an object.
  await kubectl.must('apply', '--server-side', '--force-conflicts', '-k', await writeArgocd())
  await awaitEstablished(kubectl, 'crd/applications.argoproj.io', 'crd/appprojects.argoproj.io')
  const patch = join(repository, 'deploy', 'argocd', 'argocd-cm.yaml')
  await kubectl.must('patch', 'configmap', 'argocd-cm', '-n', ARGOCD, '--patch-file', patch)
  await kubectl.apply(defaultProject)
  for (const workload of WORKLOADS)
    await kubectl.must('rollout', 'status', workload, '-n', ARGOCD, '--timeout=240s')
}

async function writeArgocd(): Promise<string> {
  const folder = join(stateFolder(), 'argocd')
  await mkdir(folder, { recursive: true })
  const manifests = join(await sourcesOf('argocd', 'github.com/argoproj/argo-cd/v3'), 'manifests')
  const [newName, newTag] = ARGOCD_IMAGE.split(':')
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: ARGOCD,
    resources: PARTS.map((part) => relative(folder, join(manifests, part))),
    images: PUBLISHED.map((name) => ({ name, newName, newTag })),
    patches: [
      ...WORKLOADS.map((workload) => onOurImage(workload)),
      { target: { kind: 'Deployment', name: 'argocd-redis' }, patch: JSON.stringify(startRedis) },
      { patch: JSON.stringify(settings('argocd-cm', SETTINGS)) },
      { patch: JSON.stringify(settings('argocd-cmd-params-cm', PARAMETERS)) },
    ],
  }
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization, undefined, 2))
  return folder
}

/** It asks Git every 3 minutes by default, which a webhook shortens; tests have none. */
const SETTINGS = { 'timeout.reconciliation': '5s', 'timeout.reconciliation.jitter': '0s' }
/** The health of every resource in the Application's status, where no API server tells it. */
const PARAMETERS = { 'controller.resource.health.persist': 'true' }

const settings = (name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})

/** The image is on one node only, and in no registry. */
function onOurImage(workload: string) {
  const [kind, name = ''] = workload.split('/')
  const container = '/spec/template/spec/containers/0'
  const patch = [
    { op: 'add', path: `${container}/imagePullPolicy`, value: 'Never' },
    { op: 'add', path: '/spec/template/spec/nodeSelector/kubernetes.io~1hostname', value: WORKER },
  ]
  const target = { kind: kind === 'statefulset' ? 'StatefulSet' : 'Deployment', name }
  return { target, patch: JSON.stringify(patch) }
}

/** The image of the manifests has an entry point that does it. */
const startRedis = [{ op: 'add', path: '/spec/template/spec/containers/0/command', value: ['redis-server'] }]

/** The API server makes it where there is one. */
const defaultProject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default', namespace: ARGOCD },
  spec: {
    sourceRepos: ['*'],
    destinations: [{ namespace: '*', server: '*' }],
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
  },
}

/** A folder of the Git repository, kept as it is there: whoever deletes the Application deletes what it made. */
export function application(name: string, repoURL: string): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: ARGOCD, finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project: 'default',
      source: { repoURL, targetRevision: 'main', path: name },
      destination: { server: 'https://kubernetes.default.svc' },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  }
}

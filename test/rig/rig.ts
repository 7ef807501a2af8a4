/** Everything that the tests run against: a Kubernetes API server and an AWS. */
import { join } from 'node:path'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type Kubectl, makeKubectl } from './kubectl.ts'
import { kubernetesBinaries } from './kubernetes-binaries.ts'
import { startLocalStack } from './localstack.ts'
import { startMinistack } from './ministack.ts'
import { makeRunFolder } from './run-folder.ts'

export interface Aws {
  readonly endpoint: string
  readonly accountId: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface Cluster {
  readonly kubeconfigPath: string
  readonly kubectl: Kubectl
}

/** What tests may share with each other. */
export interface Rig extends Cluster {
  readonly aws: Aws
}

/** A cluster that belongs to one test file, which may stop and start its API server. */
export interface OwnCluster extends Cluster {
  readonly controlPlane: ControlPlane
  /** Where an operator with the administrator's kubeconfig has its Lease. */
  readonly leaseNamespace: string
  stop(): Promise<void>
}

export interface OwnRig extends OwnCluster {
  readonly aws: Aws
}

/** Starts Kubernetes and AWS at the same time; when one does not start, neither stays. */
export async function startRig(): Promise<OwnRig> {
  const folder = makeRunFolder('rig')
  const [cluster, localstack] = await bothOrNeither(
    startCluster({ folder }),
    startLocalStack(join(folder, 'localstack')),
  )
  return {
    ...cluster,
    aws: localstackAccount(localstack.endpoint),
    async stop() {
      await Promise.all([cluster.stop(), localstack.stop()])
    },
  }
}

/** What all tests of a run share. */
export interface SharedRig extends OwnRig {
  /** An AWS that enforces policies; `ministackAccount` opens an account of it. */
  readonly ministack: { readonly endpoint: string }
}

/** Starts what all tests of a run share: the rig, and beside it an AWS that enforces policies. */
export async function startSharedRig(): Promise<SharedRig> {
  const [rig, ministack] = await bothOrNeither(startRig(), startMinistack(makeRunFolder('ministack')))
  return {
    ...rig,
    ministack,
    async stop() {
      await Promise.all([rig.stop(), ministack.stop()])
    },
  }
}

export interface ClusterOptions {
  readonly folder?: string
  readonly apiServerArgs?: readonly string[]
}

export async function startCluster({ folder, ...options }: ClusterOptions = {}): Promise<OwnCluster> {
  const controlPlane = await startControlPlane(
    join(folder ?? makeRunFolder('cluster'), 'kubernetes'),
    options,
  )
  return {
    ...(await clusterAt(controlPlane.kubeconfigPath)),
    controlPlane,
    leaseNamespace: 'default',
    stop: () => controlPlane.stop(),
  }
}

/** A cluster that runs already. */
export async function clusterAt(kubeconfigPath: string): Promise<Cluster> {
  const { kubectl } = await kubernetesBinaries()
  return { kubeconfigPath, kubectl: makeKubectl(kubectl, kubeconfigPath) }
}

/** The account that LocalStack serves to everybody who does not ask for another one. */
export function localstackAccount(endpoint: string): Aws {
  return {
    endpoint,
    accountId: '000000000000',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
}

/** The account with this number as its root, to whom everything is allowed. Accounts need not be made. */
export function ministackAccount(endpoint: string, accountId: string): Aws {
  return {
    endpoint,
    accountId,
    region: 'us-east-1',
    credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
  }
}

interface Stoppable {
  stop(): Promise<void>
}

async function bothOrNeither<A extends Stoppable, B extends Stoppable>(
  a: Promise<A>,
  b: Promise<B>,
): Promise<[A, B]> {
  try {
    return await Promise.all([a, b])
  } catch (error) {
    const started = await Promise.allSettled<Stoppable>([a, b])
    await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.stop()))
    throw error
  }
}

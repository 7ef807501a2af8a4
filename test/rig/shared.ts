/**
 * How a test file comes by its cluster and its clouds.
 *
 * The runner starts one rig and tells the test files where it is; a file that is run alone starts its own.
 * Tests keep apart by namespaces and bucket names of their own (`uniqueName`).
 * Nothing needs to be stopped: what a test process started ends with it.
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { AzureFacade } from './azure-facade.ts'
import { startGcp } from './gcp.ts'
import type { GcpFacade } from './gcp-facade.ts'
import { startMinistack } from './ministack.ts'
import {
  type Cluster,
  clusterAt,
  localstackAccount,
  type OwnRig,
  type Rig,
  type SharedRig,
  startCluster,
  startRig,
} from './rig.ts'
import { makeRunFolder } from './run-folder.ts'

/** How the runner tells test processes about the rig that they share. */
export function sharedRigEnvironment({ kubeconfigPath, aws, ministack }: SharedRig): NodeJS.ProcessEnv {
  return {
    MOORING_TEST_KUBECONFIG: kubeconfigPath,
    MOORING_TEST_AWS_ENDPOINT: aws.endpoint,
    MOORING_TEST_MINISTACK_ENDPOINT: ministack.endpoint,
  }
}

/**
 * With TEST_CLUSTER=kind everybody gets the cluster of `make kind-e2e`, cleaned for whoever asks for one of their own, and
 * then one test file runs at a time. Loaded when it is asked for.
 */
const isKind = process.env.TEST_CLUSTER === 'kind'
const kindRig = async () => (await import('../kind/test-cluster.ts')).kindRig()

/** The shared cluster and AWS. */
export const rig = once(async (): Promise<Rig> => {
  if (isKind) return (await import('../kind/test-cluster.ts')).sharedKindRig()
  const { MOORING_TEST_KUBECONFIG: kubeconfig, MOORING_TEST_AWS_ENDPOINT: endpoint } = process.env
  if (!kubeconfig || !endpoint) return startRig()
  return { ...(await clusterAt(kubeconfig)), aws: localstackAccount(endpoint) }
})

/**
 * The shared AWS that enforces policies. Tests keep apart by accounts:
 * `ministackAccount((await ministack()).endpoint, uniqueAccountId())`.
 */
export const ministack = once(async (): Promise<{ readonly endpoint: string }> => {
  const endpoint = process.env.MOORING_TEST_MINISTACK_ENDPOINT
  return endpoint ? { endpoint } : startMinistack(makeRunFolder('ministack'))
})

/**
 * A Google Cloud for this test file alone: it starts in less than a second, and tests make it fail and count its
 * requests. Tests of one file keep apart by projects and buckets: `gcpAccount(await gcp(), uniqueName('project'))`.
 */
export const gcp = once((): Promise<GcpFacade> => startGcp(makeRunFolder('gcp')))

/**
 * An Azure for this test file alone, for the same reasons; it starts in a few seconds. Tests of one file keep apart by
 * subscriptions and storage accounts: `await azureAccount(await azure())`.
 */
export const azure = once(async (): Promise<AzureFacade> => {
  // Loaded when it is asked for: Azure's libraries would make every other test file slower.
  const { startAzure } = await import('./azure.ts')
  return startAzure(makeRunFolder('azure'))
})

/** The shared cluster, for tests that need no cloud: alone they start faster. */
export const cluster = once(async (): Promise<Cluster> => {
  if (isKind) return rig()
  const kubeconfig = process.env.MOORING_TEST_KUBECONFIG
  return kubeconfig ? clusterAt(kubeconfig) : startCluster()
})

/**
 * A cluster for this test file alone. Take it to stop and start the API server, and to run an operator: an operator
 * serves every namespace, so two of them in one cluster would do each other's work.
 */
export const ownCluster: typeof startCluster = isKind ? kindRig : startCluster

/** A cluster for this test file alone, with the shared AWS. */
export async function ownRig(): Promise<OwnRig> {
  if (isKind) return kindRig()
  const endpoint = process.env.MOORING_TEST_AWS_ENDPOINT
  return endpoint ? { ...(await startCluster()), aws: localstackAccount(endpoint) } : startRig()
}

/** A name that nobody else uses, fit for namespaces and buckets: `uniqueName('clips')` → `clips-1f6a09c2`. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

/** The number of an account that nobody else uses. */
export function uniqueAccountId(): string {
  return String(randomInt(1e11, 1e12))
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  const made: { value?: Promise<T> } = {}
  return () => {
    made.value ??= make()
    return made.value
  }
}

/** What the kind cluster cannot run of the integration tests, by name, with the reason. Everything else runs there unchanged. */

export interface Skipped {
  /** In test/integration/. */
  readonly file: string
  /** The names of the tests; without it, the whole file. */
  readonly tests?: RegExp
  readonly reason: string
}

const BENT =
  'it loads code into the operator’s process that bends its time, and the image runs nothing but its own'

export const SKIPPED: readonly Skipped[] = [
  { file: 'cluster-faults-leaders.test.ts', reason: BENT },
  { file: 'cluster-faults-stop.test.ts', reason: BENT },
  { file: 'cluster-faults-watch.test.ts', reason: BENT },
  {
    file: 'cluster-faults-answers.test.ts',
    tests: /^reads its token again when the old one is refused/,
    reason: 'it writes a new token into a file of the machine, and the pod has a copy',
  },
  {
    file: 'kube-rest.test.ts',
    tests: /^reads a list page by page/,
    reason: 'it counts ConfigMaps, and a controller manager puts one more into every namespace',
  },
  {
    file: 'kube-reflector.test.ts',
    tests: /^survives a restart of the API server by /,
    reason: 'the API server is a pod that the kubelet starts; the bare one shows it',
  },
  {
    file: 'scenarios-replicas.test.ts',
    tests: /^the API server goes and comes back/,
    reason: 'the API server is a pod that the kubelet starts; the bare one shows it',
  },
  {
    file: 'cluster-faults-answers.test.ts',
    tests: /^(outlives an etcd that is killed|ends when etcd stays away)/,
    reason: 'etcd is a pod that the kubelet starts; the bare one shows it',
  },
]

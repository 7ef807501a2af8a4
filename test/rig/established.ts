/** Waiting for the API server to serve kinds that were just applied. */
import type { Kubectl } from './kubectl.ts'
import { eventually } from './wait.ts'

/**
 * Waits until every CustomResourceDefinition that `what` names (a file, a folder, `crd/name`) is served. kubectl gives a
 * wait up at once where a definition is so new that its status has no conditions yet, so it is asked again then.
 */
export async function awaitEstablished(kubectl: Kubectl, ...what: readonly string[]): Promise<void> {
  await eventually(() => kubectl.must('wait', '--for=condition=Established', '--timeout=10s', ...what), {
    timeoutMs: 60_000,
  })
}

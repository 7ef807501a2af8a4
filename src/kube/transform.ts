import type { KubeObject } from './object.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * What a cache keeps of an object: all but managedFields and kubectl's last-applied copy, which are more than half of a
 * small object's size and which nothing here reads.
 */
export function withoutBookkeeping<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown }
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {}
  if (!metadata.annotations?.[lastApplied]) return { ...object, metadata }
  return { ...object, metadata: { ...metadata, annotations } }
}

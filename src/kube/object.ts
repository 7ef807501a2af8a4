/** The part of an object's metadata that Mooring reads. Times are RFC 3339 strings, as the API server sends them. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Anything that the API server stores under a name. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** The name by which caches and queues know an object: `namespace/name`, or `name` when it is cluster-scoped. */
export function keyOf(object: {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}): string {
  const { namespace, name } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}

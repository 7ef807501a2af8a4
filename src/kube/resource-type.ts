/** A kind as the API server addresses it. The core group is the empty string. */
export interface ResourceType {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** The `apiVersion` that objects of this type carry, such as `mooring.dev/v1alpha1`. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

/** The path of all objects of a type; in one namespace if it is named, otherwise in all of them. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${type.plural}`
}

/** The path of one object, or of one of its subresources. */
export function objectPath(
  type: ResourceType,
  object: { readonly name: string; readonly namespace?: string },
  subresource?: 'status',
): string {
  const path = `${collectionPath(type, object.namespace)}/${encodeURIComponent(object.name)}`
  return subresource ? `${path}/${subresource}` : path
}

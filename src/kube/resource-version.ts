/**
 * Whether one resource version of an object is newer than another of the same object. Kubernetes promises since 1.35 that
 * they are decimal numbers that grow; for anything else the answer is no. Restoring etcd from a backup turns them back,
 * so nothing but the guard around our own writes may depend on this.
 */
export function isNewer(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false
  return a.length === b.length ? a > b : a.length > b.length
}

const decimal = /^[1-9][0-9]*$/

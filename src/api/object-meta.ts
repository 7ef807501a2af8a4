/** The part of Kubernetes' metadata that Mooring reads or writes. */
export interface ObjectMeta {
  readonly name: string
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  /** Counts changes of spec. */
  readonly generation?: number
  readonly creationTimestamp: string
  /** Present once deletion was asked for. */
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

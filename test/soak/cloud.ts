import type { KubernetesObject } from '../rig/kubectl.ts'

/** One cloud of the soak: what is asked of it, what strangers do there, and what must be there in the end. */
export interface SoakCloud {
  readonly name: string
  /** The CloudAccount and its Secret. */
  readonly accounts: readonly KubernetesObject[]
  readonly integrations: readonly KubernetesObject[]
  /** What the operator needs around it to reach the cloud. */
  readonly environment: NodeJS.ProcessEnv
  /** An integration of a name that was not there before. */
  newcomer(n: number): KubernetesObject
  setFaults(rates: { readonly throttle: number; readonly loseAnswer: number }): void
  /** Resets every connection that the operator has to the cloud. */
  cut(): void
  /** A stranger undoes something of ours somewhere. */
  disturb(random: () => number): Promise<void>
  /** Integrations that lack what they asked for, in words. */
  unserved(objects: readonly KubernetesObject[]): Promise<string[]>
  /** Places where strangers' things are not what they were in the beginning, or where something of ours is; in words. */
  leftovers(): Promise<string[]>
  /** The same, but ours may be there. */
  damage(): Promise<string[]>
  stop(): Promise<void>
}

export const NAMESPACE = 'perception'

export function integration(name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace: NAMESPACE },
    spec,
  } as KubernetesObject
}

export function oneOf<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T
}

/** A place and what is wrong with it, if it is not as it was. */
export function different(place: string, now: unknown, before: unknown): string[] {
  return JSON.stringify(now) === JSON.stringify(before) ? [] : [place]
}

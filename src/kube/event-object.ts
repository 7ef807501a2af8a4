import { fitNote } from './event-note.ts'
import { microTime } from './micro-time.ts'
import type { KubeObject } from './object.ts'
import type { ResourceType } from './resource-type.ts'

/** Something that happened to an object, in words for people. */
export interface EventRecord {
  readonly object: KubeObject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, at most 128 characters. */
  readonly reason: string
  /** What was being done, CamelCase, at most 128 characters. */
  readonly action: string
  /** At most 1 kB; longer notes are cut. Must hold no secret. */
  readonly note: string
}

export const eventType: ResourceType = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
}

/** Events about cluster-scoped objects live in this namespace, as the API server demands. */
export function eventNamespace(object: KubeObject): string {
  return object.metadata.namespace ?? 'default'
}

/** Two records with the same key are one event that happened twice. */
export function eventKey(record: EventRecord): string {
  const { object, type, reason, action, note } = record
  return JSON.stringify([object.metadata.uid, type, reason, action, note])
}

/** The Event as it is sent. */
export function eventObject(
  record: EventRecord,
  made: {
    readonly name: string
    readonly when: Date
    readonly controller: string
    readonly instance: string
  },
): Readonly<Record<string, unknown>> {
  const { object, type, reason, action, note } = record
  const { name, namespace, uid, resourceVersion } = object.metadata
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: made.name, namespace: eventNamespace(object) },
    eventTime: microTime(made.when),
    reportingController: made.controller,
    reportingInstance: made.instance.slice(0, 128),
    action,
    reason,
    type,
    note: fitNote(note),
    regarding: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid, resourceVersion },
  }
}

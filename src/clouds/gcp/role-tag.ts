import type { Json } from '../../plan/json.ts'

/**
 * A custom role has no labels, so its description ends with the digits of the installation that made it:
 * `Reads objects for Segments.ai [mooring:6df046bd]`. https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.roles#Role
 */
const TAG = /\[mooring:([0-9a-f]{8})\]\s*$/

/** The digits in a description; undefined where it has none. */
export function tagIn(description: Json | undefined): string | undefined {
  return typeof description === 'string' ? TAG.exec(description)?.[1] : undefined
}

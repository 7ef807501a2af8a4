/** What the parts of the façade share: who asks for what, and the state that the emulator does not keep. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './gcp-answers.ts'
import type { GcpEmulator } from './gcp-emulator.ts'
import type { Pace } from './gcp-pace.ts'
import type { Caller, People } from './gcp-people.ts'

export type Json = Readonly<Record<string, unknown>>

/** A request that was understood, from somebody who is known. */
export interface Call {
  readonly operation: string
  readonly method: string
  /** With the query, as it came. */
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The body; empty where it is none of JSON. */
  readonly json: Json
  readonly caller: Caller
}

export type Serve = (world: World, call: Call) => Promise<Answer> | Answer

/** What the emulator forgets about a bucket. */
export interface BucketFacts {
  readonly projectId: string
  metageneration: number
}

export interface StoredRole {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly includedPermissions: readonly string[]
  readonly stage: string
  /** When it was deleted, in days before now; undefined while it is not deleted. */
  readonly deletedDaysAgo?: number
  readonly version: number
}

export interface World {
  readonly endpoint: string
  readonly emulator: GcpEmulator
  readonly people: People
  readonly pace: Pace
  readonly buckets: Map<string, BucketFacts>
  readonly roles: Map<string, StoredRole>
  readonly serviceAccounts: ServiceAccounts
  readonly impersonations: Impersonation[]
  /** The account that the metadata server gives tokens for. */
  readonly machine: { account: string | undefined }
  /** Principals whose changes are not counted by the pace: those who prepare a test. */
  readonly unpaced: Set<string>
}

export interface ServiceAccounts {
  /** Emails that exist although their project is `missing-project`. */
  readonly made: Set<string>
  /** Emails that do not exist. */
  readonly gone: Set<string>
  /** Public keys by key id. */
  readonly keys: Map<string, { readonly email: string; readonly publicKey: string }>
  /** Who may act as whom: `alice@example.com as robot@p.iam.gserviceaccount.com`. */
  readonly actors: Set<string>
}

export interface Impersonation {
  readonly by: string
  readonly as: string
  readonly scopes: readonly string[]
}

/** As in Google's answers: a field of a protobuf message that holds a number, `CAE=` for 1 and `CAI=` for 2. */
export function etagOf(version: number): string {
  const bytes = [8]
  let rest = version
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest]).toString('base64')
}

/** Every project has a number. https://cloud.google.com/resource-manager/docs/creating-managing-projects */
export function projectNumber(projectId: string): string {
  const sum = [...projectId].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 899_999_999, 7)
  return String(100_000_000_000 + sum)
}

/** Emails under this project are unknown until `createServiceAccount`. */
const missing = '@missing-project.iam.gserviceaccount.com'

export function serviceAccountExists({ serviceAccounts: { made, gone } }: World, email: string): boolean {
  return !gone.has(email) && (made.has(email) || !email.endsWith(missing))
}

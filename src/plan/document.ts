import type { Reason } from '../api/reasons.ts'

/** The kinds of shared document that Mooring merges into. A new kind adds its name here and its file in `clouds/`. */
export type DocumentName = 'BucketPolicy' | 'Cors'

/**
 * A shared cloud document taken apart: entries in the cloud's own order, and the envelope, which is everything
 * around them and is written back as it came.
 */
export interface Document<Entry = unknown> {
  readonly entries: readonly Entry[]
  readonly envelope: unknown
}

/** Why a document cannot take an entry: a limit of the cloud. */
export interface LimitBreach {
  readonly reason: Extract<Reason, 'PolicyTooLarge' | 'TooManyRules'>
  /** What is too much, with sizes: "22,114 of at most 20,480 bytes". */
  readonly detail: string
}

/**
 * What `plan/` must know of one kind of document; pure, and the only place where the kind's form is known.
 * Two entries with equal `meaning` do the same in the cloud, whatever their spelling.
 */
export interface DocumentKind<Entry = unknown> {
  readonly name: DocumentName
  /** For people: "bucket policy". */
  readonly label: string
  /** For people: "statement". */
  readonly entryLabel: string
  /** The place where an entry can carry a mark: Sid, rule ID. */
  mark(entry: Entry): string | undefined
  withMark(entry: Entry, mark: string): Entry
  /** Canonical text of the entry without its mark: order, string or one-element list, and letter case made one. */
  meaning(entry: Entry): string
  /** Canonical text of the whole entry, mark included; foreign entries are compared by it. */
  identity(entry: Entry): string
  /** The first limit that the document exceeds, or undefined. */
  breach(document: Document<Entry>): LimitBreach | undefined
  /** One line for people: "Allow s3:GetObject on …/* to arn:…". */
  summary(entry: Entry): string
}

import type { Reason } from '../api/reasons.ts'

/** The kinds of shared document that Mooring merges into. A new kind adds its name here and its file in `clouds/`. */
export type DocumentName = (typeof DOCUMENT_NAMES)[number]

/** In the order in which they are written: access before its trimmings. */
export const DOCUMENT_NAMES = [
  'IamRole',
  'RolePolicies',
  'CustomRole',
  'ServicePrincipal',
  'KeyPolicy',
  'BucketPolicy',
  'BucketIam',
  'RoleAssignments',
  'Cors',
  'Lifecycle',
] as const

/**
 * A shared cloud document taken apart: entries in the cloud's own order, and the envelope, which is everything
 * around them and is written back as it came.
 */
export interface Document<Entry = unknown> {
  readonly entries: readonly Entry[]
  readonly envelope: unknown
}

/** Why a document cannot take an entry: a limit of the cloud, or somebody else who has the place. */
export interface LimitBreach {
  readonly reason: Extract<
    Reason,
    | 'PolicyTooLarge'
    | 'TooManyRules'
    | 'Conflict'
    | 'UniformAccessNeeded'
    | 'AwaitingConsent'
    | 'RoleNotFound'
  >
  /** What is too much, with sizes: "22,114 of at most 20,480 bytes". Where nothing is too much: the whole sentence. */
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
  /**
   * True where the document has no room for marks, and the integrations' own ledgers say whose an entry is (ledger.ts). The
   * driver reads every entry once and without a mark, and writes entries of equal meaning as one.
   */
  readonly ledger?: true
  /**
   * True where equal entries of several owners are one thing in the cloud, each with its own mark elsewhere (tags): then an
   * orphan's entry satisfies nobody, since having one's own takes no room.
   */
  readonly shares?: true
  /**
   * True for a wanted entry whose like without a mark can only be Mooring's own that lost it: it is marked again, and not
   * taken for a stranger's, which would outlive the integration. Absent: none.
   */
  reclaims?(entry: Entry): boolean
  /**
   * True where the document itself shows that `found` is what Mooring made of the wanted entry for this mark, e.g. by a name that
   * follows from both: it is the owner's also where its ledger is lost, or where somebody changed it; and one that says the same
   * without that proof is a stranger's. Absent: nothing is proven, and the ledger alone counts.
   */
  proves?(wanted: Entry, mark: string, found: Entry, document: Document<Entry>): boolean
  /**
   * What an entry was before the cloud itself rewrote it, e.g. the living form of a deleted member: a ledger that lists
   * that one means this one, while that one is not in the document. Absent: no entry is ever rewritten.
   */
  former?(entry: Entry): Entry | undefined
  /**
   * Marked entries that stand in the cloud if the write of this document is cut short, though the document has none of them:
   * ledgers list them, so that they go at the next look. Absent: a write is whole or not done.
   */
  alongside?(document: Document<Entry>): readonly Entry[]
  /**
   * Fills in what a wanted entry leaves open: what the cloud has already, else `fresh` (128 random bits in hexadecimal
   * digits, the same throughout a pass). Absent: entries leave nothing open.
   */
  complete?(entry: Entry, document: Document<Entry>, fresh: string): Entry
  /**
   * Adds to a wanted entry those of the vendor's former principals that Mooring's own entry of this mark names already.
   * Absent: none are kept.
   */
  retain?(entry: Entry, document: Document<Entry>, mark: string, retiring: readonly string[]): Entry
  /**
   * Why a wanted entry cannot stand beside another one that stays, e.g. a second trust under one name; undefined when
   * it can. Absent: entries never clash.
   */
  clash?(wanted: Entry, other: Entry): string | undefined
}

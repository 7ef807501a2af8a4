import type { DocumentName } from '../plan/document.ts'
import type { DocumentPlan } from '../plan/plan-document.ts'
import type { ObservedDocument } from '../plan/plan-target.ts'

/**
 * The thing in a cloud that integrations share, e.g. a bucket. `key` is the queue key and the same for every
 * CloudAccount that reaches the same thing, so that one pass at a time touches it.
 */
export interface Target {
  readonly key: string
  readonly kind: 'S3Bucket'
  /** The cloud's own name, which takes part in ownership marks: s3://street-scenes. */
  readonly name: string
  readonly bucket: string
}

/** A read-only test of what was applied, as a browser or vendor would make it. Equal probes are tried once a pass. */
export interface Probe {
  readonly kind: 'CorsPreflight'
  readonly origin: string
  readonly method: string
  readonly requestHeaders: readonly string[]
}

/** One entry of status.checks. */
export interface CheckResult {
  readonly name: string
  readonly result: 'Passed' | 'Failed' | 'Unknown'
  readonly message: string
}

/**
 * One target, reached with one account's credentials. Every method throws FaultError (already translated: reason,
 * message naming the permission or field, retry class) and honours the abort signal and the fence.
 */
export interface TargetDriver {
  /** Reads every document of the target, in one read set. An absent document is an empty one. */
  observe(signal: AbortSignal): Promise<readonly ObservedDocument[]>
  /** Reads these documents again, e.g. after a write. */
  readBack(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]>
  /** Writes `plan.after` in one call; never deletes and puts. Call only when the plan has changes. */
  write(plan: DocumentPlan, signal: AbortSignal): Promise<void>
  /** What only the cloud knows of the target, as far as it was met: the bucket's own region. For placeholders. */
  facts(): Readonly<Record<string, string>>
  /** Tries one probe. Never throws for what the other side answers; `Unknown` when it could not be tried. */
  probe(probe: Probe, signal: AbortSignal): Promise<CheckResult>
}

/** Work with one CloudAccount; made once per account and content of its credentials. */
export interface CloudSession {
  /** Who we are there, e.g. the caller's ARN. Checks that the credentials belong to the account that spec names. */
  identity(signal: AbortSignal): Promise<string>
  /** Facts that recipes can name in placeholders. */
  readonly facts: { readonly accountId: string; readonly partition: string; readonly region: string }
  open(target: Target): TargetDriver
  close(): void
}

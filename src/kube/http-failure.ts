import { KubeError } from './kube-error.ts'

/** The part of the API server's Status object that is used. */
interface Status {
  readonly kind?: string
  readonly reason?: string
  readonly code?: number
  readonly message?: string
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly field?: string; readonly reason?: string }[]
  }
}

/** However long something before the API server asks to wait: who leads meanwhile would go by an old view of the cluster. */
const LONGEST_WAIT_S = 60

/** Answers whose messages speak of names and permissions only; others may quote fields of the object sent. */
const quotable = [401, 403, 404, 409, 410]

/** Reads an answer that is not a success; `retryAfter` is the header's value. */
export function httpFailure(what: string, status: number, body: string, retryAfter?: string): KubeError {
  return statusFailure(what, { ...parseStatus(body), code: status }, retryAfter)
}

/** Reads a Status object, as an answer or as the ERROR event of a watch. */
export function statusFailure(what: string, status: unknown, retryAfter?: string): KubeError {
  const { code = 0, reason, message, details } = (status ?? {}) as Status
  const named = reason || `Http${code}`
  const fields = (details?.causes ?? []).flatMap((cause) => cause.field ?? []).slice(0, 10)
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds ?? Number.NaN)
  return new KubeError({
    status: code,
    reason: named,
    message: `${what}: ${code} ${named}${detail(code, message, fields)}`,
    retryAfterMs:
      Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, LONGEST_WAIT_S) * 1_000 : undefined,
    fields,
  })
}

/** What the message may add: the server's own words where they are safe, else the names of the fields at fault. */
function detail(code: number, message: string | undefined, fields: readonly string[]): string {
  if (quotable.includes(code) && message) return `: ${message.slice(0, 500)}`
  return fields.length > 0 ? `: ${fields.join(', ')}` : ''
}

function parseStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body)
    const isStatus = typeof parsed === 'object' && parsed !== null && (parsed as Status).kind === 'Status'
    return isStatus ? (parsed as Status) : {}
  } catch {
    return {}
  }
}

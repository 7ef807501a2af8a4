import type { FaultError } from '../../api/fault.ts'
import { lostRace } from './document-faults.ts'
import { fault } from './fault-parts.ts'
import { type GcpCall, subjectOf } from './gcp-call.ts'
import type { GoogleError } from './google-error.ts'

/**
 * The id of a role that was deleted for good stays taken; it cannot be brought back any more, and no other made.
 * https://docs.cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role (7 days, then up to 30 more)
 * Said to another request, somebody deleted or restored the role since it was read.
 */
export function idTaken(error: GoogleError, call: GcpCall): FaultError {
  if (call.operation !== 'CreateRole') return lostRace(error, call)
  const message = `${subjectOf(call)} was deleted, and its id stays taken for up to 37 days: 7 in which it can be brought back (gcloud iam roles undelete), then 30 more. Wait until then, or apply the StorageVendor under another name and use that one: its role has another id; nothing was written.`
  return fault('Conflict', message)
}

import type { GcpOperation } from './gcp-operation.ts'

/** What was asked when an error came; the known parts that messages are built of. */
export interface GcpCall {
  readonly service: 'storage' | 'iam' | 'iamcredentials' | 'oauth2'
  readonly operation: GcpOperation
  /** The host that was asked: storage.googleapis.com. */
  readonly host: string
  readonly projectId: string
  /** Who asks, in words that stay the same after a restart. */
  readonly identity: string
  readonly bucket?: string
  /** `projects/perception-prod/roles/mooring_reader` */
  readonly role?: string
  /** E-mail of the service account that GenerateAccessToken asks for. */
  readonly serviceAccount?: string
}

/** For messages: `bucket "clips"`, `role projects/…`, `service account …`, `project "perception-prod"`. */
export function subjectOf({ bucket, role, serviceAccount, projectId }: GcpCall): string {
  if (role !== undefined) return `role ${role}`
  if (serviceAccount !== undefined) return `service account ${serviceAccount}`
  return bucket === undefined ? `project "${projectId}"` : `bucket "${bucket}"`
}

/** For messages: the service as people call it. */
export function serviceName({ service }: GcpCall): string {
  return SERVICE_NAMES[service]
}

const SERVICE_NAMES = {
  storage: 'Cloud Storage',
  iam: 'IAM',
  iamcredentials: 'IAM Credentials',
  oauth2: 'Google’s token service',
} as const

/** A Google Cloud for tests: gcp-storage-emulator with a façade in front of it that does what the real one does. */
import { startGcpEmulator } from './gcp-emulator.ts'
import { type GcpFacade, startGcpFacade } from './gcp-facade.ts'

/** Starts it with its files in `folder`. It begins empty, and what it is given ends with it. */
export async function startGcp(folder: string): Promise<GcpFacade> {
  const emulator = await startGcpEmulator(folder)
  try {
    return await startGcpFacade(emulator)
  } catch (error) {
    await emulator.stop()
    throw error
  }
}

/** A project of the test cloud, and somebody who may do everything in it. */
export interface GcpAccount {
  readonly endpoint: string
  readonly projectId: string
  readonly principal: string
  readonly accessToken: string
}

export interface GcpAccountOptions {
  /** Default: the service account `owner` of the project. */
  readonly principal?: string
  /** Changes by the principal do not use up what a bucket allows per second. Default: false. */
  readonly isUnpaced?: boolean
}

/** Projects need not be made. Two accounts with one project are two principals of it. */
export function gcpAccount(
  facade: GcpFacade,
  projectId: string,
  { principal = `owner@${projectId}.iam.gserviceaccount.com`, isUnpaced = false }: GcpAccountOptions = {},
): GcpAccount {
  facade.allow(principal, projectId, 'everything')
  if (isUnpaced) facade.setUnpaced(principal)
  return { endpoint: facade.endpoint, projectId, principal, accessToken: facade.token({ principal }) }
}

/**
 * A Google Cloud for tests: in front of gcp-storage-emulator it adds what the real one does and the emulator does not,
 * and it refuses what Google's discovery documents do not know. One port serves storage, IAM, impersonation, the token
 * endpoints and the metadata server. test/rig/gcp.test.ts shows what holds.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { freePort } from './free-port.ts'
import { makeDesk, type RequestRecord } from './gcp-desk.ts'
import { loadDiscovery } from './gcp-discovery.ts'
import type { GcpEmulator } from './gcp-emulator.ts'
import { type Hooks, makeHooks } from './gcp-hooks.ts'
import { makePace, type PaceLimits } from './gcp-pace.ts'
import { makePeople, type People } from './gcp-people.ts'
import { makeServiceAccountKey, type ServiceAccountKey } from './gcp-sign-in.ts'
import type { Impersonation, World } from './gcp-world.ts'

type Given = Pick<People, 'token' | 'revokeTokens' | 'allow' | 'deny' | 'undeny'> &
  Pick<Hooks, 'before' | 'after' | 'fail'>

export interface GcpFacade extends Given {
  readonly endpoint: string
  /** All that came, the refused ones included, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** How many requests of an operation came, as `storage.buckets.patch`; of one status alone, if that is named. */
  count(operation: string, status?: number): number
  /** How many requests were answered with the status. */
  answered(status: number): number
  /** What Google's discovery documents do not allow. Unless a test takes them out, its process fails. */
  readonly violations: string[]
  readonly impersonations: readonly Impersonation[]
  serviceAccountKey(email: string): ServiceAccountKey
  /** Every service account exists, but those of `missing-project` only once they are created. */
  createServiceAccount(email: string): void
  deleteServiceAccount(email: string): void
  allowImpersonation(principal: string, email: string): void
  /** The account that the metadata server gives tokens for; without one it refuses. */
  setMetadataAccount(email: string | undefined): void
  /** Changes of one bucket: `{ perSecond: 1, burst: 2 }` from the start. */
  setPace(limits: Partial<PaceLimits>): void
  /** Changes by this principal do not count: for strangers and for what a test prepares. */
  setUnpaced(principal: string): void
  /** Makes a deleted role older: after 7 days it cannot be undeleted, after 37 its name is free. */
  ageDeletedRole(name: string, days: number): void
  stop(): Promise<void>
}

/** Starts the façade in front of an emulator, which ends with it. It does not keep our process running. */
export async function startGcpFacade(emulator: GcpEmulator): Promise<GcpFacade> {
  const discovery = await loadDiscovery()
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const world = makeWorld(endpoint, emulator)
  const hooks = makeHooks()
  const desk = makeDesk(world, hooks, discovery)
  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => outgoing.destroy())
    desk.serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await listen(server, port)
  const { token, revokeTokens, allow, deny, undeny } = world.people
  const { before, after, fail } = hooks
  return {
    ...{ endpoint, token, revokeTokens, allow, deny, undeny, before, after, fail },
    ...{ requests: desk.requests, violations: desk.violations, impersonations: world.impersonations },
    count: (operation, status) =>
      desk.requests.filter((one) => one.operation === operation && (status ?? one.status) === one.status)
        .length,
    answered: (status) => desk.requests.filter((one) => one.status === status).length,
    ...settings(world),
    async stop() {
      await close(server)
      await emulator.stop()
    },
  }
}

function makeWorld(endpoint: string, emulator: GcpEmulator): World {
  return {
    ...{ endpoint, emulator, people: makePeople(), pace: makePace() },
    ...{ buckets: new Map(), roles: new Map(), impersonations: [], unpaced: new Set() },
    machine: { account: undefined },
    serviceAccounts: { made: new Set(), gone: new Set(), keys: new Map(), actors: new Set() },
  }
}

type Settings = Pick<
  GcpFacade,
  | 'serviceAccountKey'
  | 'createServiceAccount'
  | 'deleteServiceAccount'
  | 'allowImpersonation'
  | 'setMetadataAccount'
  | 'setPace'
  | 'setUnpaced'
  | 'ageDeletedRole'
>

function settings(world: World): Settings {
  const { made, gone, actors } = world.serviceAccounts
  return {
    serviceAccountKey: (email) => makeServiceAccountKey(world, email),
    createServiceAccount(email) {
      made.add(email)
      gone.delete(email)
    },
    deleteServiceAccount(email) {
      gone.add(email)
      world.people.revokeTokens(email)
    },
    allowImpersonation: (principal, email) => actors.add(`${principal} as ${email}`),
    setMetadataAccount(email) {
      world.machine.account = email
    },
    setPace: (limits) => world.pace.set(limits),
    setUnpaced: (principal) => world.unpaced.add(principal),
    ageDeletedRole(name, days) {
      const role = world.roles.get(name)
      if (role?.deletedDaysAgo === undefined) throw new Error(`${name} is not deleted.`)
      world.roles.set(name, { ...role, deletedDaysAgo: role.deletedDaysAgo + days })
    },
  }
}

/** Neither the server nor an idle client keeps our process running; connections are not kept, as with the emulator. */
async function listen(server: Server, port: number): Promise<void> {
  server.keepAliveTimeout = 1
  server.on('connection', (socket) => socket.unref())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

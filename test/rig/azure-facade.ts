/**
 * An Azure for tests: Resource Manager on Microsoft's fake servers, Entra ID, Graph, blob storage on Azurite and a
 * metadata service, each on an address of its own. test/rig/azure*.test.ts show what holds.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer } from 'node:https'
import type { Service } from './azure-answers.ts'
import type { Azurite } from './azure-azurite.ts'
import type { Certificates } from './azure-certificates.ts'
import { type Control, makeControl } from './azure-control.ts'
import { LOST, makeDesk, type RequestRecord } from './azure-desk.ts'
import { makeDirectory } from './azure-directory.ts'
import type { ResourceManager } from './azure-resource-manager.ts'
import { makeRights } from './azure-rights.ts'
import { type AzureWeather, makeWeather } from './azure-weather.ts'
import type { Endpoints, World } from './azure-world.ts'
import { freePort } from './free-port.ts'
import { type Hook, type Hooks, type Match, makeHooks } from './gcp-hooks.ts'

export interface AzureFacade extends Control, Pick<Hooks, 'before' | 'after' | 'fail'> {
  readonly endpoints: Endpoints
  /** For a process that is to trust the test cloud: `NODE_EXTRA_CA_CERTS`. This process trusts it already. */
  readonly environment: { readonly NODE_EXTRA_CA_CERTS: string }
  /** All that came, the refused ones included, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** How many requests of an operation came, as `RoleAssignments_Create`; of one status alone, if that is named. */
  count(operation: string, status?: number): number
  /** How many requests were answered with the status. */
  answered(status: number): number
  /** The next requests are carried out, and the connection is cut instead of an answer. */
  loseAnswer(times: number, match?: Match): Hook
  /** Shares of throttled requests and lost answers, of Resource Manager and Graph; both 0 in the beginning. */
  setWeather(rates: Partial<AzureWeather>): void
  /** What the test cloud cannot do. Unless a test takes them out, its process fails. */
  readonly violations: string[]
  stop(): Promise<void>
}

export interface FacadeParts {
  readonly certificates: Certificates
  readonly azurite: Azurite
  readonly manager: ResourceManager
}

/** For a façade whose clients are elsewhere: it listens everywhere, on ports from `firstPort` on, and they reach it at `host`. */
export interface AzurePlace {
  readonly host: string
  readonly firstPort: number
  /** The folder of a certificate for that host and for 127.0.0.1, with its authority. */
  readonly certificates: string
}

/** Starts the façade in front of its parts, which end with it. It does not keep our process running. */
export async function startAzureFacade(
  { certificates, azurite, manager }: FacadeParts,
  place?: AzurePlace,
): Promise<AzureFacade> {
  const { endpoints, world } = await makeWorld(azurite, manager, place)
  const hooks = makeHooks()
  const weather = makeWeather()
  const desk = makeDesk(world, hooks, weather)
  const tls = { key: readFileSync(certificates.keyFile), cert: readFileSync(certificates.certificateFile) }
  const servers = await Promise.all(
    SERVICES.map(async ([service, name]) => {
      const endpoint = endpoints[name]
      const take = (incoming: IncomingMessage, outgoing: ServerResponse) => {
        outgoing.on('error', () => outgoing.destroy())
        desk.serve(service, endpoint, incoming, outgoing).catch(() => outgoing.destroy())
      }
      const server = endpoint.startsWith('https:') ? createServer(tls, take) : createPlainServer(take)
      await listen(server, Number(new URL(endpoint).port), place ? '0.0.0.0' : '127.0.0.1')
      return server
    }),
  )
  const { before, after, fail } = hooks
  const { requests } = desk
  return {
    ...{ endpoints, before, after, fail, requests, violations: world.violations },
    ...makeControl(world),
    loseAnswer: (times, match) => fail(times, LOST, match),
    setWeather: weather.set,
    environment: { NODE_EXTRA_CA_CERTS: certificates.authorityFile },
    count: (operation, status) =>
      requests.filter((one) => one.operation === operation && (status ?? one.status) === one.status).length,
    answered: (status) => requests.filter((one) => one.status === status).length,
    async stop() {
      await Promise.all(servers.map(close))
      await Promise.all([azurite.stop(), manager.stop()])
    },
  }
}

const SERVICES: readonly (readonly [Service, keyof Endpoints])[] = [
  ['arm', 'resourceManager'],
  ['entra', 'authority'],
  ['graph', 'graph'],
  ['blob', 'blob'],
  ['metadata', 'metadata'],
]

async function makeWorld(
  azurite: Azurite,
  manager: ResourceManager,
  place?: AzurePlace,
): Promise<{ endpoints: Endpoints; world: World }> {
  const addresses = placesAt(place)
  const address = async (scheme = 'https') => `${scheme}://${await addresses()}`
  const endpoints: Endpoints = {
    ...{ resourceManager: await address(), authority: await address(), graph: await address() },
    ...{ blob: await address(), metadata: await address('http') },
  }
  const world: World = {
    ...{ endpoints, azurite, manager, directory: makeDirectory(), rights: makeRights() },
    ...{ subscriptions: new Map(), accounts: new Map(), beyondModels: new Map(), held: new Set() },
    settings: {
      holdsPrincipals: false,
      retryAfter: 1,
      goneScopes: 'missing',
      effectiveRoles: undefined,
      metadataClient: undefined,
    },
    violations: [],
  }
  return { endpoints, world }
}

/** Addresses that nobody has yet. */
function placesAt(place?: AzurePlace): () => Promise<string> {
  if (place === undefined) return async () => `127.0.0.1:${await freePort()}`
  const ports = Array.from({ length: SERVICES.length }, (_, n) => place.firstPort + n)
  return async () => `${place.host}:${ports.shift()}`
}

/** Neither the server nor an idle client keeps our process running. */
async function listen(server: Server, port: number, host: string): Promise<void> {
  server.keepAliveTimeout = 1
  server.on('connection', (socket) => socket.unref())
  server.listen(port, host)
  await once(server, 'listening')
  server.unref()
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

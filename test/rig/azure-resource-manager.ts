/** The process with Microsoft's fake servers: it keeps accounts, containers' models and role assignments. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import type { Answer } from './azure-answers.ts'
import { azureFacadeBinary } from './azure-binary.ts'
import { type Json, jsonIn } from './azure-incoming.ts'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { startServer } from './server.ts'

export interface Ask {
  /** As the generated servers name it: `BlobServicesClient.SetServiceProperties`. */
  readonly fake: string
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly tenantId: string
  readonly objectId: string
  readonly body: Buffer
}

/** https://learn.microsoft.com/en-us/rest/api/authorization/role-assignments/list-for-scope#roleassignment */
export interface RoleAssignment {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly scope: string
    readonly principalId: string
    readonly roleDefinitionId: string
    readonly principalType?: string
    readonly description?: string
  }
}

export interface RoleDefinition {
  readonly name: string
  readonly properties: {
    readonly roleName: string
    readonly permissions: readonly { readonly actions?: string[]; readonly dataActions?: string[] }[]
  }
}

export interface ResourceManager {
  ask(asked: Ask): Promise<Answer & { readonly json: Json }>
  /** What tests and the other services of the test cloud do behind its back: tools/azure-facade/control.go. */
  control(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Json>
  assignments(): Promise<readonly RoleAssignment[]>
  definitions(): Promise<readonly RoleDefinition[]>
  stop(): Promise<void>
}

/** Starts it with its log in `folder`. It begins empty. */
export async function startResourceManager(folder: string): Promise<ResourceManager> {
  const address = `127.0.0.1:${await freePort()}`
  const server = await startServer({
    name: 'azure-facade',
    command: await azureFacadeBinary(),
    args: ['-listen', address],
    cwd: folder,
    env: childEnvironment(folder),
    logFile: join(folder, 'azure-facade.log'),
    port: Number(address.split(':')[1]),
    async ready() {
      assert.equal((await fetch(`http://${address}/control/definitions`)).status, 200)
    },
  })
  const control: ResourceManager['control'] = async (method, path, body) => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`http://${address}/control/${path}`, { method, ...content })
    const text = await answer.text()
    assert.ok(answer.ok, `${method} /control/${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return {
    control,
    assignments: async () => Object.values(await control('GET', 'assignments')),
    definitions: async () => Object.values(await control('GET', 'definitions')),
    async ask({ fake, method, path, tenantId, objectId, body }) {
      const headers = {
        ...{ 'x-operation': fake, 'x-tenant': tenantId, 'x-principal': objectId },
        ...(body.length > 0 && { 'content-type': 'application/json' }),
      }
      const content = body.length > 0 ? { body: new Uint8Array(body) } : {}
      const answer = await fetch(`http://${address}${path}`, { method, headers, ...content })
      return { status: answer.status, json: jsonIn(Buffer.from(await answer.arrayBuffer())) }
    },
    async stop() {
      server.kill('SIGKILL') // it keeps nothing that would be worth a goodbye
      await server.stop()
    },
  }
}

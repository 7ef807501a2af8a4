/**
 * The test Azure as a server of its own, for a pod: everybody reaches it at `MOORING_TEST_HOST`, the address of a node, by node ports
 * from `MOORING_TEST_FIRST_PORT` on. It has one subscription with the storage account `streetscenes`, an operator's
 * application, and a vendor's application that nobody has installed yet. What a client needs to know is at
 * `http://…:first port + 5/`.
 */
import { createServer } from 'node:http'
import { azureAccount, startAzure } from '../rig/azure.ts'
import { makeRunFolder } from '../rig/run-folder.ts'

/** Segments.ai's Blob Link Service, as its page says. */
const SEGMENTS = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'

const { MOORING_TEST_HOST: host = '', MOORING_TEST_CERTIFICATES: certificates = '' } = process.env
const firstPort = Number(process.env.MOORING_TEST_FIRST_PORT)
const cloud = await startAzure(makeRunFolder('azure'), { host, firstPort, certificates })
const account = await azureAccount(cloud, { name: 'streetscenes' })
cloud.createApplication({ appId: SEGMENTS, displayName: 'Segments.ai Blob Link Service' })
await cloud.createServicePrincipal(account.tenantId, SEGMENTS)
await cloud.createContainer('streetscenes', 'images')

const server = createServer(async (_, response) => {
  const body = { ...account, violations: cloud.violations, requests: cloud.requests.length }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(firstPort + 5, '0.0.0.0')
console.log(JSON.stringify({ msg: 'The test Azure is up.', endpoints: cloud.endpoints }))

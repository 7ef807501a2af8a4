import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { DeleteRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetBucketCorsCommand, GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { iamRoot, refuseStrangeAnswers, s3Root } from './answer-form.ts'
import { startAnsweringServer } from './answering-server.ts'

const RULE = '<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>'
const ROLE = '<GetRoleResult><Role><RoleName>r</RoleName><Arn>a</Arn></Role></GetRoleResult>'

type Ask = (endpoint: string) => Promise<unknown>

const options = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  maxAttempts: 1,
})

const s3 =
  (command: GetBucketCorsCommand | GetBucketPolicyCommand): Ask =>
  (endpoint) => {
    const client = new S3Client({ ...options(endpoint), forcePathStyle: true })
    refuseStrangeAnswers(client, s3Root)
    return client.send(command as GetBucketCorsCommand)
  }
const iam =
  (command: GetRoleCommand | DeleteRoleCommand): Ask =>
  (endpoint) => {
    const client = new IAMClient(options(endpoint))
    refuseStrangeAnswers(client, iamRoot)
    return client.send(command as GetRoleCommand)
  }

const getCors = s3(new GetBucketCorsCommand({ Bucket: 'clips' }))
const getPolicy = s3(new GetBucketPolicyCommand({ Bucket: 'clips' }))
const getRole = iam(new GetRoleCommand({ RoleName: 'r' }))
const deleteRole = iam(new DeleteRoleCommand({ RoleName: 'r' }))

describe('a success of AWS', () => {
  const right: readonly (readonly [string, Ask, string])[] = [
    ['has its root element', getCors, `<CORSConfiguration>${RULE}</CORSConfiguration>`],
    [
      'may have a name space and a prolog',
      getCors,
      `<?xml version="1.0"?>\n<!-- c -->\n<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${RULE}</CORSConfiguration>\n`,
    ],
    ['may be JSON where it is a policy', getPolicy, '{}'],
    ['of IAM is named by its operation', getRole, `<GetRoleResponse>${ROLE}</GetRoleResponse>`],
    ['of IAM may say nothing more', deleteRole, '<DeleteRoleResponse></DeleteRoleResponse>'],
  ]
  for (const [name, ask, body] of right)
    it(name, async (test) => {
      const { endpoint } = await startAnsweringServer(test, () => ({ status: 200, body }))
      await ask(endpoint)
    })

  const wrong: readonly (readonly [string, Ask, number, string])[] = [
    ['is empty', getCors, 200, ''],
    ['says that there is nothing to say', getCors, 204, ''],
    ['is a page', getCors, 200, '<html></html>'],
    ['is JSON', getRole, 200, '{}'],
    ['is an answer to something else', getRole, 200, '<ListRolesResponse></ListRolesResponse>'],
    ['ends in the middle', getRole, 200, `<GetRoleResponse>${ROLE}`],
    ['says that something is deleted, and is a page', deleteRole, 200, '<html/>'],
  ]
  for (const [name, ask, status, body] of wrong)
    it(`is refused when it ${name}`, async (test) => {
      const { endpoint } = await startAnsweringServer(test, () => ({ status, body }))
      await assert.rejects(ask(endpoint), { name: 'StrangeAnswer' })
    })
})

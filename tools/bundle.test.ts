import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { callerIdentity, startAnsweringServer } from '../src/clouds/aws/answering-server.ts'
import { bundle, filesAtStart } from './bundle.ts'
import { bundledPackages, licenceText } from './bundled-licences.ts'

const repository = fileURLToPath(new URL('../', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'mooring-bundle-'))
const metafile = await bundle(folder)
after(() => rm(folder, { recursive: true }))

describe('the bundle', () => {
  it('runs without node_modules', async () => {
    const main = join(folder, 'main.mjs')
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--help'], { cwd: folder })
    assert.match(stdout, /^Usage: mooring/)
  })

  it('reads neither the kubeconfig reader nor the SDK of any cloud at start', () => {
    const atStart = filesAtStart(metafile).flatMap((file) =>
      Object.keys(metafile.outputs[file]?.inputs ?? {}),
    )
    assert.ok(atStart.includes('src/operator.ts'))
    const heavy = /node_modules\/(@kubernetes|@aws-sdk|@smithy|@google-cloud|@googleapis|@azure)\//
    assert.deepEqual(
      atStart.filter((file) => heavy.test(file)),
      [],
    )
  })

  it('can load every chunk that it leaves for later, with the names that are asked of it', async () => {
    const later = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint !== undefined)
    const chunks = later.map(([file]) => basename(file)).filter((name) => name !== 'main.mjs')
    assert.ok(chunks.length >= 3)
    for (const name of chunks) {
      const chunk = await import(join(folder, 'chunks', name))
      const names = Object.keys(chunk)
      // Google's libraries are CommonJS: their names are those of their default, and they are asked for there.
      const isCommon = names.join() === 'default' && ['function', 'object'].includes(typeof chunk.default)
      assert.ok(isCommon ? Object.keys(chunk.default).length > 0 : names.length > 0, name)
    }
  })

  it('signs in to Google by what the chunk of its library holds', async () => {
    const [file = ''] =
      Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
        entryPoint?.includes('/google-auth-library/'),
      ) ?? []
    const { default: library } = await import(join(folder, 'chunks', basename(file)))
    for (const name of ['GoogleAuth', 'AwsClient', 'IdentityPoolClient'])
      assert.equal(typeof library[name], 'function')
  })

  it('finds the identity of its pod by the SDK’s own chain, which is in chunks of its own', async (test) => {
    const keys = { AccessKeyId: 'a', SecretAccessKey: 's', Token: 't', Expiration: '2099-01-01T00:00:00Z' }
    const arn = 'arn:aws:sts::123456789012:assumed-role/mooring/pod'
    const { endpoint } = await startAnsweringServer(test, ({ url }) =>
      url === '/pod' ? { status: 200, body: JSON.stringify(keys) } : callerIdentity('123456789012', arn),
    )
    const [file = ''] = Object.entries(metafile.outputs).find(isSession) ?? []
    const { openAwsSession } = await import(join(folder, 'chunks', basename(file)))
    Object.assign(process.env, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/pod`,
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: folder,
    })
    const account = { accountId: '123456789012', region: 'eu-west-1', endpoint }
    const session = openAwsSession(account, 20, undefined, { fence: nothing, onCall: nothing })
    assert.equal(await session.identity(test.signal), arn)
    session.close()
  })

  it('names no file of this machine', () => {
    const inputs = Object.keys(metafile.inputs)
    assert.deepEqual(
      inputs.filter((file) => file.startsWith('/') || file.startsWith('..')),
      [],
    )
  })

  it('takes code only from packages whose licence is known, and carries their texts', async () => {
    const packages = await bundledPackages(repository, metafile)
    const allowed = /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|Unlicense)\)?$/
    assert.deepEqual(
      packages.filter(({ licence }) => !allowed.test(licence)),
      [],
    )
    const undici = packages.find(({ name }) => name === 'undici')
    assert.ok(undici)
    assert.match(licenceText(undici), /Permission is hereby granted/)
  })
})

function isSession([, { entryPoint }]: [string, { readonly entryPoint?: string }]): boolean {
  return entryPoint === 'src/clouds/aws/session.ts'
}

const nothing = (): void => undefined

/** The CRDs, the catalogue and the examples before a real API server. */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { repository } from '../rig/cache.ts'
import { installCrds } from '../rig/install.ts'
import type { Kubectl } from '../rig/kubectl.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { ACCEPTED, FORBIDDEN_CHANGES } from './crds-accepted.ts'
import {
  access,
  accountOf,
  aws,
  bucketPolicy,
  integrationOf,
  namespace,
  type Spec,
  s3,
  vendorOf,
} from './crds-objects.ts'
import { REFUSALS } from './crds-refused.ts'
import { REFUSED_VENDORS } from './crds-refused-vendors.ts'

interface Named {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const renamed = (object: object, name: string): Named & object => {
  const { kind, metadata } = object as Named
  return { ...object, kind, metadata: { ...metadata, name } }
}

/** A few kubectl processes at a time: each is short, and mostly waits. */
const concurrency = 4

describe('custom resource definitions', () => {
  const shared: { kubectl?: Kubectl } = {}
  const kubectl = (): Kubectl => {
    assert.ok(shared.kubectl)
    return shared.kubectl
  }

  before(async () => {
    shared.kubectl = (await cluster()).kubectl
    await installCrds(kubectl())
    await kubectl().must('create', 'namespace', namespace)
  })

  const refuses = async (object: object, says: readonly string[], ...flags: string[]) => {
    const { code, stderr } = await kubectl().tryApply(object, ...flags)
    assert.notEqual(code, 0, 'it was accepted')
    for (const piece of says) assert.ok(stderr.includes(piece), `expected "${piece}" in:\n${stderr}`)
  }

  describe('refuse, naming field and remedy', { concurrency }, () => {
    for (const [name, { object, says }] of Object.entries({ ...REFUSALS, ...REFUSED_VENDORS })) {
      test(name, () => refuses(object, says, '--dry-run=server'))
    }
  })

  describe('accept', { concurrency }, () => {
    for (const [name, object] of Object.entries(ACCEPTED)) {
      test(name, async () => {
        await kubectl().apply(object, '--dry-run=server')
      })
    }
  })

  describe('refuse a change to', { concurrency }, () => {
    for (const [name, { from, to, says }] of Object.entries(FORBIDDEN_CHANGES)) {
      test(name, async () => {
        const own = uniqueName('change')
        await kubectl().apply(renamed(from, own))
        await refuses(renamed(to, own), says)
      })
    }
  })

  test('what may change, may: access, parameters, mode, deletion policy, expiry, suspension', async () => {
    const object = (spec: Spec) => integrationOf({ vendor: 'v', s3, ...spec }, 'changing')
    await kubectl().apply(object({}))
    await kubectl().apply(object({ access: 'Read', parameters: { a: 'b' }, mode: 'Plan' }))
    await kubectl().apply(
      object({ deletionPolicy: 'Retain', expiresAt: '2027-03-01T00:00:00+01:00', suspend: true }),
    )
    const stored = await kubectl().get('si', 'changing', '-n', namespace)
    assert.deepEqual(stored.spec, {
      vendor: 'v',
      s3,
      deletionPolicy: 'Retain',
      expiresAt: '2027-03-01T00:00:00+01:00',
      suspend: true,
    })
  })

  test('an integration is stored as it was written: nothing is filled in', async () => {
    const object = integrationOf({ vendor: 'v', s3 }, 'as-written')
    await kubectl().apply(object)
    assert.deepEqual((await kubectl().get('si', 'as-written', '-n', namespace)).spec, object.spec)
  })

  test('an account may leave its region for another one of its partition', async () => {
    const name = uniqueName('moving')
    await kubectl().apply(accountOf({ aws }, name))
    await kubectl().apply(
      accountOf(
        { aws: { ...aws, region: 'us-east-1', partition: 'aws' }, allow: [{ namespaces: ['a'] }] },
        name,
      ),
    )
  })

  test('the vendor schema can say what the most different vendors need', async () => {
    const text = await readFile(join(repository, 'test/integration/vendor-sketches.yaml'), 'utf8')
    for (const [sentence, spec] of Object.entries(parse(text) as Record<string, Spec>)) {
      const { code, stderr } = await kubectl().tryApply(vendorOf(spec), '--dry-run=server')
      assert.equal(code, 0, `${sentence}: ${stderr}`)
    }
  })

  test('the examples of docs/vendors.md are accepted', async () => {
    const text = await readFile(join(repository, 'docs/vendors.md'), 'utf8')
    const examples = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => parse(yaml))
    assert.deepEqual(
      examples.map(({ kind }) => kind),
      ['StorageVendor', 'StorageIntegration'],
    )
    await kubectl().run(['create', 'namespace', 'perception'])
    for (const example of examples) await kubectl().apply(example, '--dry-run=server')
  })

  test('the catalogue and the examples apply, and a second time change nothing', async () => {
    await kubectl().run(['create', 'namespace', 'perception'])
    const files = ['-f', 'deploy/vendors', '-f', 'deploy/examples'].map((part) =>
      part.startsWith('deploy') ? join(repository, part) : part,
    )
    await kubectl().must('apply', ...files)
    const again = (await kubectl().must('apply', ...files)).trim().split('\n')
    assert.ok(again.length >= 4)
    for (const line of again) assert.match(line, / unchanged$/)
  })

  test('server-side apply of the catalogue a second time changes nothing either', async () => {
    const files = join(repository, 'deploy/vendors')
    const flags = ['apply', '--server-side', '--force-conflicts', '-f', files, '-o', 'json']
    const first = await kubectl().must(...flags)
    assert.equal(resourceVersion(await kubectl().must(...flags)), resourceVersion(first))
  })

  test('kubectl explain tells what a field means', async () => {
    const explained = await kubectl().must('explain', 'si.spec.s3.prefix')
    assert.match(explained, /Limits access to keys that begin with this/)
    assert.match(explained, /Absent:\s+the whole bucket/)
  })

  test('kubectl get prints what people look for', async () => {
    await kubectl().apply(integrationOf({ vendor: 'segments-ai', s3, mode: 'Enforce' }, 'printed'))
    await patchStatus(kubectl(), {
      observedGeneration: 1,
      storage: 's3://clips/',
      conditions: [
        condition('Ready', 'False', 'BucketNotFound', 'bucket "clips" does not exist'),
        condition('Verified', 'Unknown', 'NotApplied', 'nothing to verify'),
      ],
    })
    const line = await row(kubectl(), 'si', 'printed', '-n', namespace)
    assert.match(line.header, /^NAME +VENDOR +STORAGE +READY +REASON +AGE$/)
    assert.match(line.body, /^printed +segments-ai +s3:\/\/clips\/ +False +BucketNotFound +\S+$/)
    const wide = await row(kubectl(), 'si', 'printed', '-n', namespace, '-o', 'wide')
    assert.match(wide.header, /AGE +ACCOUNT +MODE +VERIFIED +MESSAGE$/)
    assert.match(wide.body, /Enforce +Unknown +bucket "clips" does not exist$/)
  })

  test('kubectl get prints vendors and accounts', async () => {
    await kubectl().apply(vendorOf({ access, s3: { bucketPolicy } }, 'printed'))
    const name = uniqueName('printed')
    await kubectl().apply(accountOf({ aws }, name))
    assert.match(
      (await row(kubectl(), 'storagevendor', 'printed')).header,
      /^NAME +DISPLAY NAME +READY +REASON +REVISION +AGE$/,
    )
    assert.match((await row(kubectl(), 'cloudaccount', name)).header, /^NAME +IDENTITY +READY +REASON +AGE$/)
  })

  test('kubectl get mooring lists what belongs together', async () => {
    const listed = await kubectl().must('get', 'mooring', '-n', namespace, '-o', 'name')
    assert.match(listed, /^storageintegration\.mooring\.dev\//m)
    assert.match(listed, /^cloudaccount\.mooring\.dev\//m)
  })

  test('kubectl wait sees the Ready condition', async () => {
    await kubectl().must(
      'wait',
      '--for=condition=Ready=False',
      'si/printed',
      '-n',
      namespace,
      '--timeout=10s',
    )
  })

  test('spec is not changed by a write to status, nor status by a write to spec', async () => {
    const patch = JSON.stringify({ spec: { suspend: true }, status: { storage: 's3://elsewhere/' } })
    await kubectl().must('patch', 'si', 'printed', '-n', namespace, '--type=merge', '-p', patch)
    const { spec, status } = await kubectl().get('si', 'printed', '-n', namespace)
    assert.equal(spec.suspend, true)
    assert.equal(status.storage, 's3://clips/')
  })
})

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: '2026-11-22T00:00:00Z',
})

async function patchStatus(kubectl: Kubectl, status: object): Promise<void> {
  const patch = JSON.stringify({ status })
  const which = ['si', 'printed', '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]
  await kubectl.must('patch', ...which)
}

async function row(kubectl: Kubectl, ...args: string[]): Promise<{ header: string; body: string }> {
  const [header = '', body = ''] = (await kubectl.must('get', ...args)).split('\n')
  return { header: header.trimEnd(), body: body.trimEnd() }
}

const resourceVersion = (json: string): string =>
  (JSON.parse(json) as { metadata: { resourceVersion: string } }).metadata.resourceVersion

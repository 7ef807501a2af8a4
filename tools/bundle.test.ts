import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
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

  it('can load every chunk that it leaves for later', async () => {
    const later = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint !== undefined)
    const chunks = later.map(([file]) => basename(file)).filter((name) => name !== 'main.mjs')
    assert.ok(chunks.length >= 5)
    for (const name of chunks) assert.ok(await import(join(folder, 'chunks', name)), name)
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

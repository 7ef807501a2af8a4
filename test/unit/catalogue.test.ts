/** What holds for every recipe that is shipped, and for the example that people copy. What they make: golden-plans.test.ts. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageIntegration } from '../../src/api/generated/storage-integration.ts'
import type { StorageVendor } from '../../src/api/generated/storage-vendor.ts'
import { PLACEHOLDERS, placeholdersIn } from '../../src/vendors/placeholders.ts'
import { recipeFaults } from '../../src/vendors/recipe-faults.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import type { Selectable } from '../../src/vendors/when.ts'
import { repository } from '../rig/cache.ts'
import { anAccount, anInput, anIntegration, given } from './things.ts'

const yamlIn = (folder: string): string[] =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
const textOf = (file: string): string => readFileSync(join(repository, file), 'utf8')

/** Placeholders that have a value in one cloud, or once the cloud has answered. */
const LATER = [
  ...['role.arn', 'role.name', 'projectId', 'projectNumber', 'location'],
  ...['tenantId', 'subscriptionId', 'resourceGroup', 'storageAccount', 'container', 'blobEndpoint'],
]
const files = yamlIn('deploy/vendors')
const shipped = files.map((file): StorageVendor => parse(textOf(`deploy/vendors/${file}`)))
const page = textOf('docs/vendors.md')
const [example, trial] = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => parse(yaml)) as [
  StorageVendor,
  StorageIntegration,
]

describe('a recipe', () => {
  for (const vendor of [...shipped, example]) {
    const { name } = vendor.metadata
    it(`${name} is sound`, () => assert.deepEqual(recipeFaults(vendor.spec), []))

    it(`${name} tells only of parameters that always have a value`, () => {
      const always = (vendor.spec.parameters ?? []).filter(({ required }) => required)
      const told = [vendor.spec.s3, vendor.spec.gcs, vendor.spec.azureBlob].flatMap((recipe) => [
        recipe?.nextStep ?? '',
        ...(recipe?.outputs ?? []).map(({ value }) => value),
      ])
      const named = told
        .flatMap(placeholdersIn)
        .filter((placeholder) => placeholder.startsWith('parameters.'))
      assert.deepEqual(
        named.filter((placeholder) => !always.some((p) => placeholder === `parameters.${p.name}`)),
        [],
      )
    })

    it(`${name} asks only for values that its parameters can have`, () => {
      const impossible = entriesIn(vendor.spec).flatMap(({ when = {} }) => {
        const parameter = vendor.spec.parameters?.find((p) => p.name === when.parameter)
        const asked = [...(when.values ?? []), ...(when.exceptValues ?? [])]
        return asked.filter((value) => parameter?.allowedValues?.includes(value) !== true)
      })
      assert.deepEqual(impossible, [])
    })
  }

  it('cloudflare-logpush grants nothing in China and GovCloud, where its user cannot be named', () => {
    const vendor = shipped.find(({ metadata }) => metadata.name === 'cloudflare-logpush')
    const parameters = given({ unfinishedUploads: 'Abort' })
    for (const region of ['cn-north-1', 'us-gov-west-1']) {
      const account = anAccount({ aws: { accountId: '123456789012', region } })
      const integration = anIntegration({ vendor: 'cloudflare-logpush' })
      const { fault, claims } = resolve(anInput({ vendor, account, integration, parameters }))
      assert.deepEqual([fault?.reason, claims.flatMap(({ entries }) => entries)], ['InvalidSpec', []])
    }
  })

  it('is in a file of its own name, and in the list for kustomizations', () => {
    assert.deepEqual(
      shipped.map(({ metadata }) => `${metadata.name}.yaml`),
      files,
    )
    assert.deepEqual(parse(textOf('deploy/vendors/Kustomization')).resources, files)
  })
})

describe('an example integration', () => {
  const examples = yamlIn('deploy/examples')
    .map((file): [string, StorageIntegration] => [file, parse(textOf(`deploy/examples/${file}`))])
    .filter(([, { kind }]) => kind === 'StorageIntegration')

  for (const [file, { spec }] of [...examples, ['docs/vendors.md', trial] as const]) {
    it(`${basename(file)} asks for what its vendor knows`, () => {
      const vendor = [...shipped, example].find(({ metadata }) => metadata.name === spec.vendor)
      assert.ok(vendor, `there is no ${spec.vendor}`)
      assert.ok(vendor.spec.access.some(({ name }) => name === spec.access))
      const known = (vendor.spec.parameters ?? []).map(({ name }) => name)
      assert.deepEqual(
        Object.keys(spec.parameters ?? {}).filter((name) => !known.includes(name)),
        [],
      )
    })
  }
})

describe('docs/vendors.md', () => {
  it('lists the placeholders that there are', () => {
    const [, chapter = ''] = page.split('### Placeholders')
    const cells = [...(chapter.split('\n#')[0] ?? '').matchAll(/^\| (`\$.*?) +\|/gm)].map(
      ([, cell = '']) => cell,
    )
    assert.deepEqual(
      cells.flatMap(placeholdersIn).sort(),
      [...PLACEHOLDERS, ...LATER, 'parameters.externalId'].sort(),
    )
  })
})

/** Everything in a recipe that may be left out. */
function entriesIn(value: unknown): Selectable[] {
  if (typeof value !== 'object' || value === null) return []
  return [...('when' in value ? [value as Selectable] : []), ...Object.values(value).flatMap(entriesIn)]
}

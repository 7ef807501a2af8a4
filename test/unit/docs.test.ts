/** What people read, held against what is there. */
import { strict as assert } from 'node:assert'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { REASONS } from '../../src/api/reasons.ts'
import {
  bucketPolicyKind,
  decodeBucketPolicy,
  encodeBucketPolicy,
} from '../../src/clouds/aws/bucket-policy.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { SETTINGS, variableOf } from '../../src/settings.ts'
import { s3Claims } from '../../src/vendors/s3-claims.ts'
import { PAGES } from '../../tools/generate-docs.ts'
import { repository } from '../rig/cache.ts'
import { isShipped, sourceFiles } from './source-files.ts'

interface Page {
  readonly file: string
  readonly text: string
}

/** README.md, if it is written yet, and docs/. */
const pages: readonly Page[] = await Promise.all(
  (await filesOf('README.md', 'docs/**/*.md')).map(async (file) => ({ file, text: await textOf(file) })),
)
const guides = pages.filter(({ file }) => !file.startsWith('docs/decisions/'))

describe('a generated page', () => {
  for (const { file, text } of PAGES) {
    it(`${file} says what the code says`, async () => {
      assert.ok(
        (await textOf(file)) === text,
        `${file} is stale: run \`npm run generate\` and commit the result`,
      )
    })
  }
})

describe('the table of reasons', () => {
  it('has none that nothing in src/ gives', async () => {
    const others = (await sourceFiles('src')).filter(
      (file) => isShipped(file) && file.path !== 'src/api/reasons.ts',
    )
    const code = others.map((file) => file.code).join('\n')
    assert.deepEqual(
      Object.keys(REASONS).filter((reason) => !code.includes(`'${reason}'`)),
      [],
    )
  })
})

describe('every page', () => {
  it('links only to files that exist, and to headings that they have', async () => {
    const broken = await Promise.all(
      pages.flatMap(({ file, text }) => linksIn(text).map((link) => brokenLink(file, link))),
    )
    assert.deepEqual(broken.flat(), [])
  })

  it('names only folders and files of the project that exist', () => {
    const named = /(?<![\w/.@-])(?:\.\/)?((?:deploy|crds|docs|src|tools|test)\/[\w./-]*)/g
    const missing = guides.flatMap(({ file, text }) =>
      [...withoutLinks(text).matchAll(named)]
        .map(([, path = '']) => path.replace(/[.]+$/, ''))
        .filter((path) => !existsSync(join(repository, path)))
        .map((path) => `${file}: ${path}`),
    )
    assert.deepEqual(missing, [])
  })

  it('tells only of make targets and npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await textOf('package.json'))
    const targets = [...(await textOf('Makefile')).matchAll(/^([a-z0-9-]+):/gm)].map(([, name = '']) => name)
    assert.deepEqual(
      wordsAfter('make').filter((name) => !targets.includes(name)),
      [],
    )
    assert.deepEqual(
      wordsAfter('npm run').filter((name) => !(name in scripts)),
      [],
    )
  })

  it('tells only of settings that exist', () => {
    const variables = [...SETTINGS.map(({ flag }) => variableOf(flag)), 'MOORING_KEEP_LOGS']
    const named = guides.flatMap(({ text }) =>
      [...text.matchAll(/MOORING_[A-Z_]+[A-Z]/g)].map(([name]) => name),
    )
    assert.deepEqual(
      named.filter((name) => !variables.includes(name)),
      [],
    )
  })

  it('tells only of reasons that exist, where it tells of reasons', async () => {
    const rows = [...(await textOf('docs/troubleshooting.md')).matchAll(/^\| (`[A-Z].*?) \|/gm)].map(
      ([, cell = '']) => cell,
    )
    const named = rows.flatMap((cell) =>
      [...cell.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name),
    )
    const known = [...Object.keys(REASONS), 'DriftRepaired', 'CorsConfigured']
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
    assert.ok(named.length > 10)
  })
})

describe('docs/aws-permissions.md', () => {
  it('asks for exactly what the code can call', async () => {
    const text = await textOf('src/clouds/aws/iam-action.ts')
    const called = [...text.matchAll(/^ {2}\w+: '([a-z0-9]+:\w+)'/gm)].map(([, action = '']) => action)
    const free = ['sts:GetCallerIdentity', 'sts:AssumeRoleWithWebIdentity']
    const alongside = ['iam:TagPolicy'] // CreatePolicy is refused without it, since what is made gets tags
    const policies = jsonBlocks(await textOf('docs/aws-permissions.md')).flatMap(({ Statement }) => Statement)
    const asked = policies.filter(({ Principal }) => Principal === undefined).flatMap(({ Action }) => Action)
    assert.ok(called.length >= 8)
    const needed = [...new Set(called)].filter((action) => !free.includes(action))
    assert.deepEqual([...new Set(asked)].sort(), [...needed, ...alongside].sort())
  })
})

describe('docs/concepts.md', () => {
  it('shows what Mooring would really make of the example’s policy', async () => {
    const [before, after] = jsonBlocks(await textOf('docs/concepts.md'))
    assert.deepEqual(JSON.parse((await policyAfter(JSON.stringify(before))) ?? ''), after)
  })
})

/** What the plan makes of a policy for the example integration, with an installation of its own. */
async function policyAfter(policy: string): Promise<string | undefined> {
  const { metadata, spec } = parse(await textOf('deploy/examples/storageintegration-segments-ai.yaml'))
  const vendor = parse(await textOf(`deploy/vendors/${spec.vendor}.yaml`))
  const values = { partition: 'aws', accountId: '123456789012', region: 'eu-west-1', ...spec.s3, ...metadata }
  const { entries } = s3Claims(vendor.spec.s3, { access: spec.access, values, awaiting: [] })
  const owner = `${metadata.namespace}/${metadata.name}`
  const plan = planTarget({
    installation: '9e1c6f5a-0c1d-4a57-8a35-2f6f4f0f7a11',
    target: `s3://${spec.s3.bucket}`,
    fresh: '',
    documents: [{ kind: bucketPolicyKind, document: decodeBucketPolicy(policy) }] as never,
    participants: [{ owner, stance: 'Wants', entries }],
  })
  return encodeBucketPolicy(plan.documents[0]?.after as never)
}

async function filesOf(...patterns: string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob(patterns, { cwd: repository })) files.push(file)
  return files.sort()
}

function textOf(file: string): Promise<string> {
  return readFile(join(repository, file), 'utf8')
}

/** Policies of the page, in order. */
function jsonBlocks(
  text: string,
): { readonly Statement: { Principal?: unknown; Action: string | string[] }[] }[] {
  return [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => JSON.parse(json))
}

function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
}

function withoutLinks(text: string): string {
  return text.replace(/\]\([^)\s]+\)/g, ']').replace(/https?:\S+/g, '')
}

async function brokenLink(file: string, link: string): Promise<string[]> {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? file : join(dirname(file), path)
  if (!existsSync(join(repository, target))) return [`${file}: ${link}`]
  if (heading === undefined) return []
  const headings = [...(await textOf(target)).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    anchorOf(title),
  )
  return headings.includes(heading) ? [] : [`${file}: ${link}`]
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

/** What follows a command in code: a block's line, or code within a sentence. */
function wordsAfter(command: string): string[] {
  const all = guides.map((page) => page.text).join('\n')
  return [...all.matchAll(new RegExp(`(?:^\\s*|\`)${command} ([a-z][a-z0-9-]*)`, 'gm'))].map(
    ([, word = '']) => word,
  )
}

import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { generateTypes, KINDS } from '../../tools/generate-types.ts'

const repository = new URL('../../', import.meta.url)

for (const kind of KINDS) {
  test(`${kind.file} says what ${kind.crd} says`, async () => {
    const crd = await readFile(new URL(kind.crd, repository), 'utf8')
    const committed = await readFile(new URL(kind.file, repository), 'utf8')
    const fresh = await generateTypes(kind, crd)
    assert.ok(committed === fresh, `${kind.file} is stale: run \`npm run generate\` and commit the result`)
  })
}

test('a name for a place that the CRD does not have is refused, so that the map cannot rot', async () => {
  const [kind] = KINDS
  assert.ok(kind)
  const crd = await readFile(new URL(kind.crd, repository), 'utf8')
  const wrong = { ...kind, names: { ...kind.names, 'spec.nowhere': 'Nowhere' } }
  await assert.rejects(generateTypes(wrong, crd), /no such place in the CRD: spec\.nowhere/)
})

test('every field and every list in the generated types is readonly', async () => {
  for (const { file } of KINDS) {
    const source = await readFile(new URL(file, repository), 'utf8')
    const fields = source.split('\n').filter((line) => /^\s+[A-Za-z[][^*]*: /.test(line))
    assert.ok(fields.length > 0)
    for (const field of fields) {
      assert.match(field, /^\s+readonly /, `${file}: ${field}`)
      if (field.includes('[]')) assert.match(field, /: readonly /, `${file}: ${field}`)
    }
  }
})

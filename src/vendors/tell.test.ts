/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Tell, tell } from './tell.ts'

const outputs = [
  { name: 'roleArn', label: 'Role ARN', value: '${role.arn}' },
  { name: 'externalId', label: 'External ID', value: '${parameters.externalId}' },
  { name: 'region', label: 'Region', value: '${region}' },
]
const telling = (parts: Partial<Tell> = {}): Tell => ({
  outputs,
  values: { 'role.arn': 'arn:as-asked', region: 'eu-west-1', 'parameters.externalId': 'id-1' },
  ...parts,
})

describe('what the user is told', () => {
  const cases: readonly (readonly [string, Tell, Readonly<Record<string, string>>, object])[] = [
    [
      'is what was asked for',
      telling(),
      {},
      { roleArn: 'arn:as-asked', externalId: 'id-1', region: 'eu-west-1' },
    ],
    [
      'is what the cloud has, where it has something else',
      telling(),
      { 'role.arn': 'arn:as-found', region: 'us-east-1' },
      { roleArn: 'arn:as-found', externalId: 'id-1', region: 'us-east-1' },
    ],
    [
      'is that Mooring will choose, before it is applied',
      telling({ generated: 'externalId' }),
      {},
      { roleArn: 'arn:as-asked', externalId: '(chosen when it is applied)', region: 'eu-west-1' },
    ],
    [
      'is what Mooring chose, once the cloud has it',
      telling({ generated: 'externalId' }),
      { generated: 'made' },
      { roleArn: 'arn:as-asked', externalId: 'made', region: 'eu-west-1' },
    ],
    [
      'is no value that the user gave, where Mooring has one of another integration',
      telling(),
      { generated: 'somebody else’s' },
      { roleArn: 'arn:as-asked', externalId: 'id-1', region: 'eu-west-1' },
    ],
    [
      'is no output that holds a hidden value',
      telling({ hidden: ['parameters.externalId'] }),
      {},
      { roleArn: 'arn:as-asked', region: 'eu-west-1' },
    ],
    [
      'is no output that waits for the vendor',
      telling({ awaiting: ['parameters.externalId'] }),
      {},
      { roleArn: 'arn:as-asked', region: 'eu-west-1' },
    ],
  ]
  for (const [name, what, facts, expected] of cases)
    it(name, () => assert.deepEqual(tell(what, facts).outputs, expected))

  const next = (parts: Partial<Tell>, facts = {}) =>
    tell(telling({ outputs: [], nextStep: 'Paste ${parameters.externalId}.', ...parts }), facts).nextStep
  it('to do next names values', () => assert.equal(next({}), 'Paste id-1.'))
  it('to do next names no hidden value', () => {
    assert.equal(
      next({ hidden: ['parameters.externalId'] }),
      'Paste (the value of parameters.externalId, which is not shown).',
    )
  })
  it('to do next says what is not given yet', () => {
    assert.equal(
      next({ awaiting: ['parameters.externalId'] }),
      'Paste (parameters.externalId, not given yet).',
    )
  })
  it('to do next names what Mooring chose', () => {
    assert.equal(next({ generated: 'externalId' }, { generated: 'made' }), 'Paste made.')
  })
  it('to do next is nothing where the recipe has nothing', () =>
    assert.equal(tell(telling()).nextStep, undefined))
  it('never has a value filled in again', () => {
    const values = { ...telling().values, 'parameters.externalId': '${region}' }
    assert.equal(tell(telling({ values })).outputs.externalId, '${region}')
  })
})

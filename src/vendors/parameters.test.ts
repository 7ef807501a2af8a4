import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorParameter } from '../api/generated/storage-vendor.ts'
import { checkParameters } from './parameters.ts'

const ID: VendorParameter = {
  name: 'externalId',
  description: 'the external ID',
  source: 'CustomerGiven',
  required: true,
}
const check = (
  parameter: Partial<VendorParameter>,
  value?: string,
  { secret = [] as readonly string[], others = [] as readonly VendorParameter[] } = {},
) =>
  checkParameters([{ ...ID, ...parameter }, ...others], {
    values: value === undefined ? {} : { externalId: value },
    secret: new Set(secret),
  })

describe('a parameter is refused', () => {
  const cases: readonly (readonly [string, Partial<VendorParameter>, string | undefined, string])[] = [
    ['when it is missing', {}, undefined, 'is required: the external ID'],
    ['when it is too short', { minLength: 4 }, 'abc', '"abc" is shorter than 4 characters'],
    ['when it is too long', { maxLength: 2 }, 'abc', '"abc" is longer than 2 characters'],
    ['when it is none of those allowed', { allowedValues: ['eu', 'us'] }, 'cn', '"cn" is none of eu, us'],
    [
      'when only a part of it is of the vendor’s form',
      { pattern: '[a-z]+', patternMessage: 'small letters' },
      'abc1',
      '"abc1" is not of the vendor’s form: small letters',
    ],
    [
      'in the pattern’s words where the vendor has none',
      { pattern: 'a|b' },
      'ab',
      '"ab" is not of the vendor’s form: a|b',
    ],
    ...['a*', 'a?', '$' + '{bucket}', 'a\nb', 'a\u0000', '\u007f'].map(
      (value) =>
        [
          `when it is ${JSON.stringify(value)}, even where the vendor’s form allows it`,
          { pattern: '[\\s\\S]*' },
          value,
          `${JSON.stringify(value)} must not contain *, ?, $` +
            '{ or control characters, which could widen the grant',
        ] as const,
    ),
    [
      'without its value where it is sensitive',
      { sensitive: true, minLength: 9 },
      'hush',
      'its value is shorter than 9 characters',
    ],
  ]
  for (const [name, parameter, value, message] of cases) {
    it(name, () => {
      const checked = check(parameter, value)
      assert.deepEqual(checked.ok ? undefined : checked.fault, {
        reason: 'InvalidParameter',
        message: `spec.parameters.externalId: ${message}`,
        retry: 'OnChange',
      })
    })
  }

  it('without its value where it comes from a Secret', () => {
    const checked = check({ maxLength: 2 }, 'hush', { secret: ['externalId'] })
    assert.match(checked.ok ? '' : checked.fault.message, /externalId: its value is longer than 2 characters/)
  })
  it('when the vendor does not know it, with those that it knows', () => {
    const checked = checkParameters([ID], { values: { color: 'red' }, secret: new Set() })
    assert.match(checked.ok ? '' : checked.fault.message, /parameters\.color: .* \(externalId\)$/)
  })
})

describe('a parameter that nobody gave', () => {
  const cases: readonly (readonly [string, Partial<VendorParameter>, object])[] = [
    ['and that nobody needs is left out', { required: false }, { awaited: [], generated: undefined }],
    ['is made where the vendor lets us', { source: 'Generated' }, { awaited: [], generated: 'externalId' }],
    [
      'is made where the vendor lets us, though it comes late',
      { source: 'Generated', deferred: true },
      { awaited: [], generated: 'externalId' },
    ],
    [
      'is waited for where it comes late',
      { deferred: true },
      { awaited: ['externalId'], generated: undefined },
    ],
    [
      'is waited for where it comes late, though it is not required',
      { deferred: true, required: false },
      { awaited: ['externalId'], generated: undefined },
    ],
  ]
  for (const [name, parameter, expected] of cases) {
    it(name, () => {
      const checked = check(parameter)
      assert.ok(checked.ok)
      const { awaited, generated } = checked.value
      assert.deepEqual({ awaited: awaited.map((found) => found.name), generated }, expected)
    })
  }
})

describe('a parameter that was given', () => {
  it('is not made and not waited for', () => {
    for (const parameter of [{ source: 'Generated' }, { deferred: true }] as const) {
      const checked = check(parameter, 'abc')
      assert.ok(checked.ok)
      assert.deepEqual([checked.value.awaited, checked.value.generated], [[], undefined])
    }
  })
  it('is hidden where it is sensitive, and where it comes from a Secret', () => {
    const hidden = [
      check({ sensitive: true }, 'abc'),
      check({}, 'abc', { secret: ['externalId'] }),
      check({}, 'abc'),
    ]
    assert.deepEqual(
      hidden.map((checked) => checked.ok && checked.value.hidden),
      [['externalId'], ['externalId'], []],
    )
  })
  it('may have the vendor’s longest and shortest value', () => {
    for (const value of ['ab', 'x'.repeat(1_224)])
      assert.ok(check({ minLength: 2, maxLength: 1_224 }, value).ok)
  })
  it('is measured in its own order: of two faults of two parameters the first declared counts', () => {
    const late: VendorParameter = { ...ID, name: 'late', pattern: '[0-9]+' }
    const checked = checkParameters([{ ...ID, minLength: 9 }, late], {
      values: { late: 'x', externalId: 'short' },
      secret: new Set(),
    })
    assert.match(checked.ok ? '' : checked.fault.message, /externalId/)
  })
})

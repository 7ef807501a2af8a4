import fc from 'fast-check'
import type { CorsRule } from '../../src/clouds/aws/cors.ts'
import type { Statement } from '../../src/clouds/aws/statement.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { markOf } from '../../src/plan/mark.ts'
import type { Participant } from '../../src/plan/plan-target.ts'

export const INSTALLATION = 'b1f1b3b2-0000-4000-8000-000000000001'
export const TARGET = 's3://street-scenes'

const oneOrMany = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }))

const action = fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:*', 's3:ListBucket')
const resource = fc.constantFrom('arn:aws:s3:::street-scenes', 'arn:aws:s3:::street-scenes/*', '*')
const principal = fc.oneof(
  fc.constant('*'),
  oneOrMany(fc.constantFrom('111122223333', 'arn:aws:iam::111122223333:root', 'AROAEXAMPLE')).map((AWS) => ({
    AWS,
  })),
  fc.constant({ CanonicalUser: 'a2c85e730d80dcb5' }),
)
const sid = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('Mooring', 'mooring-copy', 'segments-s3-access'),
  // marks of another installation, and of another bucket: strangers both
  fc.constant(markOf('someone-else', TARGET, 'a/b', 'read')),
  fc.constant(markOf(INSTALLATION, 's3://elsewhere', 'a/b', 'read')),
)
const condition = fc.dictionary(
  fc.constantFrom('StringEquals', 'Bool', 'NumericLessThan'),
  fc.dictionary(
    fc.constantFrom('aws:SourceVpc', 's3:prefix'),
    oneOrMany(fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  ),
  { maxKeys: 2 },
)

/** A stranger's statement, with any Sid, conditions and fields that no document describes. */
export const foreignStatement: fc.Arbitrary<Statement> = fc
  .record(
    {
      Sid: sid,
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: principal,
      Action: oneOrMany(action),
      Resource: oneOrMany(resource),
      Condition: condition,
      'X-Unknown': fc.jsonValue(),
    },
    { requiredKeys: ['Effect', 'Action', 'Resource'] },
  )
  .map((statement) => statement as JsonObject)

/** A stranger's CORS rule. */
export const foreignRule: fc.Arbitrary<CorsRule> = fc.record(
  {
    ID: sid,
    AllowedOrigins: fc.array(fc.constantFrom('https://a.example', '*'), { minLength: 1, maxLength: 2 }),
    AllowedMethods: fc.array(fc.constantFrom('GET', 'PUT'), { minLength: 1, maxLength: 2 }),
    AllowedHeaders: fc.array(fc.constantFrom('*', 'Content-Type'), { maxLength: 2 }),
    ExposeHeaders: fc.array(fc.constantFrom('ETag'), { maxLength: 1 }),
    MaxAgeSeconds: fc.nat(),
  },
  { requiredKeys: ['AllowedOrigins', 'AllowedMethods'] },
)

/** An integration that wants one or two statements and a CORS rule, or keeps, or leaves. */
export const participant: fc.Arbitrary<Participant> = fc
  .record({
    name: fc.constantFrom('one', 'two', 'three', 'four', 'five'),
    stance: fc.constantFrom('Wants', 'Wants', 'Keeps', 'Leaves'),
    prefix: fc.constantFrom('', 'raw/', 'clips/'),
    second: fc.boolean(),
  })
  .map(({ name, stance, prefix, second }) => ({
    owner: `perception/${name}`,
    stance: stance as Participant['stance'],
    entries: [
      { document: 'BucketPolicy', name: 'read', body: ourStatement(prefix) },
      ...(second
        ? [{ document: 'BucketPolicy' as const, name: 'list', body: ourStatement(`${prefix}list/`) }]
        : []),
      { document: 'Cors', name: 'web', body: ourRule },
    ],
  }))

/** Integrations with distinct names, in order of age. */
export const participants: fc.Arbitrary<Participant[]> = fc.uniqueArray(participant, {
  selector: ({ owner }) => owner,
  maxLength: 5,
})

export const ourRule: CorsRule = {
  AllowedHeaders: ['*'],
  AllowedMethods: ['GET'],
  AllowedOrigins: ['https://*.segments.ai'],
  ExposeHeaders: [],
}

/** The statement that Segments.ai asks for, under a prefix. */
export function ourStatement(prefix: string): Statement {
  return {
    Effect: 'Allow',
    Principal: { AWS: ['arn:aws:iam::931508227573:user/segmentsai-prod-user'] },
    Action: ['s3:GetObject'],
    Resource: [`arn:aws:s3:::street-scenes/${prefix}*`],
  }
}

/** Recipes of the catalogue on Google Cloud, for any strangers and any integrations: documents that have no room for marks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../src/plan/json.ts'
import { installationTag } from '../../src/plan/mark.ts'
import { aGcpAccount, namesOf, onGcs, resolved } from './gcs-things.ts'
import {
  BUCKET_FORMS,
  type Form,
  type Member,
  type Place,
  pass,
  planFor,
  roleForm,
  strangersIn,
  VENDORS,
} from './gcs-world.ts'

const member: fc.Arbitrary<Member> = fc
  .record({
    name: fc.constantFrom('one', 'two', 'three'),
    vendor: fc.constantFrom('segments', 'logpush', 'acme'),
    prefix: fc.constantFrom('', 'raw/', 'clips/'),
    writes: fc.boolean(),
    stance: fc.constantFrom('Wants', 'Wants', 'Keeps', 'Leaves'),
  })
  .map(({ writes, vendor, ...rest }) => ({
    ...rest,
    vendor,
    access: vendor === 'acme' && writes ? 'ReadWrite' : undefined,
  })) as fc.Arbitrary<Member>
const members = fc.uniqueArray(member, { selector: ({ name }) => name, maxLength: 3 })
const story = fc.array(members, { minLength: 1, maxLength: 4 })
const all = (stance: Member['stance'], people: readonly Member[]): Member[] =>
  people.map((one) => ({ ...one, stance }))

/** Everybody who ever was there, leaving. */
const GONE: readonly Member[] = ['one', 'two', 'three'].map((name) => ({
  ...{ name, vendor: 'segments', prefix: '', access: undefined, stance: 'Leaves' },
}))

const logpush = 'serviceAccount:logpush@cloudflare-data.iam.gserviceaccount.com'
const binding = fc.record(
  {
    role: fc.constantFrom('roles/storage.objectAdmin', 'roles/storage.legacyBucketReader'),
    members: fc.array(fc.constantFrom(logpush, 'user:ann@example.com', 'allUsers'), { maxLength: 3 }),
    condition: fc.constantFrom(
      { title: 'theirs', expression: 'request.time < timestamp("2027-01-01T00:00:00Z")' },
      { title: 'Mooring: raw/', expression: 'true' },
    ),
  },
  { requiredKeys: ['role', 'members'] },
)
const rule = fc.record(
  {
    origin: fc.constantFrom(['https://*.segments.ai'], ['https://*.acme.example'], ['*']),
    method: fc.constant(['GET']),
    responseHeader: fc.constantFrom(['*'], ['ETag']),
    maxAgeSeconds: fc.constantFrom(60, 3_600),
  },
  { requiredKeys: ['origin', 'method', 'responseHeader'] },
)
const lifecycleRule = fc.record({
  action: fc.constantFrom({ type: 'Delete' }, { type: 'SetStorageClass', storageClass: 'NEARLINE' }),
  condition: fc.constantFrom(
    { age: 7, isLive: true },
    { age: 7, isLive: true, matchesPrefix: ['raw/'] },
    { age: 1 },
  ),
})
const STRANGERS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BucketIam: fc.record({
    version: fc.constantFrom(1, 3),
    etag: fc.constant('CAE='),
    bindings: fc.array(binding, { maxLength: 4 }),
  }),
  Cors: fc.array(rule, { maxLength: 3 }),
  Lifecycle: fc.option(fc.record({ rule: fc.array(lifecycleRule, { minLength: 1, maxLength: 3 }) }), {
    nil: undefined,
  }),
}

const start = (cloud: unknown): Place => ({ cloud: cloud as Json, ledgers: {} })
/** Mooring writes policies as version 3, which means the same. */
const meaning = (cloud: Json | undefined): string => {
  const { version: _, ...rest } = (cloud ?? {}) as JsonObject
  return canonicalJson(Array.isArray(cloud) ? cloud : rest)
}

/** Every part of it twice. */
function doubled(cloud: Json | undefined): Json | undefined {
  if (Array.isArray(cloud)) return [...cloud, ...cloud]
  if (!isJsonObject(cloud)) return cloud
  return Object.fromEntries(
    Object.entries(cloud).map(([key, value]) => [key, Array.isArray(value) ? [...value, ...value] : value]),
  )
}

for (const form of BUCKET_FORMS) {
  const strangers = STRANGERS[form.document] ?? fc.constant(undefined)

  describe(`the ${form.kind.label}, whatever integrations come and go`, () => {
    it('foreign in = foreign out: no stranger’s part is lost, changed or moved', () => {
      fc.assert(
        fc.property(strangers, story, (cloud, passes) => {
          let place = start(cloud)
          const before = strangersIn(form, place)
          for (const people of passes) {
            place = pass(form, place, people)
            assert.deepEqual(strangersIn(form, place), before)
          }
        }),
      )
    })

    it('plan(apply(plan)) is empty', () => {
      fc.assert(
        fc.property(strangers, story, (cloud, passes) => {
          let place = start(cloud)
          for (const people of passes) {
            place = pass(form, place, people)
            assert.deepEqual(planFor(form, place, people).changes, [])
          }
        }),
      )
    })

    it('after all have left it says what strangers said', () => {
      fc.assert(
        fc.property(strangers, story, (cloud, passes) => {
          const place = passes.reduce((now, people) => pass(form, now, people), start(cloud))
          assert.equal(meaning(pass(form, place, GONE).cloud), meaning(cloud as Json))
        }),
      )
    })

    it('a copy that a stranger makes of everything stays, when those go who had it first', () => {
      const partsIn = (cloud: unknown): string[] =>
        form.decode(cloud as Json).entries.map((entry) => form.kind.meaning(entry))
      fc.assert(
        fc.property(strangers, members, (cloud, people) => {
          const place = pass(form, start(cloud), all('Wants', people))
          const copied = { ...place, cloud: doubled(place.cloud) }
          assert.deepEqual(planFor(form, copied, all('Wants', people)).changes, [])
          const end = partsIn(pass(form, copied, GONE).cloud)
          assert.deepEqual(end.sort(), [...partsIn(place.cloud), ...partsIn(cloud)].sort())
        }),
      )
    })

    it('one that is not there any more, and was not seen to leave, keeps what it has', () => {
      fc.assert(
        fc.property(strangers, members, (cloud, people) => {
          const place = pass(form, start(cloud), all('Wants', people))
          assert.deepEqual(pass(form, place, []), place)
          assert.deepEqual(pass(form, place, all('Keeps', people)), place)
        }),
      )
    })

    it('a ledger that is lost makes strangers of the entries: nothing is added, and nothing goes', () => {
      fc.assert(
        fc.property(strangers, members, (cloud, people) => {
          const { cloud: written } = pass(form, start(cloud), all('Wants', people))
          const forgotten = pass(form, start(written), all('Wants', people))
          assert.deepEqual(forgotten.cloud, written)
          assert.deepEqual(pass(form, forgotten, all('Leaves', people)).cloud, written)
        }),
      )
    })
  })
}

describe('a custom role, whatever integrations come and go', () => {
  const [target = ''] = namesOf(
    resolved({ vendor: VENDORS.acme, account: aGcpAccount(), integration: onGcs({ vendor: 'acme' }) }),
  )
  const form: Form = roleForm(target)
  const tag = `[mooring:${installationTag('test', target)}]`
  const role = fc.record(
    {
      name: fc.constant(target),
      title: fc.constantFrom('Acme reads', 'renamed by somebody'),
      description: fc.constant(`for Acme ${tag}`),
      includedPermissions: fc.uniqueArray(fc.constantFrom('storage.objects.get', 'storage.objects.list'), {
        maxLength: 2,
      }),
      stage: fc.constantFrom('GA', 'DISABLED'),
      etag: fc.constant('BwY='),
      deleted: fc.constant(true),
    },
    { requiredKeys: ['name', 'title', 'description', 'includedPermissions', 'stage', 'etag'] },
  )
  const clouds = fc.option(role, { nil: undefined })
  const permissionsOf = (place: Place): readonly Json[] =>
    ((place.cloud as JsonObject | undefined)?.includedPermissions as readonly Json[] | undefined) ?? []
  const isThere = ({ cloud }: Place): boolean => cloud !== undefined && (cloud as JsonObject).deleted !== true

  it('plan(apply(plan)) is empty', () => {
    fc.assert(
      fc.property(clouds, story, (cloud, passes) => {
        let place = start(cloud)
        for (const people of passes) {
          place = pass(form, place, people)
          assert.deepEqual(planFor(form, place, people).changes, [])
        }
      }),
    )
  })

  it('foreign in = foreign out: a permission that somebody added stays, and keeps the role', () => {
    fc.assert(
      fc.property(role, story, (cloud, passes) => {
        const begin = start(cloud)
        fc.pre(isThere(begin) && cloud.includedPermissions.length > 0)
        const end = [...passes, GONE].reduce((now, people) => pass(form, now, people), begin)
        assert.ok(isThere(end))
        for (const permission of cloud.includedPermissions)
          assert.ok(permissionsOf(end).includes(permission), permission)
      }),
    )
  })

  it('is there, with what is asked for and no more, exactly while somebody wants it', () => {
    fc.assert(
      fc.property(story, (passes) => {
        let place = start(undefined)
        for (const people of passes) {
          const wanting = people.filter(({ vendor, stance }) => vendor === 'acme' && stance === 'Wants')
          const others = GONE.filter(({ name }) => !wanting.some((one) => one.name === name))
          place = pass(form, place, [...wanting, ...others])
          assert.equal(isThere(place), wanting.length > 0)
          if (isThere(place)) assert.deepEqual(permissionsOf(place), ['storage.objects.get'])
        }
      }),
    )
  })

  it('of somebody else, or of another installation, is never touched', () => {
    const descriptions = fc.constantFrom('mine', 'for Acme [mooring:00000000]', `${tag}, they say`)
    fc.assert(
      fc.property(role, descriptions, story, (cloud, description, passes) => {
        const foreign = { ...cloud, description }
        const end = passes.reduce((now, people) => pass(form, now, people), start(foreign))
        assert.deepEqual(end.cloud, foreign)
      }),
    )
  })
})

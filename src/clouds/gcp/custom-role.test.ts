import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import { installationTag, markOf } from '../../plan/mark.ts'
import { type CustomRolePart, customRoleKind, decodeCustomRole } from './custom-role.ts'
import { customRoleSteps } from './custom-role-steps.ts'

const NAME = 'projects/perception-prod/roles/reads'
const TAG = installationTag('inst', NAME)
const mark = (owner: string, entry = 'e') => markOf('inst', NAME, owner, entry)
const DESCRIPTION = `Reads objects [mooring:${TAG}]`
const ROLE: CustomRolePart = { in: 'Role', title: 'Segments.ai', description: DESCRIPTION }
const GET: CustomRolePart = { in: 'Permission', permission: 'storage.objects.get' }
const READ: JsonObject = {
  name: NAME,
  title: 'Segments.ai',
  description: DESCRIPTION,
  includedPermissions: ['storage.objects.get'],
  stage: 'GA',
  etag: 'BwY=',
}

type Entries = readonly { readonly mark?: string; readonly part: CustomRolePart }[]
const ours = (...parts: CustomRolePart[]): Entries => parts.map((part) => ({ mark: mark('a/x'), part }))
const theirs = (...parts: CustomRolePart[]): Entries => parts.map((part) => ({ part }))
const steps = (read: JsonObject | undefined, entries: Entries) =>
  customRoleSteps({ ...decodeCustomRole(read), entries })

describe('a custom role', () => {
  const made = { title: 'Segments.ai', description: DESCRIPTION, stage: 'GA' }
  const list: CustomRolePart = { in: 'Permission', permission: 'storage.objects.list' }
  const rows: readonly (readonly [string, JsonObject | undefined, Entries, unknown[]])[] = [
    [
      'that is wanted and not there is made',
      undefined,
      ours(ROLE, GET),
      [{ do: 'CreateRole', role: { ...made, includedPermissions: ['storage.objects.get'] } }],
    ],
    ['that nobody wants and is not there stays so', undefined, [], []],
    ['that is as wanted is left alone', READ, ours(ROLE, GET), []],
    ['that two want is left alone', READ, [...ours(ROLE, GET), ...ours(ROLE, GET)], []],
    [
      'gets what is missing behind the others',
      READ,
      [...ours(ROLE), ...theirs(GET), ...ours(list)],
      [{ do: 'PatchRole', role: { includedPermissions: ['storage.objects.get', 'storage.objects.list'] } }],
    ],
    [
      'gets its title back',
      { ...READ, title: 'mine' },
      [...theirs({ ...ROLE, title: 'mine' }), ...ours(GET, ROLE)],
      [{ do: 'PatchRole', role: { title: 'Segments.ai' } }],
    ],
    [
      'is turned on again',
      { ...READ, stage: 'DISABLED' },
      ours(ROLE, GET),
      [{ do: 'PatchRole', role: { stage: 'GA' } }],
    ],
    ['that is turned off and nobody’s stays so', { ...READ, stage: 'DISABLED' }, theirs(GET), []],
    ['that nobody wants any more goes', READ, theirs({ ...ROLE, found: true }), [{ do: 'DeleteRole' }]],
    ['stays for a permission that somebody added', READ, theirs({ ...ROLE, found: true }, GET), []],
    [
      'that was deleted comes back with what is wanted',
      { ...READ, deleted: true },
      ours(ROLE, list),
      [
        { do: 'UndeleteRole' },
        { do: 'PatchRole', role: { ...made, includedPermissions: ['storage.objects.list'] } },
      ],
    ],
    ['that was deleted and nobody wants stays so', { ...READ, deleted: true }, [], []],
    ['of somebody else is never written', { ...READ, description: 'theirs' }, ours(ROLE, GET), []],
    ['of somebody else is never deleted', { ...READ, description: 'theirs' }, [], []],
    [
      'of somebody else that was deleted is not brought back',
      { ...READ, description: 'theirs', deleted: true },
      ours(ROLE),
      [],
    ],
  ]
  for (const [name, read, entries, expected] of rows)
    it(name, () => assert.deepEqual(steps(read, entries), expected))

  it('of somebody else is left whole: nothing in it satisfies anybody', () => {
    const { entries } = decodeCustomRole({ ...READ, description: 'theirs' })
    assert.deepEqual(entries, [])
    assert.equal(decodeCustomRole(READ).entries.length, 2)
  })

  const breach = (read: JsonObject | undefined, entries: Entries) =>
    customRoleKind.breach({ ...decodeCustomRole(read), entries })

  for (const [name, description, words] of [
    ['somebody else', 'theirs', /somebody else made it/],
    ['another installation', 'x [mooring:00000000]', /another installation of Mooring/],
    ['somebody who copied the tag to the front', `[mooring:${TAG}] x`, /somebody else made it/],
  ] as const) {
    it(`of ${name} is a conflict that names the role and the tag`, () => {
      for (const deleted of [false, true]) {
        const found = breach({ ...READ, description, deleted }, ours(ROLE))
        assert.equal(found?.reason, 'Conflict')
        assert.match(found?.detail ?? '', words)
        assert.ok(found?.detail.includes(NAME) && found.detail.includes(`[mooring:${TAG}]`))
      }
    })
  }

  const many = Array.from(
    { length: 3_001 },
    (_, n): CustomRolePart => ({ in: 'Permission', permission: `a.b.c${n}` }),
  )
  const limits: readonly (readonly [string, Entries, string | undefined])[] = [
    ['all in bounds', ours(ROLE, GET), undefined],
    ['a long title', ours({ ...ROLE, title: 'ü'.repeat(51) }), 'a title of 102 of at most 100 bytes'],
    [
      'a long description',
      ours({ ...ROLE, description: 'x'.repeat(301) }),
      'a description of 301 of at most 300 bytes',
    ],
    ['too many permissions', ours(ROLE, ...many), '3001 of at most 3000 permissions'],
    [
      'too long permissions',
      ours(
        ROLE,
        ...many
          .slice(0, 700)
          .map((part, n) => ({ ...part, permission: `${'x'.repeat(95)}${n}` }) as CustomRolePart),
      ),
      '68533 of at most 65536 bytes',
    ],
  ]
  for (const [name, entries, detail] of limits)
    it(`is held to IAM’s limits: ${name}`, () => assert.equal(breach(undefined, entries)?.detail, detail))

  it('cannot have two titles, but mends what somebody wrote over it', () => {
    const other = { ...ROLE, title: 'Other' } as const
    const clash = (wanted: CustomRolePart, standing: Entries[number]) =>
      customRoleKind.clash?.({ part: wanted }, standing)
    assert.match(clash(ROLE, { mark: mark('a/y'), part: other }) ?? '', /another title/)
    assert.match(clash(ROLE, { part: other }) ?? '', /another title/)
    assert.equal(clash(ROLE, { part: { ...other, found: true } }), undefined)
    assert.equal(clash(ROLE, { mark: mark('a/y'), part: ROLE }), undefined)
    assert.equal(clash(GET, { part: other }), undefined)
  })

  for (const role of [[], { ...READ, includedPermissions: 'x' }, { ...READ, includedPermissions: [1] }]) {
    it(`is not touched when it is ${JSON.stringify(role).slice(0, 60)}`, () => {
      assert.throws(() => decodeCustomRole(role), { message: /the custom role cannot be taken apart/ })
    })
  }
})

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
const ROLE: CustomRolePart = { in: 'Role' }
const FOUND: CustomRolePart = { in: 'Role', found: true }
const TEXTS: CustomRolePart = { in: 'Texts', title: 'Segments.ai', description: DESCRIPTION }
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
/** @param had the marks on the role as read. */
const steps = (read: JsonObject | undefined, entries: Entries, had: Entries = []) =>
  customRoleSteps({ ...decodeCustomRole(read), entries }, { ...decodeCustomRole(read), entries: had })

describe('a custom role', () => {
  const made = { title: 'Segments.ai', description: DESCRIPTION, stage: 'GA' }
  const list: CustomRolePart = { in: 'Permission', permission: 'storage.objects.list' }
  const rows: readonly (readonly [string, JsonObject | undefined, Entries, unknown[]])[] = [
    [
      'that is wanted and not there is made',
      undefined,
      ours(ROLE, TEXTS, GET),
      [{ do: 'CreateRole', role: { ...made, includedPermissions: ['storage.objects.get'] } }],
    ],
    ['that nobody wants and is not there stays so', undefined, [], []],
    ['that is as wanted is left alone', READ, ours(ROLE, TEXTS, GET), []],
    ['that two want is left alone', READ, [...ours(ROLE, TEXTS, GET), ...ours(ROLE, TEXTS, GET)], []],
    [
      'gets what is missing behind the others',
      READ,
      [...ours(ROLE, TEXTS), ...theirs(GET), ...ours(list)],
      [{ do: 'PatchRole', role: { includedPermissions: ['storage.objects.get', 'storage.objects.list'] } }],
    ],
    [
      'gets its title back',
      { ...READ, title: 'mine' },
      [...theirs({ ...TEXTS, title: 'mine' }), ...ours(GET, ROLE, TEXTS)],
      [{ do: 'PatchRole', role: { title: 'Segments.ai' } }],
    ],
    [
      'is turned on again',
      { ...READ, stage: 'DISABLED' },
      ours(ROLE, TEXTS, GET),
      [{ do: 'PatchRole', role: { stage: 'GA' } }],
    ],
    ['that is turned off and nobody’s stays so', { ...READ, stage: 'DISABLED' }, theirs(GET), []],
    ['that nobody wants any more goes', READ, theirs(FOUND), [{ do: 'DeleteRole' }]],
    ['stays for a permission that somebody added', READ, theirs(FOUND, GET), []],
    [
      'that was deleted comes back with what is wanted',
      { ...READ, deleted: true },
      ours(ROLE, TEXTS, list),
      [
        { do: 'UndeleteRole' },
        { do: 'PatchRole', role: { ...made, includedPermissions: ['storage.objects.list'] } },
      ],
    ],
    ['that was deleted and nobody wants stays so', { ...READ, deleted: true }, [], []],
    ['that was deleted stays so for one who is held back', { ...READ, deleted: true }, ours(FOUND), []],
    [
      'gets the newer texts, whoever still has the older ones',
      READ,
      [...ours({ ...TEXTS, title: 'new' }), ...ours(FOUND, TEXTS, GET)],
      [{ do: 'PatchRole', role: { title: 'new' } }],
    ],
    ['of somebody else is never written', { ...READ, description: 'theirs' }, ours(ROLE, TEXTS, GET), []],
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

  describe('of ours whose description somebody edited', () => {
    const edited = { ...READ, description: 'mine now' }
    const had = ours(FOUND, GET)

    it('is ours by the ledger that lists it, and gets its texts back', () => {
      const role = { description: DESCRIPTION }
      const entries = [...had, ...ours(TEXTS)]
      assert.deepEqual(steps(edited, entries, had), [{ do: 'PatchRole', role }])
      assert.equal(breach(edited, entries), undefined)
    })

    it('goes with the last one', () => assert.deepEqual(steps(edited, [], had), [{ do: 'DeleteRole' }]))

    it('is another installation’s when it has its tag', () => {
      const taken = { ...READ, description: 'x [mooring:00000000]' }
      assert.deepEqual(steps(taken, [...had, ...ours(TEXTS)], had), [])
      assert.deepEqual(steps(taken, [], had), [])
      assert.equal(breach(taken, [...had, ...ours(TEXTS)])?.reason, 'Conflict')
    })
  })

  it('is marked anew by who needs it, whatever else says the same; a permission is not', () => {
    const reclaims = [ROLE, TEXTS, GET].map((part) => customRoleKind.reclaims?.({ part }))
    assert.deepEqual(reclaims, [true, true, false])
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
    ['all in bounds', ours(ROLE, TEXTS, GET), undefined],
    ['a long title', ours(ROLE, { ...TEXTS, title: 'ü'.repeat(51) }), 'a title of 102 of at most 100 bytes'],
    [
      'a long description',
      ours(ROLE, { ...TEXTS, description: 'x'.repeat(301) }),
      'a description of 301 of at most 300 bytes',
    ],
    ['too many permissions', ours(ROLE, TEXTS, ...many), '3001 of at most 3000 permissions'],
    [
      'too long permissions',
      ours(
        ROLE,
        TEXTS,
        ...many
          .slice(0, 700)
          .map((part, n) => ({ ...part, permission: `${'x'.repeat(95)}${n}` }) as CustomRolePart),
      ),
      '68533 of at most 65536 bytes',
    ],
  ]
  for (const [name, entries, detail] of limits)
    it(`is held to IAM’s limits: ${name}`, () => assert.equal(breach(undefined, entries)?.detail, detail))

  for (const role of [[], { ...READ, includedPermissions: 'x' }, { ...READ, includedPermissions: [1] }]) {
    it(`is not touched when it is ${JSON.stringify(role).slice(0, 60)}`, () => {
      assert.throws(() => decodeCustomRole(role), { message: /the custom role cannot be taken apart/ })
    })
  }
})

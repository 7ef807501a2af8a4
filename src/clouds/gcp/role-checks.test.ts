import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { decodeCustomRole } from './custom-role.ts'
import { checkCustomRole } from './role-checks.ts'

const ROLE = { roleId: 'reads', projectId: 'p', name: 'projects/p/roles/reads' }
const GET = 'storage.objects.get'
const DELETE = 'storage.objects.delete'

/** A role with these permissions; those of `marked` are an integration's. */
function checks(permissions: readonly string[], marked: readonly string[], deleted = false) {
  const read = { name: ROLE.name, title: 't', description: 'd', includedPermissions: permissions, deleted }
  const { entries, envelope } = decodeCustomRole(read)
  const owned = entries.map((entry) =>
    entry.part.in === 'Permission' && marked.includes(entry.part.permission)
      ? { ...entry, mark: 'm' }
      : entry,
  )
  return checkCustomRole({ kind: 'CustomRoleGrant', permissions: [GET] }, ROLE, { entries: owned, envelope })
}

describe('what a custom role permits', () => {
  it('is what was asked for', () => {
    const [check] = checks([GET], [GET])
    assert.equal(check?.result, 'Passed')
    assert.match(check.message, /and no more/)
  })

  it('is too wide with what somebody added, and the message has the command', () => {
    const [check] = checks([GET, DELETE, 'storage.objects.list'], [GET])
    assert.deepEqual([check?.result, check?.reason], ['Failed', 'GrantTooWide'])
    assert.ok(
      check?.message.endsWith(
        'gcloud iam roles update reads --project=p --remove-permissions=storage.objects.delete,storage.objects.list',
      ),
    )
  })

  it('may be what was asked for by nobody’s ledger', () => {
    assert.equal(checks([GET], [])[0]?.result, 'Passed')
  })

  it('may be more for another integration, which is told', () => {
    const [check] = checks([GET, DELETE], [GET, DELETE])
    assert.equal(check?.result, 'Passed')
    assert.match(check.message, /storage\.objects\.delete for another integration/)
  })

  it('is not spoken of where there is no role', () => {
    assert.deepEqual(checks([GET, DELETE], [GET], true), [])
  })
})

/** Former principals of a vendor: kept where Mooring's own entry names them, and never granted anew. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { VendorPrincipal } from '../../src/api/generated/storage-vendor.ts'
import { bucketPolicyKind } from '../../src/clouds/aws/bucket-policy.ts'
import { withFormer } from '../../src/clouds/aws/former-principals.ts'
import { iamRoleKind } from '../../src/clouds/aws/iam-role.ts'
import { decodeRole } from '../../src/clouds/aws/role-document.ts'
import {
  partName,
  type RolePart,
  type SettingsPart,
  type TrustPart,
} from '../../src/clouds/aws/role-parts.ts'
import type { Statement } from '../../src/clouds/aws/statement.ts'
import type { DocumentKind } from '../../src/plan/document.ts'
import { entryTag, installationTag, markOf, ownerTag } from '../../src/plan/mark.ts'
import { type ClaimedEntry, planTarget } from '../../src/plan/plan-target.ts'
import { changesIn, resolve } from '../../src/vendors/resolve.ts'
import { foreignStatement, INSTALLATION, TARGET } from './arbitraries.ts'
import { anAccount, anIntegration, aStatement, aVendor, NOW } from './things.ts'

const OLD = 'arn:aws:iam::490065312183:user/rw_bucket'
const OLDER = '490065312184'
const NEW = 'arn:aws:iam::490065312183:role/label-studio-app-production'
const OWNER = 'a/x'
const OWN = markOf(INSTALLATION, TARGET, OWNER, 'read')
const FOREIGN = 'theirs'

const granting = (AWS: string | readonly string[]): Statement => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: ['s3:GetObject'],
  Resource: ['arn:aws:s3:::street-scenes/*'],
})

describe('a statement with former principals', () => {
  const cases: readonly (readonly [string, Statement[], readonly string[], string | readonly string[]])[] = [
    ['keeps one that stands in our own', [granting([OLD])], [OLD], [NEW, OLD]],
    ['keeps none that does not', [granting([NEW])], [OLD], [NEW]],
    ['keeps none where there is no statement of ours', [], [OLD], [NEW]],
    ['keeps none that the recipe does not name', [granting([OLD, OLDER])], [OLD], [NEW, OLD]],
    ['knows an account by its root', [granting([`arn:aws:iam::${OLDER}:root`])], [OLDER], [NEW, OLDER]],
    ['has one that is present once', [granting([NEW])], [NEW], [NEW]],
    ['keeps none of a statement for everybody', [{ ...granting([]), Principal: '*' }], [OLD], [NEW]],
  ]
  for (const [name, own, retiring, expected] of cases)
    it(name, () => {
      const found = withFormer(granting([NEW]), own, retiring)
      assert.deepEqual(found, granting(expected))
    })
})

/** The bucket's policy after a pass of one integration that wants `NEW` and lets `retiring` retire. */
function after(entries: readonly Statement[], retiring: readonly string[]): readonly Statement[] {
  const claim: ClaimedEntry = { document: 'BucketPolicy', name: 'read', body: granting([NEW]), retiring }
  const [plan] = planTarget({
    installation: INSTALLATION,
    target: TARGET,
    documents: [{ kind: bucketPolicyKind as DocumentKind, document: { entries, envelope: {} } }],
    fresh: '',
    participants: [{ owner: OWNER, stance: 'Wants', entries: [claim] }],
  }).documents
  return (plan?.after.entries ?? []) as Statement[]
}

const named = ({ Principal }: Statement): unknown[] => [(Principal as { AWS: unknown }).AWS].flat()

describe('in a bucket policy, for any strangers, a former principal', () => {
  const principals = fc.subarray([OLD, OLDER, NEW], { minLength: 1 })
  const retirings = fc.subarray([OLD, OLDER])
  const strangers = fc.array(foreignStatement, { maxLength: 3 })

  it('stands afterwards only where it stood in our own entry and still retires; strangers stay as they are', () => {
    fc.assert(
      fc.property(strangers, fc.option(principals), retirings, (theirs, had, retiring) => {
        const ours = had === null ? [] : [{ Sid: OWN, ...granting(had) }]
        const found = after([...theirs, ...ours], retiring)
        assert.deepEqual(found.slice(0, theirs.length), theirs)
        const own = found.filter(({ Sid }) => Sid === OWN)
        const expected = [NEW, ...retiring.filter((name) => had?.includes(name))]
        assert.deepEqual(
          own.map((entry) => named(entry).toSorted()),
          [expected.toSorted()],
        )
        assert.deepEqual(after(found, retiring), found)
      }),
    )
  })

  it('of a stranger’s entry, or of another integration’s, is none of ours', () => {
    const other = markOf(INSTALLATION, TARGET, 'b/y', 'read')
    const theirs = [
      { Sid: FOREIGN, ...granting([OLD]) },
      { Sid: other, ...granting([OLD]) },
    ]
    assert.deepEqual(after(theirs, [OLD]).at(-1), { Sid: OWN, ...granting([NEW]) })
  })

  it('goes when it retires no more', () => {
    assert.deepEqual(after([{ Sid: OWN, ...granting([NEW, OLD]) }], []), [{ Sid: OWN, ...granting([NEW]) }])
  })
})

describe('in a role’s trust a former principal', () => {
  const target = 'arn:aws:iam::123456789012:role/x'
  const trust = (AWS: string | readonly string[]): TrustPart => ({
    in: 'Trust',
    sid: 'MooringVendor',
    statement: {
      Effect: 'Allow',
      Principal: { AWS },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'id' } },
    },
  })
  const settings: SettingsPart = { in: 'Role', path: '/', description: '', maxSessionDuration: 3_600 }

  /** Who may assume the role after a pass of these integrations, of which `had` are in it already. */
  function trusted(standing: string | readonly string[] | undefined, had: string[], wanting: string[]) {
    const list = [settings, trust(NEW)].map((part) => entryTag(partName(part))).join(' ')
    const role = {
      settings,
      tags: {
        'mooring.dev/installation': installationTag(INSTALLATION, target),
        ...Object.fromEntries(
          had.map((owner) => [`mooring.dev/${ownerTag(INSTALLATION, target, owner)}`, list]),
        ),
      },
      trust: JSON.stringify({ Statement: [{ Sid: 'MooringVendor', ...trust(standing ?? NEW).statement }] }),
      inline: new Map<string, string>(),
      customer: new Map<string, string>(),
      attached: [],
    }
    const entries = [settings, trust(NEW)].map(
      (part): ClaimedEntry => ({
        document: 'IamRole',
        name: partName(part),
        body: { part },
        ...(part.in === 'Trust' ? { retiring: [OLD] } : {}),
      }),
    )
    const { documents, refused } = planTarget({
      installation: INSTALLATION,
      target,
      documents: [
        {
          kind: iamRoleKind as unknown as DocumentKind,
          document: decodeRole(standing === undefined ? undefined : role),
        },
      ],
      fresh: '',
      participants: wanting.map((owner) => ({ owner, stance: 'Wants', entries })),
    })
    assert.deepEqual([...refused], [])
    const parts = (documents[0]?.after.entries ?? []).map((entry) => (entry as { part: RolePart }).part)
    const found = parts.flatMap((part) => (part.in === 'Trust' ? named(part.statement) : []))
    return [...new Set(found)].sort()
  }

  it('is not in a new role', () => assert.deepEqual(trusted(undefined, [], ['a/x']), [NEW]))
  it('stays beside the present one', () => assert.deepEqual(trusted([OLD], ['a/x'], ['a/x']), [NEW, OLD]))
  it('is not added to a trust that never had it', () =>
    assert.deepEqual(trusted([NEW], ['a/x'], ['a/x']), [NEW]))
  it('stays for all who share the role, a newcomer included: there is one trust', () =>
    assert.deepEqual(trusted([NEW, OLD], ['a/x'], ['a/x', 'b/y']), [NEW, OLD]))
})

describe('an integration whose vendor lets a principal retire', () => {
  const until = '2027-03-01'
  const after = Date.parse(until)
  const claimed = (retiring: VendorPrincipal['retiring'], now: number) => {
    const statement = aStatement({ principal: { aws: [NEW], ...(retiring && { retiring }) } })
    const resolution = resolve({
      integration: anIntegration(),
      vendor: aVendor({ s3: { bucketPolicy: { statements: [statement] } } }),
      account: anAccount(),
      namespaceLabels: {},
      parameters: { ok: true, value: { values: {}, secret: new Set() } },
      installation: INSTALLATION,
      now,
    })
    assert.equal(resolution.fault, undefined, resolution.fault?.message)
    const entries = resolution.claims.flatMap((claim) => claim.entries)
    return { retiring: entries[0]?.retiring, pause: changesIn(resolution, now) }
  }

  it('lets it be kept until the day, and looks again on that day', () =>
    assert.deepEqual(claimed([{ aws: OLD, until }], NOW), { retiring: [OLD], pause: after - NOW }))
  it('lets it be kept no longer from that day on', () =>
    assert.deepEqual(claimed([{ aws: OLD, until }], after), { retiring: undefined, pause: undefined }))
  it('lets it be kept for as long as the recipe names it, where it gives no day', () =>
    assert.deepEqual(claimed([{ aws: OLD }], after), { retiring: [OLD], pause: undefined }))
})

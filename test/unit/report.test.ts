import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { Fault } from '../../src/api/fault.ts'
import type { StorageIntegrationStatus } from '../../src/api/generated/storage-integration.ts'
import { partiesOf } from '../../src/reconcile/party.ts'
import { isWaiting, reportStatus } from '../../src/reconcile/report.ts'
import { type OwnerReport, questionOf } from '../../src/reconcile/target-report.ts'
import { type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { anAccount, anInput, anIntegration } from './things.ts'

const applied = { document: 'BucketPolicy', label: 'bucket policy', state: 'Applied' } as const
const passed = { name: 'CorsPreflight', result: 'Passed', message: 'allowed' } as const
const failed = {
  name: 'CorsPreflight',
  result: 'Failed',
  message: 'the preflight was refused with 403',
} as const
const untried = { name: 'CorsPreflight', result: 'Unknown', message: 'no route to the endpoint' } as const
const denied: Fault = { reason: 'AccessDenied', message: 'may not s3:PutBucketPolicy', retry: 'Slow' }
const throttled: Fault = { reason: 'Throttled', message: 'too many calls', retry: 'Backoff' }

const deleted = anIntegration({}, { deletionTimestamp: '2026-11-22T11:59:00Z' })
const expired = anIntegration({ expiresAt: '2026-11-22T11:00:00Z' })

function answer(parts: Partial<OwnerReport> = {}): OwnerReport {
  return {
    question: '',
    documents: [applied],
    present: true,
    pending: [],
    checks: [passed],
    facts: {},
    settling: false,
    ...parts,
  }
}

function status(
  input: Partial<ResolveInput>,
  report: OwnerReport | undefined,
  before?: StorageIntegrationStatus,
) {
  return reportStatus(before, resolve(anInput(input)), report, '2026-11-22T12:00:00.000Z')
}

const conditions = (made: StorageIntegrationStatus): string[] =>
  (made.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`)

describe('the conditions say', () => {
  const cases: readonly (readonly [
    string,
    Partial<ResolveInput>,
    OwnerReport | undefined,
    readonly string[],
  ])[] = [
    [
      'Ready only when applied and verified',
      {},
      answer(),
      ['Ready=True Verified', 'AccessGranted=True Applied', 'Verified=True Verified'],
    ],
    [
      'that an equal entry was adopted',
      {},
      answer({ documents: [{ ...applied, state: 'Adopted' }] }),
      ['Ready=True Verified', 'AccessGranted=True Adopted', 'Verified=True Verified'],
    ],
    [
      'not Ready before anything was looked at',
      {},
      undefined,
      ['Ready=Unknown Progressing', 'AccessGranted=Unknown Progressing', 'Verified=Unknown Progressing'],
    ],
    [
      'not Ready when a check failed',
      {},
      answer({ checks: [passed, failed] }),
      ['Ready=False PreflightRefused', 'AccessGranted=True Applied', 'Verified=False PreflightRefused'],
    ],
    [
      'that a check may fail shortly after a write',
      {},
      answer({ checks: [failed], settling: true }),
      ['Ready=Unknown Propagating', 'AccessGranted=True Applied', 'Verified=Unknown Propagating'],
    ],
    [
      'not Ready when a check could not be tried',
      {},
      answer({ checks: [untried] }),
      [
        'Ready=Unknown VerificationIncomplete',
        'AccessGranted=True Applied',
        'Verified=Unknown VerificationIncomplete',
      ],
    ],
    [
      'not Ready when nothing was checked',
      {},
      answer({ checks: [] }),
      [
        'Ready=Unknown VerificationIncomplete',
        'AccessGranted=True Applied',
        'Verified=Unknown VerificationIncomplete',
      ],
    ],
    [
      'which document could not be written, and that a person must act',
      {},
      answer({ fault: denied, documents: [{ ...applied, state: 'Missing', fault: denied }] }),
      [
        'Ready=False AccessDenied',
        'AccessGranted=False AccessDenied',
        'Stalled=True AccessDenied',
        'Verified=False AccessDenied',
      ],
    ],
    [
      'a passing fault without Stalled',
      {},
      answer({ fault: throttled, documents: [] }),
      ['Ready=False Throttled', 'AccessGranted=Unknown Throttled', 'Verified=Unknown Throttled'],
    ],
    [
      'that nothing is looked at while suspended',
      { integration: anIntegration({ suspend: true }) },
      undefined,
      ['Ready=Unknown Suspended', 'AccessGranted=Unknown Suspended', 'Verified=Unknown Suspended'],
    ],
    [
      'that a plan waits',
      { integration: anIntegration({ mode: 'Plan' }) },
      answer(),
      ['Ready=False Planned', 'AccessGranted=Unknown Planned'],
    ],
    [
      'why it is not allowed',
      { account: anAccount({ allow: [] }) },
      undefined,
      [
        'Ready=False NotAllowed',
        'AccessGranted=Unknown NotAllowed',
        'Stalled=True NotAllowed',
        'Verified=Unknown NotAllowed',
      ],
    ],
    [
      'that access is being taken away',
      { integration: deleted },
      answer(),
      ['Ready=Unknown Revoking', 'AccessGranted=Unknown Revoking', 'Verified=Unknown Revoking'],
    ],
    [
      'that it has expired and is gone',
      { integration: expired },
      answer({ present: false }),
      ['Ready=False Expired', 'AccessGranted=False Expired'],
    ],
    [
      'that it has expired and cannot be taken away',
      { integration: expired },
      answer({ fault: denied }),
      [
        'Ready=False AccessDenied',
        'AccessGranted=Unknown AccessDenied',
        'Stalled=True AccessDenied',
        'Verified=Unknown AccessDenied',
      ],
    ],
  ]
  for (const [name, input, report, expected] of cases) {
    it(name, () => assert.deepEqual(conditions(status(input, report)), expected))
  }

  it('Ready=True for no mixture that has anything but True in it', () => {
    for (const state of ['Applied', 'Adopted', 'Missing'] as const) {
      for (const check of [passed, failed, untried]) {
        const fault = state === 'Missing' ? denied : undefined
        const made = status({}, answer({ documents: [{ ...applied, state, fault }], checks: [check], fault }))
        const others = made.conditions?.filter(({ type }) => type !== 'Ready') ?? []
        const ready = made.conditions?.find(({ type }) => type === 'Ready')?.status
        assert.equal(
          ready === 'True',
          others.every(({ status: value }) => value === 'True'),
        )
      }
    }
  })
})

describe('a status', () => {
  it('is the same for the same knowledge, whatever the hour', () => {
    const first = status({}, answer())
    assert.deepEqual(reportStatus(first, resolve(anInput()), answer(), '2027-01-01T00:00:00.000Z'), first)
  })

  it('keeps the time of a transition until the next', () => {
    const first = status({}, answer())
    const later = reportStatus(
      first,
      resolve(anInput()),
      answer({ checks: [failed] }),
      '2027-01-01T00:00:00.000Z',
    )
    const times = Object.fromEntries(
      (later.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime.slice(0, 4)]),
    )
    assert.deepEqual(times, { Ready: '2027', AccessGranted: '2026', Verified: '2027' })
  })

  it('shows at most twenty changes of a plan and counts the rest', () => {
    const change = {
      target: 's3://street-scenes',
      document: 'bucket policy',
      action: 'Add',
      owner: 'a/b',
      mark: 'm',
      summary: 's',
    } as const
    const { plan } = status(
      { integration: anIntegration({ mode: 'Plan' }) },
      answer({ pending: Array(25).fill(change) }),
    )
    assert.deepEqual([plan?.changes?.length, plan?.truncated], [20, 5])
  })

  it('waits for the answer instead of flapping, once it has said something', () => {
    const resolution = resolve(anInput())
    assert.equal(isWaiting(undefined, resolution, undefined), false)
    assert.equal(isWaiting(status({}, answer()), resolution, undefined), true)
    assert.equal(isWaiting(status({}, answer()), resolution, answer()), false)
  })
})

describe('the question of a resolution', () => {
  const question = (input: Partial<ResolveInput>): string =>
    partiesOf(resolve(anInput(input)))
      .map(questionOf)
      .join()
  it('changes with what is asked, and with a recreated object', () => {
    const plain = question({})
    const others = [
      { integration: deleted },
      { integration: anIntegration({}, { uid: 'another' }) },
      { integration: anIntegration({ s3: { bucket: 'street-scenes', prefix: 'b/' } }) },
      { integration: anIntegration({ mode: 'Plan' }) },
    ]
    for (const input of others) assert.notEqual(question(input), plain)
  })
  it('does not change with what the cloud never sees', () => {
    assert.equal(
      question({ integration: anIntegration({}, { generation: 9, labels: { a: 'b' } }) }),
      question({}),
    )
  })
})

describe('what the vendor’s form asks for', () => {
  it('is told once the access stands, with the bucket’s own region', async () => {
    const vendor = parse(
      readFileSync(new URL('../../deploy/vendors/segments-ai.yaml', import.meta.url), 'utf8'),
    )
    const { outputs, nextStep } = status({ vendor }, answer({ facts: { region: 'us-east-2' } }))
    assert.equal(outputs?.region, 'us-east-2')
    assert.match(nextStep ?? '', /street-scenes\.s3\.us-east-2\.amazonaws\.com/)
  })
  it('is not told while the access is not there', () => {
    const made = status({}, answer({ fault: denied, documents: [] }))
    assert.deepEqual([made.outputs, made.nextStep], [undefined, undefined])
  })
})

describe('what was told', () => {
  const told = { observedGeneration: 1, outputs: { externalId: 'x' }, nextStep: 'Paste it.' }

  it('stays while a fault lasts: the vendor has it, and a lost external ID is known from it', () => {
    const { outputs, nextStep } = status({}, answer({ fault: throttled }), told)
    assert.deepEqual({ outputs, nextStep }, { outputs: told.outputs, nextStep: told.nextStep })
  })
  it('goes when it was told for another spec', () => {
    assert.equal(
      status({}, answer({ fault: throttled }), { ...told, observedGeneration: 0 }).outputs,
      undefined,
    )
  })
  it('goes with the access', () => {
    assert.equal(status({ integration: expired }, answer({ fault: throttled }), told).outputs, undefined)
  })
})

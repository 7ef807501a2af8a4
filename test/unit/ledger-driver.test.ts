/** Whose an entry is where the document cannot say it: against a simulated cloud that fails at every point. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FaultError } from '../../src/api/fault.ts'
import type { Target, TargetDriver } from '../../src/clouds/cloud.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import type { LedgerLines } from '../../src/plan/ledger.ts'
import { sealed } from '../../src/plan/ledger-seal.ts'
import { digest, markOf } from '../../src/plan/mark.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import type { ObservedDocument, TargetInput } from '../../src/plan/plan-target.ts'
import { applyPlan } from '../../src/reconcile/apply-plan.ts'
import { LedgerDriver } from '../../src/reconcile/ledger-driver.ts'
import { hasPage, linesOf, withLines } from '../../src/reconcile/ledger-text.ts'
import type { Ledgers } from '../../src/reconcile/ledgers.ts'

interface Line {
  readonly mark?: string
  readonly text: string
}

const kind: DocumentKind<Line> = {
  name: 'Cors',
  label: 'list',
  entryLabel: 'line',
  ledger: true,
  shares: true,
  mark: ({ mark }) => mark,
  withMark: ({ text }, mark) => ({ mark, text }),
  meaning: ({ text }) => text,
  identity: ({ mark, text }) => JSON.stringify([mark, text]),
  breach: () => undefined,
  summary: ({ text }) => text,
}

const target: Target = { kind: 'GcsBucket', key: 'gs://clips', name: 'gs://clips', bucket: 'clips' }
const INSTALLATION = 'installation'
const OWNERS = ['a/x', 'a/y', 'b/z'] as const
const never = new AbortController().signal

/** What fails during one write, and what a stranger adds in the moment before it. */
type Mishap =
  | 'None'
  | 'LostAnswer'
  | 'NotCarriedOut'
  | 'GuardDidNotHold'
  | 'DiesBefore'
  | 'DiesAfter'
  | 'LedgerRefuses'

class Death extends Error {}

/** A cloud that holds lines, and a cluster that holds ledgers. */
class Simulation {
  lines: string[]
  readonly annotations = new Map<string, string | undefined>()
  readonly strangers: string[]
  mishap: Mishap = 'None'
  intruder = ''

  constructor(strangers: readonly string[]) {
    this.strangers = [...strangers]
    this.lines = [...strangers]
  }

  readonly ledgers: Ledgers = {
    key: async () => 'the operator’s own',
    restored: async (integration) => integration,
    forget: () => undefined,
    ownersAt: ({ key }) =>
      [...this.annotations].flatMap(([owner, text]) => (hasPage(text, key) ? [owner] : [])),
    linesOf: (owner, { key }, document) => linesOf(this.annotations.get(owner), key, document),
    save: async (owner, { key }, document, lines) => {
      if (this.#happens('LedgerRefuses')) throw fault({ notWritten: true })
      this.annotations.set(owner, withLines(this.annotations.get(owner), key, document, lines))
    },
  }

  readonly driver: TargetDriver = {
    read: async () => [{ kind, document: this.#document() } as unknown as ObservedDocument],
    write: async ({ after }) => {
      if (this.#happens('DiesBefore')) throw new Death()
      if (this.#happens('NotCarriedOut')) throw fault({})
      if (this.#happens('GuardDidNotHold')) {
        this.strangerAdds(this.intruder)
        throw fault({ notWritten: true })
      }
      this.lines = encoded(after as Document<Line>)
      if (this.#happens('LostAnswer')) throw fault({})
      if (this.#happens('DiesAfter')) throw new Death()
    },
    facts: () => ({}),
    probe: async () => [],
  }

  strangerAdds(text: string): void {
    if (this.lines.includes(text)) return
    this.lines.push(text)
    this.strangers.push(text)
  }

  /** One pass; true when nothing failed. */
  async pass(
    wants: ReadonlyMap<string, readonly string[]>,
    stances: ReadonlyMap<string, Stance>,
  ): Promise<boolean> {
    const scope = { ledgers: this.ledgers, installation: INSTALLATION, target, owners: OWNERS }
    const driver = new LedgerDriver(this.driver, scope)
    const participants = OWNERS.map((owner) => ({
      owner,
      stance: stances.get(owner) ?? ('Leaves' as const),
      entries: (wants.get(owner) ?? []).map((text, n) => ({
        document: 'Cors' as const,
        name: `entry ${n}`,
        body: { text },
      })),
    }))
    try {
      const documents = await driver.read(['Cors'], never)
      const input: TargetInput = {
        installation: INSTALLATION,
        target: target.name,
        documents,
        fresh: '',
        participants,
      }
      const applied = await applyPlan(driver, input, performance.now(), () => undefined, never)
      await driver.settle(applied.documents, never)
      return applied.faults.size === 0
    } catch (error) {
      if (error instanceof Death || error instanceof FaultError) return false
      throw error
    }
  }

  #document(): Document<Line> {
    return { entries: this.lines.map((text) => ({ text })), envelope: null }
  }

  #happens(mishap: Mishap): boolean {
    if (this.mishap !== mishap) return false
    this.mishap = 'None'
    return true
  }
}

function encoded({ entries }: Document<Line>): string[] {
  const marked = entries.filter(({ mark }) => mark !== undefined).map(({ text }) => text)
  const foreign = entries.filter(({ mark }) => mark === undefined).map(({ text }) => text)
  return [...foreign, ...new Set(marked.filter((text) => !foreign.includes(text)))]
}

function fault({ notWritten }: { readonly notWritten?: true }): FaultError {
  return new FaultError({ reason: 'CloudUnavailable', message: 'no', retry: 'Backoff', notWritten })
}

const text = fc.constantFrom('p', 'q', 'r', 's')
const mishap = fc.constantFrom<Mishap>(
  'None',
  'LostAnswer',
  'NotCarriedOut',
  'GuardDidNotHold',
  'DiesBefore',
  'DiesAfter',
  'LedgerRefuses',
)
const step = fc.record({
  mishap,
  intruder: text,
  wants: fc.array(fc.tuple(fc.constantFrom(...OWNERS), fc.uniqueArray(text, { maxLength: 3 })), {
    maxLength: 3,
  }),
  stances: fc.array(
    fc.tuple(fc.constantFrom(...OWNERS), fc.constantFrom<Stance>('Wants', 'Keeps', 'Leaves')),
  ),
})

/** Every step with its mishap, then again without one; at the end everybody leaves. */
async function live(
  foreign: readonly string[],
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
): Promise<void> {
  const simulation = new Simulation(foreign)
  for (const { mishap, intruder, ...asked } of steps) {
    const [wants, stances] = [new Map(asked.wants), new Map(asked.stances)]
    Object.assign(simulation, { mishap, intruder })
    await simulation.pass(wants, stances)
    assertStrangersStand(simulation)
    simulation.mishap = 'None'
    assert.ok(await simulation.pass(wants, stances))
    assertStrangersStand(simulation)
    assertServed(simulation, wants, stances)
  }
  assert.ok(await simulation.pass(new Map(), new Map()))
  assert.deepEqual(simulation.lines.toSorted(), simulation.strangers.toSorted())
  assert.deepEqual([...simulation.annotations.values()].filter(Boolean), [])
}

function assertStrangersStand({ lines, strangers }: Simulation): void {
  for (const theirs of strangers) assert.ok(lines.includes(theirs), `a stranger’s ${theirs} is gone`)
}

function assertServed(
  { lines }: Simulation,
  wants: ReadonlyMap<string, readonly string[]>,
  stances: ReadonlyMap<string, Stance>,
): void {
  for (const [owner, texts] of wants) {
    if (stances.get(owner) !== 'Wants') continue
    for (const wanted of texts) assert.ok(lines.includes(wanted), `${owner} lacks ${wanted}`)
  }
}

describe('entries whose owners only ledgers know', () => {
  it('come and go, whatever fails, and strangers’ entries stay and are the only ones at the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 2 }), fc.array(step, { maxLength: 6 }), live),
      { numRuns: 400 },
    )
  })

  it('that two need alike are written once, and go with the last of them', async () => {
    const simulation = new Simulation(['theirs'])
    const wants = new Map([
      ['a/x', ['p']],
      ['a/y', ['p']],
    ])
    await simulation.pass(
      wants,
      new Map([
        ['a/x', 'Wants'],
        ['a/y', 'Wants'],
      ]),
    )
    assert.deepEqual(simulation.lines, ['theirs', 'p'])
    await simulation.pass(wants, new Map([['a/y', 'Wants']]))
    assert.deepEqual(simulation.lines, ['theirs', 'p'])
    await simulation.pass(wants, new Map())
    assert.deepEqual(simulation.lines, ['theirs'])
  })

  it('that a stranger had before stay when we leave', async () => {
    const simulation = new Simulation(['p'])
    await simulation.pass(new Map([['a/x', ['p']]]), new Map([['a/x', 'Wants']]))
    await simulation.pass(new Map(), new Map())
    assert.deepEqual(simulation.lines, ['p'])
  })

  it('of one that nobody knows to be here any more stay, also when all others leave', async () => {
    const simulation = new Simulation([])
    const wants = new Map([
      ['a/x', ['p']],
      ['gone/away', ['p']],
    ])
    await simulation.pass(wants, new Map([['a/x', 'Wants']]))
    const [mark = ''] = [markOf(INSTALLATION, target.name, 'gone/away', 'entry 0')]
    const lines = sealed({ [mark]: [digest(16, 'entry', 'p')] }, 'Cors', 'the operator’s own')
    simulation.annotations.set('gone/away', withLines(undefined, target.key, 'Cors', lines))
    await simulation.pass(new Map(), new Map())
    assert.deepEqual(simulation.lines, ['p'])
    assert.equal(simulation.annotations.get('a/x'), undefined)
    assert.notEqual(simulation.annotations.get('gone/away'), undefined)
  })

  it('are not another integration’s that carries a copy of the ledger', async () => {
    const simulation = new Simulation([])
    await simulation.pass(new Map([['a/x', ['p']]]), new Map([['a/x', 'Wants']]))
    simulation.annotations.set('b/z', simulation.annotations.get('a/x'))
    const stances = new Map<string, Stance>([
      ['a/x', 'Wants'],
      ['b/z', 'Leaves'],
    ])
    await simulation.pass(new Map([['a/x', ['p']]]), stances)
    assert.deepEqual(simulation.lines, ['p'])
    assert.equal(simulation.annotations.get('b/z'), undefined)
  })
})

describe('a line that somebody made up', () => {
  const mark = markOf(INSTALLATION, target.name, 'a/x', 'entry 0')
  const said = digest(16, 'entry', 'theirs')
  const own = sealed({ [mark]: [digest(16, 'entry', 'p')] }, 'Cors', 'the operator’s own')[mark] ?? []
  const cases: readonly (readonly [string, string])[] = [
    ['without a seal', said],
    ['with an empty seal', `${said}.`],
    ['with a seal of another key', sealed({ [mark]: [said] }, 'Cors', 'guessed')[mark]?.[0] ?? ''],
    [
      'with a seal for another document',
      sealed({ [mark]: [said] }, 'BucketIam', 'the operator’s own')[mark]?.[0] ?? '',
    ],
    ['with the seal of a line of its own', `${said}.${own[0]?.split('.')[1]}`],
  ]
  for (const [name, line] of cases) {
    it(`${name} gives nobody a stranger’s entry to take away`, async () => {
      const simulation = new Simulation(['theirs'])
      simulation.annotations.set('a/x', withLines(undefined, target.key, 'Cors', { [mark]: [line] }))
      await simulation.pass(new Map([['a/x', ['p']]]), new Map([['a/x', 'Wants']]))
      assert.deepEqual(simulation.lines, ['theirs', 'p'])
      await simulation.pass(new Map(), new Map())
      assert.deepEqual(simulation.lines, ['theirs'])
    })
  }
})

describe('a ledger’s text', () => {
  const lines: LedgerLines = { MooringA: ['1', '2'] }
  const cases: readonly (readonly [string, string | undefined, LedgerLines])[] = [
    ['absent has no lines', undefined, {}],
    ['that is no JSON has none', 'so', {}],
    ['of another form has none', '["gs://clips"]', {}],
    ['has the lines of a document', JSON.stringify({ 'gs://clips': { Cors: lines } }), lines],
    ['of another target says nothing', JSON.stringify({ 'gs://other': { Cors: lines } }), {}],
  ]
  for (const [name, given, expected] of cases)
    it(name, () => assert.deepEqual(linesOf(given, 'gs://clips', 'Cors'), expected))

  it('keeps what concerns other documents and targets', () => {
    const both = withLines(withLines(undefined, 'gs://b', 'Cors', lines), 'gs://a', 'BucketIam', lines)
    const cut = withLines(both, 'gs://a', 'BucketIam', {})
    assert.deepEqual([linesOf(cut, 'gs://b', 'Cors'), linesOf(cut, 'gs://a', 'BucketIam')], [lines, {}])
    assert.equal(withLines(cut, 'gs://b', 'Cors', {}), undefined)
  })
})

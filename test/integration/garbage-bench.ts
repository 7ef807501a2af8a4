/** A target behind proxies that can spoil one request of a pass, and what must hold then; one file of tests for each cloud. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import type { CloudSession } from '../../src/clouds/cloud.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { canonicalJson } from '../../src/plan/json.ts'
import { attributed, joinedLines, type LedgerLines, linesIn } from '../../src/plan/ledger.ts'
import { claimedIn, type ObservedDocument, type Participant, planTarget } from '../../src/plan/plan-target.ts'
import { type HttpProxy, PASS, type ProxiedRequest, startHttpProxy } from '../rig/http-proxy.ts'
import { FALSE_FAILURES, FALSE_SUCCESSES, type Garbage, SHORT_SUCCESSES } from './garbage.ts'
import type { Scene } from './garbage-scenes.ts'
import { INSTALLATION, never } from './ledger-pass.ts'

const OWNER = 'perception/one'
const OPEN_HOOKS = { fence: () => undefined, onCall: () => undefined }

type Stance = 'Wants' | 'Leaves'

/** A request by its kind, and the how-manieth of that kind it is: `GET b/clips?fields #2`. */
type Call = string

interface Spoilt {
  readonly call: Call
  readonly garbage: Garbage
}

class Bench {
  readonly #scene: Scene
  readonly #proxies: HttpProxy[] = []
  readonly #calls: Call[] = []
  #spoilt: Spoilt | undefined
  #lines: Readonly<Partial<Record<DocumentName, LedgerLines>>> = {}

  constructor(scene: Scene) {
    this.#scene = scene
  }

  async start(): Promise<void> {
    for (const upstream of this.#scene.upstreams) {
      const proxy = await startHttpProxy(upstream, {
        after: (request, answer) => {
          const call = this.#named(request)
          return this.#spoilt?.call === call ? this.#spoilt.garbage.of(answer) : PASS
        },
      })
      this.#proxies.push(proxy)
    }
  }

  async stop(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop()
  }

  #named(request: ProxiedRequest): Call {
    const kind = kindOf(request)
    const nth = this.#calls.filter((call) => call.startsWith(`${kind} #`)).length + 1
    const call = `${kind} #${nth}`
    this.#calls.push(call)
    return call
  }

  /** Does something with a new session while one call is spoilt, and tells which calls it made. */
  async during<T>(
    act: (session: CloudSession) => Promise<T>,
    spoilt?: Spoilt,
  ): Promise<{ readonly calls: readonly Call[]; readonly result: T | FaultError }> {
    this.#calls.length = 0
    this.#spoilt = spoilt
    const addresses = this.#proxies.map(({ endpoint }) => endpoint)
    const session = await this.#scene.open(addresses, OPEN_HOOKS)
    try {
      const result = await act(session).catch((error: unknown) => {
        if (error instanceof FaultError) return error
        throw error
      })
      return { calls: [...this.#calls], result }
    } finally {
      this.#spoilt = undefined
      session.close()
    }
  }

  look(spoilt?: Spoilt) {
    return this.during((session) => this.#read(session, 'Wants'), spoilt)
  }

  pass(stance: Stance, spoilt?: Spoilt) {
    return this.during((session) => this.#serve(session, stance), spoilt)
  }

  /** A pass in which nothing goes wrong. */
  async mustPass(stance: Stance): Promise<readonly Call[]> {
    const { calls, result } = await this.pass(stance)
    assert.equal(result, undefined, `${stance}: ${result}`)
    return calls
  }

  #claims(stance: Stance) {
    const entries = stance === 'Wants' ? this.#scene.entries : []
    const participants: Participant[] = [{ owner: OWNER, stance, entries }]
    return { installation: INSTALLATION, target: this.#scene.target.name, participants }
  }

  async #read(session: CloudSession, stance: Stance): Promise<ObservedDocument[]> {
    await session.identity(never)
    const { target, documents } = this.#scene
    const seen = await session.open(target).read(documents, never, claimedIn(this.#claims(stance)))
    return seen.map((found) => this.#attributed(found))
  }

  #attributed(found: ObservedDocument): ObservedDocument {
    const { kind, document } = found
    if (kind.ledger !== true) return found
    return { ...found, document: attributed(kind, document, [this.#lines[kind.name] ?? {}]) }
  }

  /** Reads, plans, and writes what changes, each document's ledger first. */
  async #serve(session: CloudSession, stance: Stance): Promise<void> {
    await session.identity(never)
    const { target, documents } = this.#scene
    const driver = session.open(target)
    const seen = await driver.read(documents, never, claimedIn(this.#claims(stance)))
    const observed = seen.map((found) => this.#attributed(found))
    const plan = planTarget({ ...this.#claims(stance), fresh: '', documents: observed })
    assert.deepEqual([...plan.refused], [])
    for (const one of plan.documents.filter(({ changes }) => changes.length > 0)) {
      const [had, has] = [linesIn(one.kind, one.before), linesIn(one.kind, one.after)]
      this.#lines = { ...this.#lines, [one.kind.name]: joinedLines(had, has) }
      await driver.write(one, never)
      this.#lines = { ...this.#lines, [one.kind.name]: has }
    }
  }
}

function kindOf({ method, url, headers, body }: ProxiedRequest): string {
  const { pathname, searchParams } = new URL(url, 'http://cloud')
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  const place = pathname.split('/').slice(-2).join('/')
  return (
    headers['x-amz-target']?.toString() ??
    (isForm ? new URLSearchParams(body.toString()).get('Action') : undefined) ??
    `${method} ${place}?${[...searchParams.keys()].sort().join('&')}`
  )
}

const textOf = (documents: readonly ObservedDocument[]): string =>
  canonicalJson(documents.map(({ kind, document }) => [kind.name, document]))

/** What says that something is missing, or must be changed by hand: not to be said because of a page on the way. */
const SAYS_TOO_MUCH = /NotFound|Conflict|WrongAccount|AwaitingConsent|InvalidSpec/

/** What is wrong with what was made of a spoilt answer; undefined where nothing is. */
function wrongIn(result: ObservedDocument[] | FaultError, truth: string): string | undefined {
  if (result instanceof FaultError)
    return SAYS_TOO_MUCH.test(result.fault.reason) ? `told as ${result.fault.reason}` : undefined
  return textOf(result) === truth ? undefined : 'read as a document'
}

async function wrongReads(bench: Bench): Promise<readonly [readonly Call[], readonly string[]]> {
  const { calls, result } = await bench.look()
  assert.ok(!(result instanceof FaultError), String(result))
  const wrong: string[] = []
  for (const call of calls) {
    for (const garbage of [...FALSE_SUCCESSES, ...FALSE_FAILURES]) {
      const spoilt = await bench.look({ call, garbage })
      const why = wrongIn(spoilt.result, textOf(result))
      if (why !== undefined) wrong.push(`${call}, ${garbage.name}: ${why}`)
    }
  }
  return [calls, wrong]
}

/** One spoilt answer in a pass, and the clean passes that end it. What was there in the beginning must be there in the end. */
async function wrongPass(
  bench: Bench,
  scene: Scene,
  stance: Stance,
  spoilt: Spoilt,
): Promise<string | undefined> {
  const start = canonicalJson(await scene.now())
  if (stance === 'Leaves') await bench.mustPass('Wants')
  await bench.pass(stance, spoilt)
  await bench.mustPass('Leaves')
  const end = canonicalJson(await scene.now())
  return end === start ? undefined : `${stance}, ${spoilt.call}, ${spoilt.garbage.name}: ${end}`
}

/** Requests that a pass makes and a look does not: its writes, and what it reads between them. */
async function writingCalls(bench: Bench): Promise<readonly (readonly [Stance, Call])[]> {
  const { calls: reads } = await bench.look()
  const joining = await bench.mustPass('Wants')
  const leaving = await bench.mustPass('Leaves')
  const beyond = (calls: readonly Call[]) => calls.filter((call) => !reads.includes(call))
  return [
    ...beyond(joining).map((call) => ['Wants', call] as const),
    ...beyond(leaving).map((call) => ['Leaves', call] as const),
  ]
}

async function wrongPasses(
  bench: Bench,
  scene: Scene,
  calls: readonly (readonly [Stance, Call])[],
): Promise<readonly string[]> {
  const isSlow = scene.isSlow === true
  const wrong: (string | undefined)[] = []
  for (const [stance, call] of calls.filter(([, one]) => !isSlow || one.startsWith('GET '))) {
    for (const garbage of SHORT_SUCCESSES.slice(0, isSlow ? 1 : undefined))
      wrong.push(await wrongPass(bench, scene, stance, { call, garbage }))
  }
  return wrong.filter((why) => why !== undefined)
}

export function garbageTests(cloud: string, make: () => Promise<readonly Scene[]>): void {
  describe(`on ${cloud}, an answer that is none`, async () => {
    for (const scene of await make()) {
      describe(`about ${scene.name}`, () => {
        const bench = new Bench(scene)
        before(() => bench.start())
        after(() => bench.stop())

        it('in the place of any read is no document, and nothing is said to be missing', async (t) => {
          await bench.mustPass('Wants')
          const [calls, wrong] = await wrongReads(bench)
          await bench.mustPass('Leaves')
          t.diagnostic(calls.join(', '))
          assert.deepEqual(wrong, [])
        })

        it('in the middle of a write leaves strangers what they have, and ours goes in the end', async (t) => {
          const calls = await writingCalls(bench)
          t.diagnostic(calls.map((call) => call.join(' ')).join(', '))
          assert.deepEqual(await wrongPasses(bench, scene, calls), [])
        })
      })
    }
  })
}

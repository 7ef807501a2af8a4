import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { markOf, parseMark } from '../../plan/mark.ts'
import {
  decodePrincipal,
  type FoundPrincipal,
  principalStep,
  servicePrincipalKind,
} from './service-principal.ts'

const CLIENT = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'
const mark = markOf('i', 't', 'a/x', 'e')
const own = `mooring:${parseMark(mark)?.installation}`
const about = { clientId: CLIENT, tenantId: 't', authority: 'https://login.microsoftonline.com' }
const principal = (...tags: string[]): FoundPrincipal => ({ id: 'object-1', tags })

/** What is done when the only one who needs it leaves, or comes. */
function step(found: FoundPrincipal | null, removes: boolean, deed: 'Leaves' | 'Comes') {
  const read = decodePrincipal(
    { ...about, found, creates: true },
    removes,
    deed === 'Comes' ? mark : undefined,
  )
  const marked = { ...read, entries: [{ mark, part: read.entries[0]?.part ?? { clientId: CLIENT } }] }
  return deed === 'Leaves' ? principalStep(marked, { ...read, entries: [] }) : principalStep(read, marked)
}

describe('a service principal', () => {
  const cases: readonly (readonly [string, FoundPrincipal | null, boolean, 'Leaves' | 'Comes', unknown])[] = [
    ['that is missing is made with the installation’s tag', null, false, 'Comes', { do: 'Create', tag: own }],
    ['that is there is left as it is', principal(), true, 'Comes', undefined],
    [
      'of ours that may be removed goes',
      principal('x', own),
      true,
      'Leaves',
      { do: 'Delete', id: 'object-1' },
    ],
    ['of ours that may not be removed stays', principal(own), false, 'Leaves', undefined],
    ['of a stranger stays', principal('HideApp'), true, 'Leaves', undefined],
    ['of another installation stays', principal('mooring:00000000'), true, 'Leaves', undefined],
    [
      'of another installation gets the tag of one that uses it, too',
      principal('mooring:00000000'),
      true,
      'Comes',
      { do: 'Tag', id: 'object-1', tags: ['mooring:00000000', own] },
    ],
    [
      'that another installation uses stays, and loses the tag of the one that leaves',
      principal('x', own, 'mooring:00000000'),
      true,
      'Leaves',
      { do: 'Tag', id: 'object-1', tags: ['x', 'mooring:00000000'] },
    ],
    ['that is gone already needs nothing', null, true, 'Leaves', undefined],
  ]
  for (const [name, found, removes, deed, expected] of cases)
    it(name, () => assert.deepEqual(step(found, removes, deed), expected))

  it('says whether it stays', () => {
    const said = [true, false].map((removes) => {
      const { entries } = decodePrincipal(
        { ...about, found: principal(own), creates: true },
        removes,
        undefined,
      )
      return entries.map((entry) => servicePrincipalKind.summary(entry)).join()
    })
    assert.deepEqual(said, [
      `service principal of application ${CLIENT}`,
      `use of the service principal of application ${CLIENT}, which stays`,
    ])
  })
})

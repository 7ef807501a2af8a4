import { installationTag, ownerTag, parseMark } from './mark.ts'

/**
 * What an integration asks of a target now.
 *
 * - `Wants`: its entries are to be there as claimed.
 * - `Keeps`: nothing of it is touched (suspended, Plan, not resolvable, refused): what it has, it keeps.
 * - `Leaves`: its entries go (deleted or expired): a seen departure.
 */
export type Stance = 'Wants' | 'Keeps' | 'Leaves'

/**
 * To whom an entry belongs, decided here and nowhere else.
 *
 * | entry                                                     | standing |
 * |-----------------------------------------------------------|----------|
 * | no mark, another installation's, or another target's mark  | Foreign  |
 * | our mark, owner is not at this target                      | Orphan   |
 * | our mark, owner keeps                                      | Kept     |
 * | our mark, owner leaves                                     | Departed |
 * | our mark, owner wants (this entry or another)              | Wanted   |
 *
 * Foreign, Orphan and Kept entries are never changed. An orphan's integration does not exist or speaks of another
 * target (a restore in progress, a finalizer taken off by force): only a seen departure removes.
 */
export type Standing =
  | { readonly kind: 'Foreign' }
  | { readonly kind: 'Orphan' }
  | { readonly kind: 'Kept' | 'Departed' | 'Wanted'; readonly owner: string }

/** Decides the standing of a mark at one target. */
export type Ownership = (mark: string | undefined) => Standing

const STANDING_OF = { Wants: 'Wanted', Keeps: 'Kept', Leaves: 'Departed' } as const

/**
 * Ownership at `target` for one installation.
 *
 * @param stances every integration that names this target, by namespace/name.
 */
export function ownershipAt(
  installation: string,
  target: string,
  stances: ReadonlyMap<string, Stance>,
): Ownership {
  const ours = installationTag(installation, target)
  const owners = new Map([...stances.keys()].map((owner) => [ownerTag(installation, target, owner), owner]))
  return (text) => {
    const mark = parseMark(text)
    if (mark === undefined || mark.installation !== ours) return { kind: 'Foreign' }
    const owner = owners.get(mark.owner)
    const stance = owner === undefined ? undefined : stances.get(owner)
    if (owner === undefined || stance === undefined) return { kind: 'Orphan' }
    return { kind: STANDING_OF[stance], owner }
  }
}

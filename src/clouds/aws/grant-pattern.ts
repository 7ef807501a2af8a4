/**
 * Patterns of the policy language: `*` is any text, `?` any one character.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */

/** True when some text fits both patterns. */
export function overlap(a: string, b: string): boolean {
  let reachable = closed([0], b)
  for (const char of a) {
    reachable = char === '*' ? fromFirst(reachable, b) : closed(stepped(reachable, char, b), b)
    if (reachable.length === 0) return false
  }
  return reachable.includes(b.length)
}

/** True when every text that fits `inner` fits `outer`; misses that `a*?` covers `a?*`, which nobody writes. */
export function covers(outer: string, inner: string): boolean {
  let reachable = closed([0], outer)
  for (const char of inner) {
    const next = reachable.flatMap((at) => {
      if (outer[at] === '*') return [at]
      return outer[at] === char || (outer[at] === '?' && char !== '*') ? [at + 1] : []
    })
    reachable = closed(next, outer)
    if (reachable.length === 0) return false
  }
  return reachable.includes(outer.length)
}

/** Places in the pattern with those that are reached from them by letting a `*` stand for nothing. */
function closed(places: readonly number[], pattern: string): number[] {
  const all = new Set(places)
  for (const at of all) if (pattern[at] === '*') all.add(at + 1)
  return [...all]
}

/** Where one character of the other pattern leads. */
function stepped(places: readonly number[], char: string, pattern: string): number[] {
  return places.flatMap((at) => {
    if (pattern[at] === '*') return [at]
    const fits = at < pattern.length && (pattern[at] === char || pattern[at] === '?' || char === '?')
    return fits ? [at + 1] : []
  })
}

/** A `*` of the other pattern can swallow any of what is left. */
function fromFirst(places: readonly number[], pattern: string): number[] {
  const first = Math.min(...places)
  return Array.from({ length: pattern.length - first + 1 }, (_, index) => first + index)
}

/** A bad day: some requests are turned away as too many before they are carried out, and of some the answer is lost. */

/** Shares of all requests to Resource Manager and Graph, from 0 to 1. */
export interface AzureWeather {
  readonly throttle: number
  /** Of those that are not turned away: carried out, and then the connection is cut instead of an answer. */
  readonly loseAnswer: number
}

export interface Fate {
  readonly isThrottled: boolean
  readonly isLost: boolean
}

export interface Weather {
  set(rates: Partial<AzureWeather>): void
  /** Of the next request; it depends on how many came before and on the rates alone. */
  next(): Fate
}

export function makeWeather(): Weather {
  const state = { count: 0, throttle: 0, loseAnswer: 0 }
  // Both are drawn for every request, so that a rate that changes does not shift the fate of the later ones.
  const chance = () => {
    state.count += 1
    return mixed(state.count)
  }
  return {
    set: (rates) => Object.assign(state, rates),
    next() {
      const [first, second] = [chance(), chance()]
      return { isThrottled: first < state.throttle, isLost: second < state.loseAnswer }
    },
  }
}

/** From 0 to 1, the same for the same number (the mixing step of mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
function mixed(count: number): number {
  const state = Math.imul(count, 0x6d2b79f5)
  let value = Math.imul(state ^ (state >>> 15), state | 1)
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
  return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
}

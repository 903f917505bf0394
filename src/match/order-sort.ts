// Few rules match an event, and mostly they joined not far from one another: then they are put into order by writing
// each where it belongs and reading the bits of the places that were written.

/** From this many on bits are faster than moving one after the other. */
const BY_PLACE_MIN = 8
/** How far apart, in multiples of 32, the first and the last may lie. */
const WORDS_MAX = 64
const SORTED_BY_HAND_MAX = 32

interface Ordered {
  readonly order: number
}

export class OrderSort<Item extends Ordered> {
  readonly #words = new Int32Array(WORDS_MAX)
  readonly #places: Item[] = []

  /** Sorts the first `count` items, of which no two are of one order. */
  sort(items: Item[], count: number): void {
    let lowest = items[0]!.order
    let highest = lowest
    let isSorted = true
    for (let index = 1; index < count; index += 1) {
      const { order } = items[index]!
      if (order > highest) highest = order
      else isSorted = false
      if (order < lowest) lowest = order
    }
    if (isSorted) return
    if (count >= BY_PLACE_MIN && highest - lowest < WORDS_MAX * 32) {
      this.#sortByPlace(items, count, lowest)
    } else if (count <= SORTED_BY_HAND_MAX) sortByHand(items, count)
    else {
      const sorted = items.slice(0, count).sort((left, right) => left.order - right.order)
      for (let index = 0; index < count; index += 1) items[index] = sorted[index]!
    }
  }

  #sortByPlace(items: Item[], count: number, lowest: number): void {
    const words = this.#words
    const places = this.#places
    for (let index = 0; index < count; index += 1) {
      const item = items[index]!
      const place = item.order - lowest
      while (places.length <= place) places.push(item)
      places[place] = item
      words[place >>> 5]! |= 1 << place
    }
    let at = 0
    for (let word = 0; at < count; word += 1) {
      let bits = words[word]!
      words[word] = 0
      while (bits !== 0) {
        items[at] = places[(word << 5) + 31 - Math.clz32(bits & -bits)]!
        at += 1
        bits &= bits - 1
      }
    }
  }
}

function sortByHand(items: Ordered[], count: number): void {
  for (let index = 1; index < count; index += 1) {
    const item = items[index]!
    let at = index
    for (; at > 0 && items[at - 1]!.order > item.order; at -= 1) items[at] = items[at - 1]!
    items[at] = item
  }
}

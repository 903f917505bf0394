// What is due when: a binary heap by time that also finds and takes out an entry by its key.

export interface DueEntry {
  readonly key: string
  readonly fireMs: number
}

export class DueHeap<Entry extends DueEntry> {
  readonly #entries: Entry[] = []
  readonly #places = new Map<string, number>()

  get size(): number {
    return this.#entries.length
  }

  /** The entry that is due first. */
  peek(): Entry | undefined {
    return this.#entries[0]
  }

  get(key: string): Entry | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#entries[place]
  }

  /** Adds an entry, in place of the one that has its key. */
  put(entry: Entry): void {
    const place = this.#places.get(entry.key) ?? this.#entries.length
    this.#set(place, entry)
    this.#settle(place)
  }

  delete(key: string): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    const last = this.#entries.pop()!
    if (last.key === key) return
    this.#set(place, last)
    this.#settle(place)
  }

  pop(): Entry | undefined {
    const first = this.#entries[0]
    if (first !== undefined) this.delete(first.key)
    return first
  }

  #settle(place: number): void {
    let at = place
    while (at > 0 && this.#isBefore(at, (at - 1) >> 1)) at = this.#swap(at, (at - 1) >> 1)
    for (let child = this.#firstChild(at); child !== undefined; child = this.#firstChild(at)) {
      if (!this.#isBefore(child, at)) return
      at = this.#swap(at, child)
    }
  }

  /** The child that is due first. */
  #firstChild(at: number): number | undefined {
    const left = at * 2 + 1
    if (left >= this.#entries.length) return undefined
    const right = left + 1
    return right < this.#entries.length && this.#isBefore(right, left) ? right : left
  }

  #isBefore(a: number, b: number): boolean {
    return this.#entries[a]!.fireMs < this.#entries[b]!.fireMs
  }

  #swap(a: number, b: number): number {
    const entry = this.#entries[a]!
    this.#set(a, this.#entries[b]!)
    this.#set(b, entry)
    return b
  }

  #set(place: number, entry: Entry): void {
    this.#entries[place] = entry
    this.#places.set(entry.key, place)
  }
}

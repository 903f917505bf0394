// A set in order of addition, for members that come and go thousands of times a second. A Set would do, but V8
// lays it out anew every few dozen changes, and the old layout, garbage by then, goes on pointing to the new one:
// once one of them is old, every later one is kept with all that was in it, until the next full collection.
//
// Invariant: what has left points to no member, so that nothing that is over keeps alive what is not.

/** What a member holds of its neighbours; an object is in at most one LinkedSet at a time. */
export interface Linked<T> {
  next: T | undefined
  previous: T | undefined
  isLinked: boolean
}

export class LinkedSet<T extends Linked<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): T | undefined {
    return this.#first
  }

  add(member: T): void {
    if (member.isLinked) throw new Error('expected what is added to be in no set')
    member.isLinked = true
    member.previous = this.#last
    if (this.#last === undefined) this.#first = member
    else this.#last.next = member
    this.#last = member
    this.#size += 1
  }

  /** False when it was not there. */
  delete(member: T): boolean {
    if (!member.isLinked) return false
    const { next, previous } = member
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    member.next = undefined
    member.previous = undefined
    member.isLinked = false
    this.#size -= 1
    return true
  }

  /** The members as they are now, oldest first. */
  toArray(): T[] {
    const members: T[] = []
    for (let member = this.#first; member !== undefined; member = member.next) members.push(member)
    return members
  }
}

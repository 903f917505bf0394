// The names of all fields that joined patterns look at, as a tree: one node per key on the way, so that a scan of an
// event knows at every key whether anyone cares. A key with dots walks as many nodes as it has parts, because `a.b`
// and `a` holding `b` are the same field.

import { hashBytes, hashText, isAt } from './bytes.ts'

/** Children up to this many are compared one by one. */
const LISTED_MAX = 6

/** A key on the way to fields, and the field of that name when patterns look at it. */
export class NameNode<Field> {
  field: Field | undefined
  /** The last object that held this key, by its number; how a scan notices a key that comes again. */
  seenIn = 0
  readonly #names: string[] = []
  readonly #nodes: NameNode<Field>[] = []
  /** Where children are, by hash: one more than their index, 0 for none. None while they are listed. */
  #table: Int32Array | undefined

  get size(): number {
    return this.#names.length
  }

  /** The child whose key are these bytes, as written in the event, without escapes. */
  find(bytes: Uint8Array, start: number, end: number): NameNode<Field> | undefined {
    const length = end - start
    const names = this.#names
    const table = this.#table
    if (table === undefined) {
      for (let index = 0; index < names.length; index += 1) {
        const name = names[index]!
        if (name.length === length && isAt(bytes, start, name)) return this.#nodes[index]
      }
      return undefined
    }
    const mask = table.length - 1
    for (
      let slot = hashBytes(bytes, start, end) & mask;
      table[slot] !== 0;
      slot = (slot + 1) & mask
    ) {
      const index = table[slot]! - 1
      const name = names[index]!
      if (name.length === length && isAt(bytes, start, name)) return this.#nodes[index]
    }
    return undefined
  }

  *children(): Generator<readonly [name: string, node: NameNode<Field>]> {
    for (const [index, name] of this.#names.entries()) yield [name, this.#nodes[index]!]
  }

  get(name: string): NameNode<Field> | undefined {
    const index = this.#indexOf(name)
    return index < 0 ? undefined : this.#nodes[index]
  }

  add(name: string): NameNode<Field> {
    const node = new NameNode<Field>()
    this.#names.push(name)
    this.#nodes.push(node)
    const { length } = this.#names
    if (length <= LISTED_MAX) return node
    if (this.#table === undefined || length * 2 > this.#table.length) this.#rebuild()
    else this.#place(this.#table, length - 1)
    return node
  }

  remove(name: string): void {
    const index = this.#indexOf(name)
    if (index < 0) return
    const [lastName, lastNode] = [this.#names.pop()!, this.#nodes.pop()!]
    if (index < this.#names.length) {
      this.#names[index] = lastName
      this.#nodes[index] = lastNode
    }
    if (this.#table !== undefined) this.#rebuild()
  }

  #indexOf(name: string): number {
    const table = this.#table
    if (table === undefined) return this.#names.indexOf(name)
    const mask = table.length - 1
    for (let slot = hashText(name) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const index = table[slot]! - 1
      if (this.#names[index] === name) return index
    }
    return -1
  }

  #rebuild(): void {
    const { length } = this.#names
    this.#table = undefined
    if (length <= LISTED_MAX) return
    const table = new Int32Array(2 ** Math.ceil(Math.log2(length * 4)))
    for (let index = 0; index < length; index += 1) this.#place(table, index)
    this.#table = table
  }

  #place(table: Int32Array, index: number): void {
    const mask = table.length - 1
    let slot = hashText(this.#names[index]!) & mask
    while (table[slot] !== 0) slot = (slot + 1) & mask
    table[slot] = index + 1
  }
}

/** The node of `path` (keys joined with dots), made with what lies on the way. */
export function reachNode<Field>(root: NameNode<Field>, path: string): NameNode<Field> {
  let node = root
  for (const part of path.split('.')) node = node.get(part) ?? node.add(part)
  return node
}

/** The node that `key`, dots or none, leads to. */
export function followKey<Field>(root: NameNode<Field>, key: string): NameNode<Field> | undefined {
  let node: NameNode<Field> | undefined = root
  for (const part of key.split('.')) {
    node = node.get(part)
    if (node === undefined) return undefined
  }
  return node
}

/** Removes the field of `path`, and the nodes that led to nothing else. */
export function pruneNode<Field>(root: NameNode<Field>, path: string): void {
  const trail: [NameNode<Field>, string][] = []
  let node = root
  for (const part of path.split('.')) {
    trail.push([node, part])
    const child = node.get(part)
    if (child === undefined) return
    node = child
  }
  node.field = undefined
  for (const [parent, part] of trail.toReversed()) {
    const child = parent.get(part)
    if (child === undefined || child.field !== undefined || child.size > 0) return
    parent.remove(part)
  }
}

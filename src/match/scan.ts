// One pass over an event's bytes that picks out the values of the fields in a tree and skips the rest.
// It trusts that the bytes are JSON: where they are not it stops or reads on, within the bytes, always
// forward, and answers what it has.

import type { Elements } from './consistency.ts'
import { findChild, type FieldNode } from './field-tree.ts'
import { Leaf, type LeafKind } from './leaf.ts'
import { EVENT_DEPTH_MAX } from './limits.ts'
import { findStringEnd, unescapeText } from './text.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

export interface ScannedEvent<Field> extends Elements {
  readonly leaves: ReadonlyMap<Field, readonly Leaf[]>
}

/**
 * The leaves of `root`'s fields in the object that `bytes` hold, or undefined when they hold no object. Where each
 * outermost name is there once and has no dots, reading ends with the last one that is looked for.
 */
export function scanEvent<Field>(
  bytes: Buffer,
  root: FieldNode<Field>,
  isDistinct = false,
): ScannedEvent<Field> | undefined {
  const scan = new Scan<Field>(bytes)
  return scan.run(root, isDistinct) ? scan : undefined
}

class Scan<Field> implements ScannedEvent<Field> {
  readonly leaves: Map<Field, Leaf[]> = new Map()
  readonly arrays: number[] = []
  readonly parents: number[] = []
  readonly depths: number[] = []
  readonly #bytes: Buffer
  readonly #end: number
  #arrayCount = 0
  /** Outermost names that are still looked for; infinite when one may come again. */
  #wanted = Number.POSITIVE_INFINITY

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  run(root: FieldNode<Field>, isDistinct: boolean): boolean {
    const start = this.#skipSpace(0)
    if (this.#bytes[start] !== OPEN_OBJECT) return false
    if (isDistinct) this.#wanted = root.children.size
    this.#scanObject(start, root, -1, 1)
    return true
  }

  // Every scanner takes the offset where its thing begins and answers the offset behind it.
  #scanObject(start: number, node: FieldNode<Field>, element: number, depth: number): number {
    const bytes = this.#bytes
    let at = this.#skipSpace(start + 1)
    while (bytes[at] === QUOTE) {
      const keyEnd = findStringEnd(bytes, at, this.#end)
      const child = this.#findChild(node, at + 1, keyEnd)
      at = this.#skipSpace(keyEnd + 1)
      if (bytes[at] !== COLON) return this.#end
      at = this.#skipSpace(at + 1)
      at =
        child === undefined ? this.#skipValue(at) : this.#scanValue(at, child, element, depth + 1)
      if (depth === 1 && child !== undefined) {
        this.#wanted -= 1
        if (this.#wanted === 0) return this.#end
      }
      at = this.#skipSpace(at)
      if (bytes[at] !== COMMA) break
      at = this.#skipSpace(at + 1)
    }
    return bytes[at] === CLOSE_OBJECT ? at + 1 : this.#end
  }

  #findChild(node: FieldNode<Field>, start: number, end: number): FieldNode<Field> | undefined {
    const key = this.#bytes.toString('latin1', start, end)
    return findChild(node, key.includes('\\') ? unescapeText(key) : key)
  }

  #scanValue(start: number, node: FieldNode<Field>, element: number, depth: number): number {
    const first = this.#bytes[start]
    if (first === OPEN_OBJECT) {
      if (node.children.size === 0 || depth > EVENT_DEPTH_MAX) return this.#skipValue(start)
      return this.#scanObject(start, node, element, depth)
    }
    if (first === OPEN_ARRAY) {
      if (depth > EVENT_DEPTH_MAX) return this.#skipValue(start)
      return this.#scanArray(start, node, element, depth)
    }
    return this.#scanScalar(start, node, element)
  }

  #scanArray(start: number, node: FieldNode<Field>, parent: number, depth: number): number {
    const bytes = this.#bytes
    const array = this.#arrayCount
    this.#arrayCount += 1
    let at = this.#skipSpace(start + 1)
    if (bytes[at] === CLOSE_ARRAY) return at + 1
    while (at < this.#end) {
      let element = parent
      if (bytes[at] === OPEN_OBJECT || bytes[at] === OPEN_ARRAY) {
        element = this.arrays.length
        this.arrays.push(array)
        this.parents.push(parent)
        this.depths.push(parent < 0 ? 0 : this.depths[parent]! + 1)
      }
      at = this.#skipSpace(this.#scanValue(at, node, element, depth + 1))
      if (bytes[at] !== COMMA) break
      at = this.#skipSpace(at + 1)
    }
    return bytes[at] === CLOSE_ARRAY ? at + 1 : this.#end
  }

  #scanScalar(start: number, node: FieldNode<Field>, element: number): number {
    const first = this.#bytes[start]
    if (first === QUOTE) {
      const end = findStringEnd(this.#bytes, start, this.#end)
      this.#add(node, 'string', element, start + 1, end)
      return end + 1
    }
    const end = this.#skipScalar(start)
    const kind =
      first === 0x74 ? 'true' : first === 0x66 ? 'false' : first === 0x6e ? 'null' : 'number'
    if (end > start) this.#add(node, kind, element, start, end)
    return end > start ? end : this.#end
  }

  #add(node: FieldNode<Field>, kind: LeafKind, element: number, start: number, end: number): void {
    const { field } = node
    if (field === undefined) return
    const leaf = new Leaf(kind, element, this.#bytes, start, end)
    const leaves = this.leaves.get(field)
    if (leaves === undefined) this.leaves.set(field, [leaf])
    else leaves.push(leaf)
  }

  #skipValue(start: number): number {
    const bytes = this.#bytes
    const first = bytes[start]
    if (first === QUOTE) return findStringEnd(bytes, start, this.#end) + 1
    if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
      const end = this.#skipScalar(start)
      return end > start ? end : this.#end
    }
    let depth = 0
    for (let at = start; at < this.#end; at += 1) {
      const byte = bytes[at]!
      if (byte === QUOTE) at = findStringEnd(bytes, at, this.#end)
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1
        if (depth === 0) return at + 1
      }
    }
    return this.#end
  }

  // Numbers and literals: up to what may stand behind a value.
  #skipScalar(start: number): number {
    const bytes = this.#bytes
    let at = start
    while (at < this.#end) {
      const byte = bytes[at]!
      if (byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) break
      at += 1
    }
    return at
  }

  #skipSpace(start: number): number {
    const bytes = this.#bytes
    let at = start
    while (at < this.#end && bytes[at]! <= 0x20) at += 1
    return at
  }
}

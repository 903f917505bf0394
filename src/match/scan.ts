// One pass over an event's bytes that notes where the values of the fields in a tree lie, and skips the rest. It
// trusts that the bytes are JSON: where they are not it stops or reads on, within the bytes, always forward, and
// notes what it has seen.
//
// How names are held decides how much has to be read. Of a name that comes twice in one object the last counts, and a
// name with dots may add to a field from outside its object; where both are ruled out, reading ends as soon as
// everything looked at was seen.

import {
  ELEMENT_ARRAY,
  ELEMENT_DEPTH,
  ELEMENT_PARENT,
  ELEMENT_WORDS,
  type Elements,
} from './consistency.ts'
import { EVENT_DEPTH_MAX } from './limits.ts'
import { followKey, type NameNode } from './name-tree.ts'
import { ReusedList } from './reused-list.ts'
import { skipRest, skipScalar, skipValue } from './skip.ts'
import { unescapeText } from './text.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const DOT = 0x2e
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** What a leaf is: a string, one with escapes, or another scalar. */
export const STRING = 0
export const ESCAPED = 1
export const NUMBER = 2
export const TRUE = 3
export const FALSE = 4
export const NULL = 5

/**
 * Which names the event's objects hold: `plain`, all different within their object and without dots; `envelope`, the
 * same for the outermost object alone; `any`, whatever JSON allows.
 */
export type Names = 'plain' | 'envelope' | 'any'

/** What a pass came to: the leaves are complete; there is no object; or a name needs `withoutRepeats` first. */
export type ScanResult = 'done' | 'no object' | 'repeats'

/** Answered instead of an offset when nothing behind it is worth reading. */
const STOP = -1

/** What a scan needs to know of a field: its first and last leaf in the present event. */
export interface ScannedField {
  scannedIn: number
  firstLeaf: number
  lastLeaf: number
}

/** What another scan noted: leaves in the same words, with fields by their index. */
export interface Notes {
  leafCount: number
  elementCount: number
  readonly leaves: Int32Array
  readonly numbers: Float64Array
  readonly elements: Int32Array
  /** The class of each leaf's value, below zero where that is not known; undefined when none is. */
  classes: Int32Array | undefined
}

/** Words of a leaf: what it is, its bytes (of a string those between the quotes), where it lies, the next one. */
export const LEAF_WORDS = 12
export const LEAF_KIND = 0
export const LEAF_START = 1
export const LEAF_END = 2
/** The array element that the leaf lies in, -1 outside every array. */
export const LEAF_ELEMENT = 3
/** The next leaf of the same field, -1 for none. */
export const LEAF_NEXT = 4
export const LEAF_FIELD = 5
// Behind them, if the scan has `numbers`: of a number what `NumberReading` takes, of a short text the text itself as
// four words, with zeros behind it, and a hash.
export const LEAF_TEXT = 6
export const LEAF_TEXT_HASH = 10
/** Bytes of a text that counts as short. */
export const SHORT_TEXT_MAX = 16

/** The latest event that was scanned; one at a time, so that its arrays are used again. */
export class Scan<Field extends ScannedField> implements Elements {
  bytes: Uint8Array = new Uint8Array(0)
  /** Numbers the events. */
  run = 0
  /** The fields that have leaves, in the order of their first. */
  readonly fields: ReusedList<Field> = new ReusedList()
  leafCount = 0
  leaves: Int32Array = new Int32Array(64 * LEAF_WORDS)
  /** The memory of the leaves as doubles, when numbers were read and short texts noted on the way. */
  numbers: Float64Array | undefined
  /** The classes of the leaves' values, below zero where they are not known. */
  classes: Int32Array | undefined
  elementCount = 0
  elements: Int32Array = new Int32Array(16 * ELEMENT_WORDS)
  #ownLeaves: Int32Array = this.leaves
  #ownElements: Int32Array = this.elements
  #end = 0
  #arrayCount = 0
  #objectCount = 0
  #names: Names = 'any'
  #isRepeatFree = false
  #hasRepeats = false

  /** Takes over what another scan has noted, save how the leaves of a field follow one another: then they are linked. */
  take(bytes: Uint8Array, notes: Notes): void {
    this.#begin(bytes)
    this.leaves = notes.leaves
    this.numbers = notes.numbers
    this.classes = notes.classes
    this.elements = notes.elements
    this.elementCount = notes.elementCount
    this.leafCount = notes.leafCount
  }

  /** Links the leaves that were taken over. */
  link(fields: readonly Field[]): void {
    for (let leaf = 0; leaf < this.leafCount; leaf += 1) {
      this.#link(fields[this.leaves[leaf * LEAF_WORDS + LEAF_FIELD]!]!, leaf)
    }
  }

  /**
   * Scans one event. `isRepeatFree` says that names are known to be different, which spares looking for repeats; names
   * with dots are followed then.
   */
  scan(
    bytes: Uint8Array,
    root: NameNode<Field>,
    { names, isRepeatFree = false }: { readonly names: Names; readonly isRepeatFree?: boolean },
  ): ScanResult {
    this.#begin(bytes)
    this.leaves = this.#ownLeaves
    this.numbers = undefined
    this.classes = undefined
    this.elements = this.#ownElements
    this.#end = bytes.length
    this.#arrayCount = 0
    this.#names = names
    this.#isRepeatFree = isRepeatFree
    this.#hasRepeats = false
    let start = 0
    while (bytes[start]! <= 0x20) start += 1
    if (bytes[start] !== OPEN_OBJECT) return 'no object'
    if (names === 'plain') this.#scanPlainObject(start, root, -1, 1, true)
    else this.#scanObject(start, root, -1, 1)
    return this.#hasRepeats ? 'repeats' : 'done'
  }

  #begin(bytes: Uint8Array): void {
    this.bytes = bytes
    this.run += 1
    this.fields.count = 0
    this.leafCount = 0
    this.elementCount = 0
  }

  // Every scanner takes the offset where its thing begins and answers the offset behind it, or STOP.
  // `isLast`: nothing that is looked for can stand behind this object.
  #scanPlainObject(
    start: number,
    node: NameNode<Field>,
    element: number,
    depth: number,
    isLast: boolean,
  ): number {
    const bytes = this.bytes
    const end = this.#end
    let wanted = node.size
    let at = start + 1
    for (;;) {
      while (bytes[at]! <= 0x20) at += 1
      if (bytes[at] !== QUOTE) break
      const nameStart = at + 1
      at = nameStart
      let hasEscapes = false
      for (let byte = 0; at < end && (byte = bytes[at]!) !== QUOTE; at += 1) {
        if (byte !== BACKSLASH) continue
        hasEscapes = true
        at += 1
      }
      const child = hasEscapes
        ? node.get(unescapeText(latin1(bytes, nameStart, at)))
        : node.find(bytes, nameStart, at)
      at += 1
      while (bytes[at]! <= 0x20) at += 1
      // The colon.
      at += 1
      while (bytes[at]! <= 0x20) at += 1
      if (child === undefined) at = skipValue(bytes, at, end)
      else {
        wanted -= 1
        at = this.#scanValue(at, child, element, depth + 1, isLast && wanted === 0)
        if (at < 0) return STOP
        if (wanted === 0) return isLast ? STOP : skipRest(bytes, at, end)
      }
      while (bytes[at]! <= 0x20) at += 1
      if (bytes[at] !== COMMA) break
      at += 1
    }
    return bytes[at] === CLOSE_OBJECT ? at + 1 : STOP
  }

  #scanObject(start: number, node: NameNode<Field>, element: number, depth: number): number {
    const bytes = this.bytes
    const end = this.#end
    this.#objectCount += 1
    const object = this.#objectCount
    const isDistinct = depth === 1 && this.#names === 'envelope'
    let wanted = isDistinct ? node.size : Number.POSITIVE_INFINITY
    let at = start + 1
    for (;;) {
      while (bytes[at]! <= 0x20) at += 1
      if (bytes[at] !== QUOTE) break
      const nameStart = at + 1
      at = nameStart
      let byte = 0
      while (at < end && (byte = bytes[at]!) !== QUOTE) at += byte === BACKSLASH ? 2 : 1
      const child =
        node.find(bytes, nameStart, at) ??
        (isDistinct ? undefined : this.#findUnusual(node, nameStart, at))
      at += 1
      while (bytes[at]! <= 0x20) at += 1
      at += 1
      while (bytes[at]! <= 0x20) at += 1
      if (child === undefined) at = skipValue(bytes, at, end)
      else {
        if (child.seenIn === object && !this.#isRepeatFree) this.#hasRepeats = true
        if (this.#hasRepeats) return STOP
        child.seenIn = object
        at = this.#scanValue(at, child, element, depth + 1, false)
        wanted -= 1
        if (at < 0 || wanted === 0) return STOP
      }
      while (bytes[at]! <= 0x20) at += 1
      if (bytes[at] !== COMMA) break
      at += 1
    }
    return bytes[at] === CLOSE_OBJECT ? at + 1 : STOP
  }

  // A name with dots may lead to a field that others lead to as well, so repeats are not told by its node.
  #findUnusual(node: NameNode<Field>, start: number, end: number): NameNode<Field> | undefined {
    let [hasDots, hasEscapes] = [false, false]
    for (let at = start; at < end; at += 1) {
      const byte = this.bytes[at]
      if (byte === DOT) hasDots = true
      else if (byte === BACKSLASH) hasEscapes = true
    }
    if (!hasDots && !hasEscapes) return undefined
    const raw = latin1(this.bytes, start, end)
    const child = followKey(node, hasEscapes ? unescapeText(raw) : raw)
    if (child !== undefined && hasDots && !this.#isRepeatFree) this.#hasRepeats = true
    return child
  }

  #scanValue(
    start: number,
    node: NameNode<Field>,
    element: number,
    depth: number,
    isLast: boolean,
  ): number {
    const bytes = this.bytes
    const first = bytes[start]
    if (first === OPEN_OBJECT) {
      if (node.size === 0 || depth > EVENT_DEPTH_MAX) return skipRest(bytes, start + 1, this.#end)
      if (this.#names === 'plain') return this.#scanPlainObject(start, node, element, depth, isLast)
      return this.#scanObject(start, node, element, depth)
    }
    if (first === OPEN_ARRAY) {
      if (depth > EVENT_DEPTH_MAX) return skipRest(bytes, start + 1, this.#end)
      return this.#scanArray(start, node, element, depth)
    }
    return this.#scanScalar(start, node, element)
  }

  #scanArray(start: number, node: NameNode<Field>, parent: number, depth: number): number {
    const bytes = this.bytes
    const array = this.#arrayCount
    this.#arrayCount += 1
    let at = start + 1
    while (bytes[at]! <= 0x20) at += 1
    if (bytes[at] === CLOSE_ARRAY) return at + 1
    for (;;) {
      let element = parent
      if (bytes[at] === OPEN_OBJECT || bytes[at] === OPEN_ARRAY) {
        element = this.#addElement(array, parent)
      }
      at = this.#scanValue(at, node, element, depth + 1, false)
      if (at < 0) return STOP
      while (bytes[at]! <= 0x20) at += 1
      if (bytes[at] !== COMMA) break
      at += 1
      while (bytes[at]! <= 0x20) at += 1
    }
    return bytes[at] === CLOSE_ARRAY ? at + 1 : STOP
  }

  #scanScalar(start: number, node: NameNode<Field>, element: number): number {
    const bytes = this.bytes
    const end = this.#end
    const first = bytes[start]
    const { field } = node
    if (first === QUOTE) {
      let at = start + 1
      let byte = 0
      let kind = STRING
      while (at < end && (byte = bytes[at]!) !== QUOTE) {
        if (byte === BACKSLASH) {
          kind = ESCAPED
          at += 1
        }
        at += 1
      }
      if (at >= end) return STOP
      if (field !== undefined) this.#add(field, kind, start + 1, at, element)
      return at + 1
    }
    const at = skipScalar(bytes, start, end)
    if (at === start) return STOP
    if (field !== undefined) {
      const kind = first === 0x74 ? TRUE : first === 0x66 ? FALSE : first === 0x6e ? NULL : NUMBER
      this.#add(field, kind, start, at, element)
    }
    return at
  }

  #add(field: Field, kind: number, start: number, end: number, element: number): void {
    const leaf = this.leafCount
    const at = leaf * LEAF_WORDS
    if (at === this.leaves.length) this.leaves = this.#ownLeaves = grown(this.leaves)
    const { leaves } = this
    leaves[at] = kind
    leaves[at + LEAF_START] = start
    leaves[at + LEAF_END] = end
    leaves[at + LEAF_ELEMENT] = element
    leaves[at + LEAF_NEXT] = -1
    this.leafCount = leaf + 1
    this.#link(field, leaf)
  }

  #link(field: Field, leaf: number): void {
    if (field.scannedIn === this.run) this.leaves[field.lastLeaf * LEAF_WORDS + LEAF_NEXT] = leaf
    else {
      field.scannedIn = this.run
      field.firstLeaf = leaf
      this.fields.add(field)
    }
    field.lastLeaf = leaf
  }

  #addElement(array: number, parent: number): number {
    const element = this.elementCount
    const at = element * ELEMENT_WORDS
    if (at === this.elements.length) this.elements = this.#ownElements = grown(this.elements)
    const { elements } = this
    elements[at + ELEMENT_ARRAY] = array
    elements[at + ELEMENT_PARENT] = parent
    elements[at + ELEMENT_DEPTH] =
      parent < 0 ? 0 : elements[parent * ELEMENT_WORDS + ELEMENT_DEPTH]! + 1
    this.elementCount = element + 1
    return element
  }
}

/** The next leaf of the same field, -1 for none. */
export function nextLeaf({ leaves }: { readonly leaves: Int32Array }, leaf: number): number {
  return leaves[leaf * LEAF_WORDS + LEAF_NEXT]!
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

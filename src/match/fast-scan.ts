// The scan by the kernel: the names that are looked for lie in its memory as an image, the event is copied beside it,
// and the leaves are read from where it notes them. It is for ordinary events and rule sets; `scan.ts` does whatever
// is larger or stranger, and everything where there is no WebAssembly with SIMD.
//
// The memory has room for several images, each in a part of its own, which it loses to another when all are taken.

import type { NameNode } from './name-tree.ts'
import {
  LEAF_TEXT,
  LEAF_TEXT_HASH,
  type Names,
  type Notes,
  type Scan,
  type ScannedField,
} from './scan.ts'
import { KERNEL_BASE64 } from './scan-kernel.ts'

const HEADER_BYTES = 16
const NODE_WORDS = 3
const CHILD_WORDS = 6
/** Of the record of one field, which `field-classes.ts` fills. */
export const RECORD_BYTES = 64
/** Bytes of a name that are compared at once. */
const FIRST_BYTES = 8
/** Children of one node that looking through is worth. */
const CHILDREN_MAX = 64

// Words of the header.
const HEADER_RECORDS = 0
const HEADER_MARK = 1
const HEADER_HAS_CLASSES = 2

/** Instead of the number of an answer: the event is no object. */
export const NO_OBJECT = -1
/** Something about the event is left to the plain scan. */
export const GIVES_UP = -2
/** Some values are of classes that the kernel does not know. */
export const HAS_UNKNOWN = -3
/** No event like it has an answer. */
export const MISSES = -4
/** No answer was looked for. */
export const UNASKED = -5

// What of WebAssembly is used here; the library that declares it is the browser's.
declare const WebAssembly:
  | {
      validate(code: Uint8Array): boolean
      readonly Module: new (code: Uint8Array) => object
      readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
    }
  | undefined

interface Kernel {
  /** The number of the event's answer or, below zero, why there is none. */
  scan(length: number, mode: number, part: number, isAsked: number): number
  /** Looks for the answer of the latest scan once more. */
  look(): number
  /** The number under which the answer that was not found is kept. */
  keep(): number
  shortHash(length: number): number
}

/** The names of one machine as the kernel reads them, and the fields that it names by their index. */
export class Image<Field> {
  readonly bytes: Uint8Array
  readonly fields: readonly Field[]
  /** Where the record of each field lies, from the beginning. */
  readonly recordsOffset: number
  /** Where it lies in the kernel's memory, or did. */
  part = 0
  /** What of its tables is its own bears this. */
  mark = 0
  hasClasses = false
  /** The number of its part. */
  #place = 0

  constructor(bytes: Uint8Array, fields: readonly Field[], recordsOffset: number) {
    this.bytes = bytes
    this.fields = fields
    this.recordsOffset = recordsOffset
  }

  /** Whether the kernel still holds it. */
  get isLoaded(): boolean {
    return owners[this.#place] === this
  }

  /** From now on the classes in its records count. */
  startClasses(): void {
    this.hasClasses = true
    this.#writeHeader()
  }

  /** They do no longer, nor do its tables and answers. */
  forgetClasses(): void {
    this.hasClasses = false
    if (!this.isLoaded) return
    this.#mark()
    this.#writeHeader()
  }

  /** Puts it into the part that was taken longest ago. */
  load(): void {
    this.part = partsStart + nextPart * kernelMemory.partBytes
    this.#place = nextPart
    owners[nextPart] = this
    nextPart = (nextPart + 1) % partCount
    this.hasClasses = false
    kernelMemory.bytes.set(this.bytes, this.part)
    this.#mark()
    this.#writeHeader()
  }

  #mark(): void {
    nextMark = (nextMark + 1) | 0
    this.mark = nextMark
  }

  #writeHeader(): void {
    const { words } = kernelMemory
    words[this.part / 4 + HEADER_RECORDS] = this.recordsOffset
    words[this.part / 4 + HEADER_MARK] = this.mark
    words[this.part / 4 + HEADER_HAS_CLASSES] = this.hasClasses ? 1 : 0
  }
}

/** The image of a tree; undefined when it is too large, or there is no kernel. */
export function createImage<Field>(root: NameNode<Field>): Image<Field> | undefined {
  const size = { nodeBytes: HEADER_BYTES, nameBytes: 0, fields: 0 }
  if (kernel === undefined || !measure(root, size)) return undefined
  const builder = new ImageBuilder<Field>(size)
  builder.addNode(root)
  return builder.finish()
}

interface ImageSize {
  nodeBytes: number
  nameBytes: number
  fields: number
}

/** Adds up what a node and all below it take; false when that is too much. */
function measure<Field>(node: NameNode<Field>, size: ImageSize): boolean {
  if (node.size > CHILDREN_MAX) return false
  size.nodeBytes += (NODE_WORDS + CHILD_WORDS * node.size) * 4
  if (node.field !== undefined) size.fields += 1
  for (const [name, child] of node.children()) {
    size.nameBytes += name.length
    if (bytesOf(size) > imageBytesMax || !measure(child, size)) return false
  }
  return bytesOf(size) <= imageBytesMax
}

function bytesOf({ nodeBytes, nameBytes, fields }: ImageSize): number {
  return align(nodeBytes + nameBytes) + fields * RECORD_BYTES
}

function align(bytes: number): number {
  return Math.ceil(bytes / RECORD_BYTES) * RECORD_BYTES
}

/**
 * Scans an event. The number of its answer or, below zero, why there is none; what was noted of it may be taken over
 * unless it is no object or given up.
 */
export function scanFast<Field extends ScannedField>(
  event: Uint8Array,
  image: Image<Field>,
  names: Names,
  isAsking: boolean,
): number {
  if (event.length > eventBytesMax) return GIVES_UP
  if (!image.isLoaded) image.load()
  eventView.set(event)
  const mode = names === 'plain' ? 0 : names === 'envelope' ? 1 : 2
  return kernel!.scan(event.length, mode, image.part, isAsking ? 1 : 0)
}

/** Lets a scan take over what the kernel has noted last. */
export function takeNotes<Field extends ScannedField>(
  scan: Scan<Field>,
  event: Uint8Array,
  image: Image<Field>,
): void {
  notes.leafCount = counts[0]!
  notes.elementCount = counts[1]!
  notes.classes = image.hasClasses ? classes : undefined
  scan.take(event, notes)
}

/** The number of the answer for the latest scan, all of whose classes are known by now. */
export function lookAgain(): number {
  return kernel!.look()
}

/** The number under which the answer that was not found is kept. */
export function keepAnswer(): number {
  return kernel!.keep()
}

/** Nodes from the front, behind the header, then names, then records of fields, all zero. */
class ImageBuilder<Field> {
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #fields: Field[] = []
  readonly #recordsOffset: number
  #nodeEnd = HEADER_BYTES
  #nameEnd: number

  constructor(size: ImageSize) {
    const buffer = new ArrayBuffer(bytesOf(size))
    this.#bytes = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#nameEnd = size.nodeBytes
    this.#recordsOffset = align(size.nodeBytes + size.nameBytes)
  }

  /** The offset of the node, added with all below it. */
  addNode(node: NameNode<Field>): number {
    const start = this.#nodeEnd
    this.#nodeEnd += (NODE_WORDS + CHILD_WORDS * node.size) * 4
    const word = start / 4
    this.#words[word] = node.field === undefined ? -1 : this.#fields.push(node.field) - 1
    this.#words[word + 1] = node.size
    let child = word + NODE_WORDS
    for (const [name, each] of node.children()) {
      this.#addName(child, name)
      this.#words[child + 4] = this.addNode(each)
      child += CHILD_WORDS
    }
    return start
  }

  finish(): Image<Field> {
    return new Image(this.#bytes, this.#fields, this.#recordsOffset)
  }

  #addName(word: number, name: string): void {
    const bytes = Buffer.from(name, 'latin1')
    this.#bytes.set(bytes, this.#nameEnd)
    this.#words[word] = name.length
    this.#words[word + 1] = this.#nameEnd
    this.#bytes.set(bytes.subarray(0, FIRST_BYTES), (word + 2) * 4)
    this.#nameEnd += name.length
  }
}

interface KernelMemory {
  bytes: Uint8Array
  halves: Int16Array
  words: Int32Array
  doubles: Float64Array
  /** Of a part, and where in it there is room for tables. */
  partBytes: number
  tablesOffset: number
  /** What the kernel notes of a short text. */
  noteShort(text: Uint8Array): {
    readonly text: Int32Array
    readonly length: number
    readonly hash: number
  }
}

export const kernelMemory: KernelMemory = {
  bytes: new Uint8Array(0),
  halves: new Int16Array(0),
  words: new Int32Array(0),
  doubles: new Float64Array(0),
  partBytes: 0,
  tablesOffset: 0,
  noteShort(text) {
    eventView.set(text)
    const hash = kernel!.shortHash(text.length)
    return { text: notes.leaves.slice(LEAF_TEXT, LEAF_TEXT_HASH), length: text.length, hash }
  },
}

/** The image in each part. */
const owners: unknown[] = []
let partsStart = 0
let partCount = 0
let nextPart = 0
let nextMark = 0
let imageBytesMax = 0
let eventView = new Uint8Array(0)
let eventBytesMax = 0
let classes = new Int32Array(0)
let counts = new Int32Array(2)
let notes: Notes
const kernel = startKernel()

function startKernel(): Kernel | undefined {
  const code = Buffer.from(KERNEL_BASE64, 'base64')
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(code)) return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  const { buffer } = exports['memory'] as { readonly buffer: ArrayBuffer }
  const ask = (name: string): number => (exports[name] as () => number)()
  partsStart = ask('partsAddress')
  partCount = ask('partsMax')
  imageBytesMax = ask('imageBytes')
  eventBytesMax = ask('eventBytes')
  eventView = new Uint8Array(buffer, ask('eventAddress'), eventBytesMax)
  classes = new Int32Array(buffer, ask('classesAddress'))
  counts = new Int32Array(buffer, ask('countsAddress'), 2)
  kernelMemory.bytes = new Uint8Array(buffer)
  kernelMemory.halves = new Int16Array(buffer)
  kernelMemory.words = new Int32Array(buffer)
  kernelMemory.doubles = new Float64Array(buffer)
  kernelMemory.partBytes = ask('partBytes')
  kernelMemory.tablesOffset = ask('tablesOffset')
  notes = {
    leafCount: 0,
    elementCount: 0,
    leaves: new Int32Array(buffer, ask('leavesAddress')),
    numbers: new Float64Array(buffer, ask('leavesAddress')),
    elements: new Int32Array(buffer, ask('elementsAddress')),
    classes: undefined,
  }
  return exports as unknown as Kernel
}

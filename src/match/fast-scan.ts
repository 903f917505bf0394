// The scan by the kernel: the names that are looked for lie in its memory as an image, the event is copied beside it,
// and the leaves are read from where it notes them. It is for ordinary events and rule sets; `scan.ts` does whatever
// is larger or stranger, and everything where there is no WebAssembly with SIMD.

import type { NameNode } from './name-tree.ts'
import type { Names, Notes, Scan, ScannedField } from './scan.ts'
import { KERNEL_BASE64 } from './scan-kernel.ts'

const NODE_WORDS = 3
const CHILD_WORDS = 6
/** Bytes of a name that are compared at once. */
const FIRST_BYTES = 8
/** Children of one node that looking through is worth. */
const CHILDREN_MAX = 64

const NO_OBJECT = -1

// What of WebAssembly is used here; the library that declares it is the browser's.
declare const WebAssembly:
  | {
      validate(code: Uint8Array): boolean
      readonly Module: new (code: Uint8Array) => object
      readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
    }
  | undefined

interface Kernel {
  /** How many leaves were noted, or below zero why not. */
  scan(length: number, mode: number): number
  /** How many elements the latest scan noted. */
  elementCount(): number
}

/** The names of one machine as the kernel reads them, and the fields that it names by their index. */
export interface Image<Field> {
  readonly bytes: Uint8Array
  readonly fields: readonly Field[]
}

/** The image of a tree; undefined when it is too large, or there is no kernel. */
export function createImage<Field>(root: NameNode<Field>): Image<Field> | undefined {
  const size = { nodeBytes: 0, nameBytes: 0 }
  if (kernel === undefined || !measure(root, size)) return undefined
  const builder = new ImageBuilder<Field>(size)
  builder.addNode(root)
  return builder.finish()
}

interface ImageSize {
  nodeBytes: number
  nameBytes: number
}

/** Adds up what a node and all below it take; false when that is too much. */
function measure<Field>(node: NameNode<Field>, size: ImageSize): boolean {
  if (node.size > CHILDREN_MAX) return false
  size.nodeBytes += (NODE_WORDS + CHILD_WORDS * node.size) * 4
  for (const [name, child] of node.children()) {
    size.nameBytes += name.length
    if (size.nodeBytes + size.nameBytes > imageView.length || !measure(child, size)) return false
  }
  return true
}

/**
 * Scans an event into `scan`, as its own `scan` would. Undefined when that has to do it: there is something about the
 * event that the kernel leaves to it.
 */
export function scanFast<Field extends ScannedField>(
  scan: Scan<Field>,
  event: Uint8Array,
  image: Image<Field>,
  names: Names,
): 'done' | 'no object' | undefined {
  if (event.length > eventBytesMax) return undefined
  if (loaded !== image) {
    imageView.set(image.bytes)
    loaded = image
  }
  eventView.set(event)
  const leafCount = kernel!.scan(event.length, names === 'plain' ? 0 : names === 'envelope' ? 1 : 2)
  if (leafCount < 0) return leafCount === NO_OBJECT ? 'no object' : undefined
  notes.leafCount = leafCount
  notes.elementCount = kernel!.elementCount()
  notes.fields = image.fields
  scan.take(event, notes as Notes<Field>)
  return 'done'
}

/** Nodes from the front, names behind them all. */
class ImageBuilder<Field> {
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #fields: Field[] = []
  #nodeEnd = 0
  #nameEnd: number

  constructor({ nodeBytes, nameBytes }: ImageSize) {
    const buffer = new ArrayBuffer(Math.ceil((nodeBytes + nameBytes) / 4) * 4)
    this.#bytes = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#nameEnd = nodeBytes
  }

  /** The address of the node, added with all below it. */
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
    return imageStart + start
  }

  finish(): Image<Field> {
    return { bytes: this.#bytes, fields: this.#fields }
  }

  #addName(word: number, name: string): void {
    const bytes = Buffer.from(name, 'latin1')
    this.#bytes.set(bytes, this.#nameEnd)
    this.#words[word] = name.length
    this.#words[word + 1] = imageStart + this.#nameEnd
    this.#bytes.set(bytes.subarray(0, FIRST_BYTES), (word + 2) * 4)
    this.#nameEnd += name.length
  }
}

let loaded: Image<unknown> | undefined
let imageView = new Uint8Array(0)
let eventView = new Uint8Array(0)
let imageStart = 0
let eventBytesMax = 0
let notes: Notes<unknown>
const kernel = startKernel()

function startKernel(): Kernel | undefined {
  const code = Buffer.from(KERNEL_BASE64, 'base64')
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(code)) return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  const { buffer } = exports['memory'] as { readonly buffer: ArrayBuffer }
  const ask = (name: string): number => (exports[name] as () => number)()
  imageStart = ask('imageAddress')
  eventBytesMax = ask('eventBytes')
  imageView = new Uint8Array(buffer, imageStart, ask('imageBytes'))
  eventView = new Uint8Array(buffer, ask('eventAddress'), eventBytesMax)
  notes = {
    leafCount: 0,
    elementCount: 0,
    leaves: new Int32Array(buffer, ask('leavesAddress')),
    numbers: new Float64Array(buffer, ask('leavesAddress')),
    elements: new Int32Array(buffer, ask('elementsAddress')),
    fields: [],
  }
  return exports as unknown as Kernel
}

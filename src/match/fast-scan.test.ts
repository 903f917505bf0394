import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  createImage,
  GIVES_UP,
  type Image,
  NO_OBJECT,
  scanFast,
  takeNotes,
  UNASKED,
} from './fast-scan.ts'
import { Leaf } from './leaf.ts'
import { type NameNode, NameNode as Node, reachNode } from './name-tree.ts'
import { drawnGroups } from './pairs.conformance.ts'
import { parsePattern } from './pattern.ts'
import { KERNEL_SOURCE_SHA256 } from './scan-kernel.ts'
import { type Names, nextLeaf, Scan, type ScannedField } from './scan.ts'

interface NamedField extends ScannedField {
  readonly path: string
}

function treeOf(paths: Iterable<string>): NameNode<NamedField> {
  const root = new Node<NamedField>()
  for (const path of paths) {
    reachNode(root, path).field = { path, scannedIn: 0, firstLeaf: -1, lastLeaf: -1 }
  }
  return root
}

/** Everything a scan has noted. */
function notesOf(scan: Scan<NamedField>): unknown {
  const leaf = new Leaf()
  const leaves: unknown[] = []
  for (let index = 0; index < scan.fields.count; index += 1) {
    const { path, firstLeaf } = scan.fields.items[index]!
    for (let at = firstLeaf; at >= 0; at = nextLeaf(scan, at)) {
      leaf.moveTo(scan, at)
      const { isString, isNumber, text, element } = leaf
      const reading = isNumber ? leaf.reading : undefined
      const number = [reading?.value, reading?.tolerance, reading?.isExact(), leaf.number]
      leaves.push({ path, isString, isNumber, text, element, number })
    }
  }
  return { leaves, elements: [...scan.elements.subarray(0, scan.elementCount * 3)] }
}

/** Scans by the kernel as `Scan` does by itself; undefined when the kernel leaves it to that. */
function scanInto(
  scan: Scan<NamedField>,
  bytes: Uint8Array,
  image: Image<NamedField>,
  names: Names,
): 'done' | 'no object' | undefined {
  const code = scanFast(bytes, image, names, false)
  if (code === GIVES_UP) return undefined
  if (code === NO_OBJECT) {
    scan.scan(bytes, new Node(), { names })
    return 'no object'
  }
  assert.equal(code, UNASKED)
  takeNotes(scan, bytes, image)
  scan.link(image.fields)
  return 'done'
}

function compareScans(paths: Iterable<string>, event: string, names: Names): boolean {
  const root = treeOf(paths)
  const bytes = Buffer.from(event)
  const fast = new Scan<NamedField>()
  const result = scanInto(fast, bytes, createImage(root)!, names)
  if (result === undefined) return false
  const fastNotes = notesOf(fast)
  const plain = new Scan<NamedField>()
  assert.equal(plain.scan(bytes, treeOf(paths), { names }), result)
  assert.deepEqual(fastNotes, notesOf(plain), `${event} for ${[...paths].join()}`)
  return true
}

test('the kernel notes what the plain scan notes', () => {
  let compared = 0
  fc.assert(
    fc.property(drawnGroups({ isPlain: true }), fc.boolean(), (group, isPlain) => {
      for (const { pattern, event } of group) {
        const paths = parsePattern(pattern)
          .branches.flat()
          .map(({ path }) => path)
        if (compareScans(paths, event, isPlain ? 'plain' : 'any')) compared += 1
      }
    }),
    { numRuns: 1000 },
  )
  assert.ok(compared > 4000, `only ${compared} events were for the kernel`)
})

test('arrays and objects of every length and depth are skipped to their end', () => {
  const piece = fc.constantFrom(
    '1',
    '"x"',
    '"]"',
    '"{\\""',
    '[]',
    '{}',
    '[[]]',
    '{"a":[1]}',
    'null',
  )
  const spaces = fc.nat(20).map((count) => ' '.repeat(count))
  const skipped = fc
    .array(fc.tuple(piece, spaces), { maxLength: 12 })
    .map((pieces) => `[${pieces.map(([text, space]) => space + text).join(',')}]`)
  fc.assert(
    fc.property(skipped, spaces, (array, space) => {
      const event = `{"skipped":${array}${space},"a":"found"}`
      assert.ok(compareScans(['a'], event, 'plain'), event)
    }),
    { numRuns: 2000 },
  )
})

test('bytes that are no JSON stop the kernel, and it stays within them', () => {
  const valid = [...Buffer.from('{"k":[1,{"z":"abc"}],"a":[{"b":"x"},[{"b":[1,"x"]}]],"d":-1.5}')]
  const root = treeOf(['a.b', 'd', 'k.z'])
  const image = createImage(root)!
  const scan = new Scan<NamedField>()
  fc.assert(
    fc.property(fc.nat(), fc.nat(3), fc.array(fc.nat(255), { maxLength: 3 }), (at, cut, put) => {
      const bytes = [...valid]
      bytes.splice(at % (bytes.length + 1), cut, ...put)
      if (scanInto(scan, Uint8Array.from(bytes), image, 'any') !== 'done') return
      for (let leaf = 0; leaf < scan.leafCount; leaf += 1) {
        assert.ok(scan.leaves[leaf * 12 + 2]! <= bytes.length)
      }
    }),
    { numRuns: 2000 },
  )
})

test('what is too large for the kernel is left to the plain scan', () => {
  const many = Array.from({ length: 65 }, (_, index) => `name-${index}`)
  assert.equal(createImage(treeOf(many)), undefined)
  assert.equal(createImage(treeOf(['x'.repeat(70_000)])), undefined)
  const scan = new Scan<NamedField>()
  const image = createImage(treeOf(['a']))!
  assert.equal(scanInto(scan, Buffer.alloc(1_100_000, 0x20), image, 'any'), undefined)
  const values = Buffer.from(`{"a":[${'1,'.repeat(70_000)}1]}`)
  assert.equal(scanInto(scan, values, image, 'any'), undefined)
})

test('the kernel that is carried was made from the source that is there', () => {
  const source = readFileSync(new URL('scan.as', import.meta.url))
  assert.equal(createHash('sha256').update(source).digest('hex'), KERNEL_SOURCE_SHA256)
})

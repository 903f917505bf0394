import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { containsXml, formatXml, parseXml, type XmlNode } from './xml-tree.ts'

function leaf(name: string, text: string): XmlNode {
  return { name, text, below: [] }
}

function branch(name: string, below: readonly XmlNode[]): XmlNode {
  return { name, text: '', below }
}

test('what is written is read as it was, whatever its texts hold', () => {
  const name = fc.constantFrom('Rule', 'ID', 'AllowedOrigin')
  const tree = fc.letrec<{ node: XmlNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(name, fc.string()).map(([of, text]) => leaf(of, text)),
      fc
        .tuple(name, fc.array(tie('node'), { minLength: 1, maxLength: 3 }))
        .map(([of, below]) => branch(of, below)),
    ),
  })).node
  fc.assert(
    fc.property(tree, (node) => {
      assert.deepEqual(parseXml(formatXml(node)), node)
      assert.equal(containsXml(node, node), true)
    }),
  )
})

test('what others say around it is passed over, and what is no XML is none', () => {
  const text = '<?xml version="1.0"?>\n<A xmlns="x">\n <B>1</B><C/><B>&#60;&apos;</B>\n</A>'
  const found = parseXml(text)!
  assert.deepEqual(
    found.below.map((one) => [one.name, one.text]),
    [
      ['B', '1'],
      ['C', ''],
      ['B', "<'"],
    ],
  )
  for (const wrong of ['', 'no', '<A>', '<A></B>', '</A>', '<A><B></A></B>', '<A>'.repeat(50)])
    assert.equal(parseXml(wrong), undefined, wrong)
})

test('one has another when it has as many of each, in whatever order', () => {
  const shown = branch('A', [leaf('B', '1'), leaf('B', '2'), leaf('C', '3')])
  assert.equal(containsXml(shown, branch('A', [leaf('B', '2'), leaf('B', '1')])), true)
  assert.equal(containsXml(shown, branch('A', [leaf('B', '1')])), false)
  assert.equal(containsXml(shown, branch('A', [leaf('C', '4')])), false)
  assert.equal(containsXml(shown, branch('A', [leaf('D', '')])), false)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { parseDocument } from './document.ts'
import { formatPython, PYTHON_RESERVED } from './python.ts'
import { openApiOf } from './testing.ts'
import { TypeBook } from './type-book.ts'

const ORDER = openApiOf(
  'Order',
  {
    type: 'object',
    description: 'An order.\n"quoted"',
    required: ['id', 'lines', 'class'],
    properties: {
      id: { type: 'string' },
      class: { type: 'integer' },
      value: { type: 'number' },
      'gift-note': { type: 'string', nullable: true },
      gift_note: { type: 'string' },
      lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      byName: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Line' } },
      next: { $ref: '#/components/schemas/Any' },
    },
  },
  {
    Line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
    Any: { type: 'object', properties: { next: { $ref: '#/components/schemas/Any' } } },
  },
)

const DETAIL = {
  id: 'a',
  lines: [{ sku: 'x' }],
  class: 1,
  value: 2.5,
  'gift-note': 'n',
  gift_note: 'm',
  byName: { one: { sku: 'y' } },
  next: { next: {} },
}

function run(program: string): unknown {
  const book = new TypeBook(PYTHON_RESERVED)
  book.add(parseDocument({ name: 'my.shop@Order', type: 'OpenApi3', content: ORDER }))
  const text = `${formatPython(book)}\nimport json, sys\ngiven = json.loads(sys.argv[1])\n${program}`
  const printed = execFileSync('python3', ['-c', text, JSON.stringify(DETAIL)], {
    encoding: 'utf8',
  })
  return JSON.parse(printed)
}

test('what json reads becomes objects, and those become the same again', () => {
  const seen = run(`
event = Order.from_dict({'source': Order.SOURCE, 'detail-type': Order.DETAIL_TYPE, 'detail': given})
detail = event.detail
print(json.dumps([detail.to_dict() == given, detail.lines[0].sku, detail.byName['one'].sku,
                  type(detail.next.next).__name__, detail.class_, detail.value_, event.SOURCE]))
`)
  assert.deepEqual(seen, [true, 'x', 'y', 'Any2', 1, 2.5, 'my.shop'])
})

test('what is optional may be left out, and stays out', () => {
  const seen = run(`
print(json.dumps(OrderDetail(id='b', lines=[Line('s')], class_=1).to_dict()))
`)
  assert.deepEqual(seen, { id: 'b', lines: [{ sku: 's' }], class: 1 })
})

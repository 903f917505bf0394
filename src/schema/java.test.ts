import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDocument } from './document.ts'
import { formatJava, JAVA_RESERVED, javaPackage } from './java.ts'
import { openApiOf } from './testing.ts'
import { TypeBook } from './type-book.ts'

const ORDER = openApiOf(
  'Order',
  {
    type: 'object',
    description: 'An order */ with \\u000a lines',
    required: ['id'],
    properties: {
      id: { type: 'string', nullable: true },
      size: { type: 'integer' },
      at: { type: 'string', format: 'date-time' },
      class: { type: 'string' },
      'gift-note': { type: 'string' },
      giftNote: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      byName: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Line' } },
    },
  },
  { Line: { type: 'object', properties: { 'a"b': { type: 'number' } } } },
)

function generate(): ReadonlyMap<string, string> {
  const book = new TypeBook(JAVA_RESERVED)
  book.add(parseDocument({ name: 'my.shop@Order', type: 'OpenApi3', content: ORDER }))
  const files = formatJava(book, javaPackage('my.shop', 'Order'))
  return new Map(files.map(({ path, text }) => [path, text]))
}

test('Java has a class for the detail, one for each object in it, the envelope and a marshaller', () => {
  assert.deepEqual([...generate().keys()].sort(), [
    'schema/my/shop/order/AWSEvent.java',
    'schema/my/shop/order/Line.java',
    'schema/my/shop/order/Order.java',
    'schema/my/shop/order/marshaller/Marshaller.java',
  ])
})

test('fields of Java have the types of JSON, and names that Java allows', () => {
  const order = generate().get('schema/my/shop/order/Order.java')!
  for (const line of [
    'package schema.my.shop.order;',
    'public class Order {',
    '    private String id;',
    '    private Long size;',
    '    private Date at;',
    '    @JsonProperty("class")\n    private String classX;',
    '    @JsonProperty("gift-note")\n    private String giftNote;',
    '    @JsonProperty("giftNote")\n    private Object giftNoteX;',
    '    private List<Line> lines;',
    '    private Map<String, Line> byName;',
    '/** An order * / with /u000a lines */',
  ])
    assert.ok(order.includes(line), `${line}\n${order}`)
  const line = generate().get('schema/my/shop/order/Line.java')!
  assert.ok(line.includes('@JsonProperty("a\\"b")\n    private Double aB;'), line)
})

test('a package is of words that Java allows', () => {
  assert.equal(
    javaPackage('aws.ec2', 'EC2InstanceStateChangeNotification'),
    'schema.aws.ec2.ec2instancestatechangenotification',
  )
  assert.equal(javaPackage('my-shop/new.1', 'A B'), 'schema.my_shop._new._1.a_b')
})

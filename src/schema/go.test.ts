// Go is held against its own compiler, where the machine has one.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseDocument } from './document.ts'
import { formatGo, GO_RESERVED, goPackage } from './go.ts'
import { openApiOf } from './testing.ts'
import { TypeBook } from './type-book.ts'

const [GO, GOFMT] = ['go', 'gofmt'] as const
const skip = spawnSync(GOFMT, ['-h']).error === undefined ? false : 'no Go on this machine'

// The first run of a compiler takes most of a minute.
const noSoak = process.env['SIGNALBOX_SOAK'] === '1' ? false : 'in full size only'

const ORDER = openApiOf(
  'Order',
  {
    type: 'object',
    description: 'An order,\nwith lines',
    required: ['id', 'lines', 'type'],
    properties: {
      id: { type: 'string', nullable: true },
      type: { type: 'string', enum: ['a', 'b'] },
      size: { type: 'integer' },
      'gift-note': { type: 'string' },
      giftNote: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      byName: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Line' } },
      next: { $ref: '#/components/schemas/Envelope' },
    },
  },
  {
    Line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
    Envelope: { type: 'object', properties: { next: { $ref: '#/components/schemas/Envelope' } } },
  },
)

function generate(): string {
  const book = new TypeBook(GO_RESERVED)
  book.add(parseDocument({ name: 'my.shop@Order', type: 'OpenApi3', content: ORDER }))
  return formatGo(book, 'order')
}

const PROGRAM = `package main

import (
	"encoding/json"
	"fmt"
	"os"
	"example.test/check/order"
)

func main() {
	var event order.Order
	if err := json.Unmarshal([]byte(os.Args[1]), &event); err != nil {
		panic(err)
	}
	text, _ := json.Marshal(event.Detail)
	fmt.Printf("[%s,%q,%q]", text, event.DetailType, event.Detail.Lines[0].Sku)
}
`

function run(context: TestContext, detail: object): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-go-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'order'))
  writeFileSync(join(folder, 'order/order.go'), generate())
  writeFileSync(join(folder, 'main.go'), PROGRAM)
  writeFileSync(join(folder, 'go.mod'), 'module example.test/check\n\ngo 1.19\n')
  const event = JSON.stringify({ source: 'my.shop', 'detail-type': 'Order', detail })
  const options = {
    cwd: folder,
    encoding: 'utf8' as const,
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  }
  return JSON.parse(execFileSync(GO, ['run', '.', event], options))
}

test('the code is as gofmt writes it', { skip }, () => {
  const text = generate()
  assert.equal(execFileSync(GOFMT, { input: text, encoding: 'utf8' }), text)
})

test(
  'an event is read and written as it was',
  { skip: skip === false ? noSoak : skip },
  (context) => {
    const detail = {
      id: null,
      type: 'a',
      size: 0,
      'gift-note': '',
      giftNote: 2,
      lines: [{ sku: 'x' }],
      byName: { one: { sku: 'y' } },
      next: { next: {} },
    }
    assert.deepEqual(run(context, detail), [detail, 'Order', 'x'])
  },
)

test('a package is named as Go allows', () => {
  assert.equal(goPackage('Order Created'), 'ordercreated')
  assert.equal(goPackage('2nd'), 'schema2nd')
})

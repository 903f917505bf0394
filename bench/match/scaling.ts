// Rule sets that grow, and the events they are matched against: orders in an EventBridge envelope, of which each rule
// of a large set wants few. Every kind is spread over fifty sources and a thousand customers, files and places.

import { closeSync, openSync, writeSync } from 'node:fs'
import { patternOf } from './categories.ts'
import { Draw } from './draw.ts'

export type RuleKind = 'exact' | 'prefix' | 'wildcard' | 'mixed'

export const RULE_KINDS: readonly RuleKind[] = ['exact', 'prefix', 'wildcard', 'mixed']
export const RULE_COUNTS: readonly number[] = [1, 10, 1000, 10_000, 100_000]

const EVENTS = 20_000
const SOURCES = 50
const CUSTOMERS = 100_000
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1', 'us-west-2', 'ap-south-1']
const STATES = ['placed', 'paid', 'packed', 'sent', 'delivered', 'returned']

export function rulesOf(kind: RuleKind, count: number): string[] {
  const draw = new Draw(count + kind.length)
  return Array.from({ length: count }, (_, index) => ruleOf(kind, index, draw))
}

function ruleOf(kind: RuleKind, index: number, draw: Draw): string {
  if (kind === 'exact') {
    return patternOf([
      ['source', sourceOf(draw)],
      ['detail.customer', customerOf(draw)],
    ])
  }
  if (kind === 'prefix') return patternOf([['detail.file', { prefix: `${fileOf(draw)}-` }]])
  if (kind === 'wildcard') {
    return patternOf([['detail.place', { wildcard: `hall-*/${draw.digits(5)}/shelf-*` }]])
  }
  return mixedRule(index % 5, draw)
}

function mixedRule(form: number, draw: Draw): string {
  if (form === 0) return ruleOf('exact', 0, draw)
  if (form === 1) return ruleOf('prefix', 0, draw)
  if (form === 2) {
    const low = draw.below(100_000) / 100
    return patternOf([
      ['source', sourceOf(draw)],
      ['region', draw.from(REGIONS)],
      ['detail.total', { numeric: ['>', low, '<=', low + 1] }],
    ])
  }
  if (form === 3) {
    return patternOf([
      ['detail.customer', customerOf(draw)],
      ['detail.state', { 'anything-but': [draw.from(STATES)] }],
    ])
  }
  return patternOf([
    ['source', sourceOf(draw)],
    ['detail.file', { suffix: `-${draw.digits(4)}.pdf` }],
  ])
}

export function writeOrders(path: string): void {
  const draw = new Draw(7)
  const file = openSync(path, 'w')
  for (let index = 0; index < EVENTS; index += 1) writeSync(file, `${orderOf(index, draw)}\n`)
  closeSync(file)
}

function orderOf(index: number, draw: Draw): string {
  return JSON.stringify({
    version: '0',
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    'detail-type': `Order ${draw.from(STATES)}`,
    source: sourceOf(draw),
    account: '000000000000',
    time: '2026-11-26T12:00:00Z',
    region: draw.from(REGIONS),
    resources: [],
    detail: {
      order: index,
      state: draw.from(STATES),
      customer: customerOf(draw),
      total: draw.below(100_000) / 100,
      items: Array.from({ length: 3 + draw.below(5) }, () => ({
        article: `article-${draw.digits(6)}`,
        quantity: 1 + draw.below(9),
        price: draw.below(10_000) / 100,
      })),
      file: `${fileOf(draw)}-${draw.digits(4)}.pdf`,
      place: `hall-${draw.digits(1)}/${draw.digits(5)}/shelf-${draw.digits(2)}`,
      note: 'left at the door, please ring twice and wait for the dog',
    },
  })
}

function sourceOf(draw: Draw): string {
  return `shop.area-${draw.below(SOURCES)}`
}

function customerOf(draw: Draw): string {
  return `customer-${draw.below(CUSTOMERS)}`
}

function fileOf(draw: Draw): string {
  return `invoices/${draw.digits(5)}`
}

// Generated code is held against the compiler: what it should take compiles, and what it should refuse does not.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { SchemaText } from './document.ts'
import { formatTypeScriptModule } from './generate.ts'
import type { JsonSchema } from './json-schema.ts'
import { openApiOf, REGISTRATION } from './testing.ts'
import type { PublishClient } from './typescript-client.ts'

const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc')

const MONEY = {
  type: 'object',
  required: ['amount'],
  properties: { amount: { type: 'number' }, currency: { enum: ['EUR', 'USD'] } },
}

function envelope(
  source: string,
  type: string,
  detail: JsonSchema,
  others: JsonSchema = {},
): SchemaText {
  const properties = {
    detail: { $ref: '#/components/schemas/Detail' },
    'detail-type': { type: 'string' },
  }
  const head = {
    type: 'object',
    'x-amazon-events-source': source,
    'x-amazon-events-detail-type': type,
    properties,
  }
  const content = openApiOf('Detail', detail, { AWSEvent: head, ...others })
  return { name: `${source}@${type.replaceAll(' ', '')}`, type: 'OpenApi3', content }
}

const TEXTS: readonly SchemaText[] = [
  envelope(
    'my.shop',
    'Order Created',
    {
      type: 'object',
      description: 'An order, just made. */ not the end',
      required: ['id', 'total', 'lines'],
      properties: {
        id: { type: 'string', description: 'its number' },
        total: { $ref: '#/components/schemas/Money' },
        lines: {
          type: 'array',
          items: {
            type: 'object',
            required: ['sku'],
            properties: {
              sku: { type: 'string' },
              'gift-note': { type: 'string', nullable: true },
            },
          },
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        parent: { $ref: '#/components/schemas/Node' },
      },
    },
    {
      Money: MONEY,
      Node: {
        type: 'object',
        properties: {
          next: { $ref: '#/components/schemas/Node' },
          value: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
        },
      },
    },
  ),
  envelope(
    'my.shop',
    'Order Paid',
    {
      type: 'object',
      required: ['id', 'paid'],
      properties: { id: { type: 'string' }, paid: { $ref: '#/components/schemas/Money' } },
    },
    { Money: MONEY },
  ),
  { name: 'UserRegistrationEvent', type: 'OpenApi3', content: REGISTRATION },
  {
    name: "it's",
    type: 'JSONSchemaDraft4',
    content: JSON.stringify({
      type: 'object',
      properties: { "o'clock": { enum: ["it's", 1, null] } },
    }),
  },
]

const USE = `
import { type AnyEvent, type DetailOf, isEvent, type Money, patternOf } from './events.ts'

export function tell(event: AnyEvent): string {
  if (event['detail-type'] === 'Order Created') return event.detail.lines.map(({ sku }) => sku).join()
  if (isEvent(event, 'Order Paid')) return String(event.detail.paid.amount)
  return event['detail-type'] === 'UserRegistrationEvent' ? event.detail.email : event.source
}

export const money: Money = { amount: 1, currency: 'EUR' }
export const detail: DetailOf<'Order Created'> = {
  id: 'o', total: money, lines: [{ sku: 's', 'gift-note': null }], labels: { a: 'b' },
  parent: { next: { value: 1 }, value: 'x' },
}
export const pattern = patternOf('Order Created', {
  id: [{ prefix: 'o-' }], total: { amount: [{ numeric: ['>', 10] }], currency: ['EUR'] },
})

// @ts-expect-error -- an order has lines
export const short: DetailOf<'Order Created'> = { id: 'o', total: money }
// @ts-expect-error -- there is no such currency
export const foreign: Money = { amount: 1, currency: 'XXX' }
// @ts-expect-error -- the field is not there
export const wrong = patternOf('Order Created', { nothing: ['x'] })
// @ts-expect-error -- a text is no number
export const typed = patternOf('Order Paid', { paid: { amount: ['x'] } })
`

const PUBLISH = `
import { configure, publish, publishOrderCreated, publishUserRegistrationEvent } from './events.ts'
import { detail } from './use.ts'

configure({ bus: 'orders' })
export const ids: Promise<string>[] = [publishOrderCreated(detail)]
ids.push(publishUserRegistrationEvent({
  user_id: 'u', email: 'e', registration_type: 'premium', timestamp: 't', course_interests: ['a'],
}, 'my.users'))
// @ts-expect-error -- the type of registration is one of three
ids.push(publishUserRegistrationEvent({ user_id: 'u', email: 'e', registration_type: 'gold', timestamp: 't' }, 'my.users'))
await publish([{ type: 'Order Created', source: 'my.shop', detail }])
`

// As much of the SDK as the code uses.
const SDK = `
export interface PutEventsEntry { EventBusName: string; Source: string; DetailType: string; Detail: string }
export class PutEventsCommand { constructor(input: { Entries: PutEventsEntry[] }) }
export class EventBridgeClient {
  constructor(config: object)
  send(command: PutEventsCommand): Promise<{ Entries?: { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[] }>
}
`

function compile(context: TestContext, files: Readonly<Record<string, string>>): void {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-types-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const sdk = join(folder, 'node_modules/@aws-sdk/client-eventbridge')
  mkdirSync(sdk, { recursive: true })
  writeFileSync(join(sdk, 'index.d.ts'), SDK)
  writeFileSync(
    join(sdk, 'package.json'),
    '{"name":"@aws-sdk/client-eventbridge","types":"./index.d.ts"}',
  )
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    noEmit: true,
    target: 'es2024',
    module: 'preserve',
    moduleResolution: 'bundler',
    lib: ['es2024', 'dom'],
    types: [],
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    isolatedModules: true,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  try {
    execFileSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    assert.fail(`${(error as { stdout: string }).stdout}\n${files['events.ts'] ?? ''}`)
  }
}

function generate(client: PublishClient, texts: readonly SchemaText[] = TEXTS): string {
  return formatTypeScriptModule(texts, { client, bus: 'default' })
}

for (const client of ['fetch', 'aws-sdk'] as const) {
  test(`the types, patterns and publishers for ${client} compile, and hold what they promise`, (context) => {
    compile(context, { 'events.ts': generate(client), 'use.ts': USE, 'publish.ts': PUBLISH })
  })
}

test('without a client there are types and patterns only', (context) => {
  const text = generate('none')
  assert.doesNotMatch(text, /publish|import /)
  compile(context, { 'events.ts': text, 'use.ts': USE })
})

test('a registry without schemas is a module too', (context) => {
  compile(context, { 'events.ts': generate('fetch', []) })
})

test('what schemas share is declared once, and what only has its name is not', () => {
  const other = envelope(
    'my.zoo',
    'Transfer',
    { type: 'object', properties: { sum: { $ref: '#/components/schemas/Money' } } },
    { Money: { type: 'string' } },
  )
  const text = generate('none', [...TEXTS, other])
  assert.equal(text.match(/export interface Money /g)?.length, 1)
  assert.equal(text.match(/export type Money2 = string/g)?.length, 1)
  assert.match(text, /readonly sum\?: Money2/)
})

test('the order of the schemas does not count', () => {
  assert.equal(generate('fetch'), generate('fetch', [...TEXTS].reverse()))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { ValidatorCache } from '../schema/index.ts'
import { EventCheck } from './event-check.ts'
import { LIFECYCLE_TYPES } from './event-types.ts'
import { createFindSchema } from './registries.ts'
import type { SchemaSettings } from './settings.ts'
import { testSettings } from './testing.ts'

const TYPE = LIFECYCLE_TYPES.created
const KEYS: Readonly<Record<string, string>> = { password: 'p', token: 't' }

function open(registry: object, answer: { status: number; text: string }) {
  const asked: { url: string; headers: Readonly<Record<string, string>> }[] = []
  const { schemaValidation } = testSettings({ schemaValidation: { registry } })
  const find = createFindSchema({
    settings: schemaValidation.registry,
    reveal: async ({ key }) => KEYS[key]!,
    fetchText: async (url, headers) => {
      asked.push({ url, headers })
      return answer
    },
  })
  return { find, asked }
}

test('our own registry has a schema of every event that leaves, and none of others', async () => {
  const { find } = open({ type: 'internal' }, { status: 500, text: '' })
  for (const type of Object.values(LIFECYCLE_TYPES)) assert.ok(await find(type))
  assert.equal(await find('other'), undefined)
})

test('a registry of Confluent is asked for the newest version under the type', async () => {
  const text = JSON.stringify({
    subject: TYPE,
    version: 3,
    schemaType: 'JSON',
    schema: '{"type":"object"}',
  })
  const passwordRef = { name: 's', key: 'password' }
  const auth = { username: 'u', passwordRef }
  const registry = { type: 'confluent', url: 'https://r.test/base/', auth }
  const { find, asked } = open(registry, { status: 200, text })
  assert.equal(await find(TYPE), '{"type":"object"}')
  assert.equal(asked[0]!.url, `https://r.test/base/subjects/${TYPE}/versions/latest`)
  assert.equal(asked[0]!.headers['authorization'], `Basic ${Buffer.from('u:p').toString('base64')}`)
  assert.equal(await open(registry, { status: 404, text: '' }).find(TYPE), undefined)
  const avro = JSON.stringify({ schema: '{}' })
  await assert.rejects(
    open(registry, { status: 200, text: avro }).find(TYPE),
    /of type `JSON`, got `AVRO`/,
  )
  await assert.rejects(open(registry, { status: 200, text: 'no' }).find(TYPE), {
    code: 'SERVER_UNREACHABLE',
  })
})

test('any address serves as a registry, with the type in it or behind it', async () => {
  const auth = { tokenRef: { name: 's', key: 'token' } }
  const answer = { status: 200, text: '{}' }
  const placed = open({ type: 'custom', url: 'https://r.test/{type}.json', auth }, answer)
  await placed.find(TYPE)
  assert.deepEqual(placed.asked, [
    { url: `https://r.test/${TYPE}.json`, headers: { authorization: 'Bearer t' } },
  ])
  const behind = open({ type: 'custom', url: 'https://r.test/schemas' }, answer)
  await behind.find(TYPE)
  assert.equal(behind.asked[0]!.url, `https://r.test/schemas/${TYPE}`)
})

test('a schema is asked for once in its time, unless nothing is to be kept', async () => {
  const clock = new FakeClock()
  for (const [enabled, times] of [
    [true, 2],
    [false, 4],
  ] as const) {
    let asked = 0
    const { schemaValidation } = testSettings({ schemaValidation: { cache: { enabled } } })
    const check = new EventCheck({
      settings: { ...schemaValidation, mode: 'strict' } satisfies SchemaSettings,
      find: async () => {
        asked += 1
        return '{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["a"]}'
      },
      validators: new ValidatorCache(),
      clock,
      logger: silentLogger,
    })
    const event = {
      id: '1',
      source: 's',
      type: TYPE,
      time: '',
      extensions: {},
      data: Buffer.from('{}'),
      bus: { account: '', region: '', name: '' },
      resources: [],
    }
    for (let time = 0; time < 3; time += 1) assert.match((await check.faultOf(event))!, /\$\.data/)
    clock.advance(3_600_000)
    await check.faultOf(event)
    assert.equal(asked, times)
  }
})

// Our schema registry under the paths of Confluent's, with Confluent's own Python client, and what else it answers on the
// wire.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'

const IMPORT = 'import confluent_kafka.schema_registry.json_schema'
const hasClient = spawnSync('python3', ['-W', 'ignore', '-c', IMPORT]).status === 0
const skip = hasClient
  ? false
  : 'the Python package confluent-kafka[schemaregistry,json] is not installed'

const CLIENT = `
import warnings
warnings.simplefilter('ignore')
from confluent_kafka.schema_registry import SchemaRegistryClient, Schema
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONSerializer, JSONDeserializer
from confluent_kafka.serialization import SerializationContext, MessageField
registry = SchemaRegistryClient({'url': given['url']})
def order(**properties):
    return json.dumps({'$schema': 'http://json-schema.org/draft-07/schema#', 'title': 'Order', 'type': 'object',
        'properties': {'id': {'type': 'string'}, **properties}, 'required': ['id']})
def code(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except SchemaRegistryError as error:
        return [error.http_status_code, error.error_code]
    raise AssertionError('it was not refused')
def raw_delete(path):
    return registry._rest_client.delete(path)
`

function program(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^ {4}/, ''))
  return `${CLIENT}\n${lines.join('\n')}`
}

test(
  'values are serialized and read back with schemas that the client registers and finds by id',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const url = `${signalbox.url}/_signalbox/confluent`
    const seen = await signalbox.python<Record<string, unknown>>(
      program(`
    where = SerializationContext('orders', MessageField.VALUE)
    serialize = JSONSerializer(order(), registry)
    wire = serialize({'id': 'a'}, where)
    refused = False
    try:
        serialize({'id': 1}, where)
    except Exception as error:
        refused = 'is not of type' in str(error)
    reader = SchemaRegistryClient({'url': given['url']})
    result = dict(
        subjects=registry.get_subjects(),
        magic=wire[0],
        sameId=int.from_bytes(wire[1:5], 'big') == registry.get_latest_version('orders-value').schema_id,
        refused=refused,
        read=JSONDeserializer(None, schema_registry_client=reader)(wire, where))
      `),
      { url },
    )
    assert.deepEqual(seen, {
      subjects: ['orders-value'],
      magic: 0,
      sameId: true,
      refused: true,
      read: { id: 'a' },
    })
    const { Schemas } = await signalbox.aws<{ Schemas: { SchemaName: string }[] }>(
      'schemas',
      'list-schemas',
      { 'registry-name': 'confluent' },
    )
    assert.deepEqual(
      Schemas.map(({ SchemaName }) => SchemaName),
      ['orders-value'],
    )
  },
)

test(
  'versions, compatibility, modes and deletions are as the client expects them',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const url = `${signalbox.url}/_signalbox/confluent/registries/shop`
    const seen = await signalbox.python<Record<string, unknown>>(
      program(`
    first = Schema(order(), 'JSON')
    wider = Schema(order(size={'type': 'integer'}), 'JSON')
    broken = Schema(json.dumps({'type': 'object', 'properties': {'id': {'type': 'integer'}}}), 'JSON')
    result = dict(
        ids=len({registry.register_schema('a', first), registry.register_schema('a', first),
                 registry.register_schema('b', first)}),
        other=registry.register_schema('a', wider) != registry.register_schema('a', first),
        versions=registry.get_versions('a'),
        looked=registry.lookup_schema('a', wider).version,
        second=json.loads(registry.get_version('a', 2).schema.schema_str)['properties'],
        fits=[registry.test_compatibility('a', each) for each in (first, wider, broken)],
        refused=code(registry.register_schema, 'a', broken),
        level=registry.get_compatibility(),
        set=registry.set_compatibility('a', 'NONE'),
        own=registry.get_compatibility('a'),
        taken=registry.register_schema('a', broken) > 0,
        transitive=[registry.set_compatibility('a', 'BACKWARD_TRANSITIVE'),
                    code(registry.register_schema, 'a', Schema('{"type": "string"}', 'JSON'))],
        deleted=[registry.delete_version('a', 1), registry.get_versions('a'), registry.delete_subject('b')],
        missing=[code(registry.get_version, 'a', 9), code(registry.get_latest_version, 'none'),
                 code(registry.get_schema, 1), code(registry.register_schema, 'a', Schema('"string"', 'AVRO')),
                 code(registry.set_compatibility, 'a', 'SOME'), code(registry.lookup_schema, 'a', Schema('{}', 'JSON'))],
        subjects=registry.get_subjects())
      `),
      { url },
    )
    assert.deepEqual(seen, {
      ids: 1,
      other: true,
      versions: [1, 2],
      looked: 2,
      second: { id: { type: 'string' }, size: { type: 'integer' } },
      fits: [true, true, false],
      refused: [409, 409],
      level: 'BACKWARD',
      set: { compatibility: 'NONE' },
      own: 'NONE',
      taken: true,
      transitive: [{ compatibility: 'BACKWARD_TRANSITIVE' }, [409, 409]],
      deleted: [1, [2, 3], [1]],
      missing: [
        [404, 40402],
        [404, 40401],
        [404, 40403],
        [422, 42201],
        [422, 42203],
        [404, 40403],
      ],
      subjects: ['a'],
    })
  },
)

test("what is written by the wire: modes, ids, lists, and refusals in the registry's words", async (context) => {
  const signalbox = await Signalbox.open(context)
  const ask = async (method: string, path: string, body?: object): Promise<readonly unknown[]> => {
    const answer = await fetch(`${signalbox.url}/_signalbox/confluent${path}`, {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    assert.equal(answer.headers.get('content-type'), 'application/vnd.schemaregistry.v1+json')
    return [answer.status, await answer.json()]
  }
  const schema = { schemaType: 'JSON', schema: '{"type":"object"}' }
  assert.deepEqual(await ask('GET', '/'), [200, {}])
  assert.deepEqual(await ask('GET', '/subjects'), [200, []])
  assert.deepEqual(await ask('GET', '/schemas/types'), [200, ['JSON']])
  const [status, made] = (await ask('POST', '/subjects/a/versions', schema)) as [
    number,
    { id: number },
  ]
  assert.equal(status, 200)
  const { id } = made
  assert.deepEqual(await ask('GET', `/schemas/ids/${id}`), [200, schema])
  assert.deepEqual(await ask('GET', `/schemas/ids/${id}/schema`), [200, { type: 'object' }])
  assert.deepEqual(await ask('GET', `/schemas/ids/${id}/versions`), [
    200,
    [{ subject: 'a', version: 1 }],
  ])
  const whole = { subject: 'a', version: 1, id, ...schema }
  assert.deepEqual(await ask('GET', '/schemas?latestOnly=true'), [200, [whole]])
  assert.deepEqual(await ask('GET', '/subjects/a/versions/latest'), [200, whole])
  assert.deepEqual(await ask('GET', '/config/a?defaultToGlobal=true'), [
    200,
    { compatibilityLevel: 'BACKWARD' },
  ])
  assert.deepEqual((await ask('GET', '/config/a'))[0], 404)
  assert.deepEqual(await ask('PUT', '/mode', { mode: 'READONLY' }), [200, { mode: 'READONLY' }])
  assert.deepEqual(await ask('POST', '/subjects/a/versions', schema), [200, whole])
  const [readOnly] = await ask('POST', '/subjects/b/versions', schema)
  assert.equal(readOnly, 422)
  assert.deepEqual(await ask('DELETE', '/mode'), [200, { mode: 'READONLY' }])
  assert.deepEqual(await ask('GET', '/mode'), [200, { mode: 'READWRITE' }])
  const strict = {
    schemaType: 'JSON',
    schema: '{"type":"object","required":["a"],"properties":{"a":{}}}',
  }
  const [, verdict] = (await ask(
    'POST',
    '/compatibility/subjects/a/versions/latest?verbose=true',
    strict,
  )) as [number, { is_compatible: boolean; messages: string[] }]
  assert.equal(verdict.is_compatible, false)
  assert.match(verdict.messages.join(), /version 1: \$\.detail\.a is new and required/)
  assert.deepEqual((await ask('GET', '/subjects/a/versions/0'))[1], {
    error_code: 42202,
    message:
      'The specified version \'0\' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"',
  })
  assert.equal((await ask('PUT', '/subjects/a'))[0], 405)
  assert.equal((await ask('GET', '/nothing'))[0], 404)
})

test('two that register at once get versions of their own, and one content one version', async (context) => {
  const signalbox = await Signalbox.open(context)
  const base = `${signalbox.url}/_signalbox/confluent`
  await fetch(`${base}/config`, { method: 'PUT', body: '{"compatibility":"NONE"}' })
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const schema = JSON.stringify({ title: `t${index % 5}` })
      const body = JSON.stringify({ schemaType: 'JSON', schema })
      const answer = await fetch(`${base}/subjects/a/versions`, { method: 'POST', body })
      return (await answer.json()) as { version: number; id: number }
    }),
  )
  const versions = new Map(answers.map(({ version, id }) => [version, id]))
  assert.deepEqual(
    [...versions.keys()].sort((a, b) => a - b),
    [1, 2, 3, 4, 5],
  )
  for (const { version, id } of answers) assert.equal(versions.get(version), id)
})

test(
  'what is deleted softly is found by whoever asks for it, until it goes for good',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const url = `${signalbox.url}/_signalbox/confluent`
    const seen = await signalbox.python<Record<string, unknown>>(
      program(`
    first = Schema(order(), 'JSON')
    wider = Schema(order(size={'type': 'integer'}), 'JSON')
    for schema in (first, wider):
        registry.register_schema('a', schema)
    registry.register_schema('b', wider)
    def fresh():
        return SchemaRegistryClient({'url': given['url']})
    identity = fresh().get_version('a', 1).schema_id
    result = dict(
        early=[code(fresh().delete_version, 'a', 1, permanent=True), code(raw_delete, 'subjects/a?permanent=true')],
        soft=fresh().delete_version('a', 1),
        again=code(fresh().delete_version, 'a', 1),
        hidden=[fresh().get_versions('a'), code(fresh().get_version, 'a', 1), code(fresh().lookup_schema, 'a', first)],
        seen=[fresh().get_versions('a', deleted=True), fresh().get_version('a', 1, deleted=True).schema_id == identity,
              fresh().lookup_schema('a', first, deleted=True).version, json.loads(fresh().get_schema(identity).schema_str)['title']],
        back=[fresh().register_schema('a', first) == identity, fresh().get_versions('a'), fresh().get_latest_version('a').version],
        whole=[fresh().delete_subject('a'), fresh().get_subjects(), fresh().get_subjects(deleted=True),
               code(fresh().get_latest_version, 'a'), code(fresh().delete_subject, 'a')],
        anew=[fresh().register_schema('a', wider) > 0, fresh().get_versions('a'), fresh().get_versions('a', deleted=True)],
        gone=[fresh().delete_version('a', 1, permanent=True), fresh().get_versions('a', deleted=True),
              code(fresh().delete_subject, 'a', permanent=True), fresh().delete_subject('a'),
              fresh().delete_subject('a', permanent=True), fresh().get_subjects(deleted=True),
              code(fresh().get_versions, 'a', deleted=True), code(fresh().get_schema, identity)])
    `),
      { url },
    )
    assert.deepEqual(seen, {
      early: [
        [404, 40407],
        [404, 40405],
      ],
      soft: 1,
      again: [404, 40406],
      hidden: [[2], [404, 40402], [404, 40403]],
      seen: [[1, 2], true, 1, 'Order'],
      back: [true, [2, 3], 3],
      whole: [[2, 3], ['b'], ['a', 'b'], [404, 40401], [404, 40404]],
      anew: [true, [4], [1, 2, 3, 4]],
      gone: [1, [2, 3, 4], [404, 40405], [4], [2, 3, 4], ['b'], [404, 40401], [404, 40403]],
    })
  },
)

test('a schema refers to others, which cannot go as long as it does', { skip }, async (context) => {
  const signalbox = await Signalbox.open(context)
  const url = `${signalbox.url}/_signalbox/confluent`
  const seen = await signalbox.python<Record<string, unknown>>(
    program(`
    from confluent_kafka.schema_registry import SchemaReference
    draft = 'http://json-schema.org/draft-07/schema#'
    country = json.dumps({'$schema': draft, 'title': 'Country', 'type': 'string', 'minLength': 2})
    address = json.dumps({'$schema': draft, 'title': 'Address', 'type': 'object', 'required': ['zip'],
        'properties': {'zip': {'type': 'string'}, 'country': {'$ref': 'country.json'}}})
    def to(name, subject, version=1):
        return SchemaReference(name, subject, version)
    registry.register_schema('country', Schema(country, 'JSON'))
    home = Schema(address, 'JSON', [to('country.json', 'country')])
    registry.register_schema('address', home)
    person = Schema(json.dumps({'$schema': draft, 'title': 'Person', 'type': 'object',
        'properties': {'home': {'$ref': 'address.json'}}}), 'JSON', [to('address.json', 'address')])
    where = SerializationContext('people', MessageField.VALUE)
    serialize = JSONSerializer(person, registry)
    wire = serialize({'home': {'zip': '1', 'country': 'de'}}, where)
    def refused(value):
        try:
            serialize(value, where)
        except Exception as error:
            return type(error).__name__
    reader = SchemaRegistryClient({'url': given['url']})
    latest = reader.get_latest_version('people-value')
    def referrers(subject):
        return registry._rest_client.get(f'subjects/{subject}/versions/1/referencedby')
    narrow = json.dumps({'$schema': draft, 'title': 'Address', 'type': 'object', 'required': ['zip', 'street'],
        'properties': {'zip': {'type': 'string'}, 'street': {'type': 'string'}}})
    registry.set_compatibility('address', 'NONE')
    registry.register_schema('address', Schema(narrow, 'JSON'))
    stricter = Schema(person.schema_str, 'JSON', [to('address.json', 'address', 2)])
    result = dict(
        read=JSONDeserializer(None, schema_registry_client=reader)(wire, where),
        refused=[refused({'home': {}}), refused({'home': {'zip': '1', 'country': 'd'}})],
        text=json.loads(latest.schema.schema_str)['properties'],
        references=[[one.name, one.subject, one.version] for one in latest.schema.references],
        looked=reader.lookup_schema('people-value', person).version,
        unlike=code(reader.lookup_schema, 'people-value', Schema(person.schema_str, 'JSON', [])),
        fits=[reader.test_compatibility('people-value', person), reader.test_compatibility('people-value', stricter)],
        missing=code(registry.register_schema, 'x', Schema(address, 'JSON', [to('country.json', 'country', 7)])),
        by=[referrers('country') == [reader.get_version('address', 1).schema_id],
            referrers('address') == [latest.schema_id], referrers('people-value')],
        kept=[code(registry.delete_subject, 'country'), code(registry.delete_version, 'address', 1)],
        other=registry.delete_version('address', 2),
        released=[registry.delete_subject('people-value'), registry.delete_subject('address'), registry.delete_subject('country')])
    `),
    { url },
  )
  assert.deepEqual(seen, {
    read: { home: { zip: '1', country: 'de' } },
    refused: ['SerializationError', 'SerializationError'],
    text: { home: { $ref: 'address.json' } },
    references: [['address.json', 'address', 1]],
    looked: 1,
    unlike: [422, 42201],
    fits: [true, false],
    missing: [422, 42201],
    by: [true, true, []],
    kept: [
      [422, 42206],
      [422, 42206],
    ],
    other: 2,
    released: [[1], [1], [1]],
  })
})

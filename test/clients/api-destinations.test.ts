// Connections and API destinations, made with boto3 as on AWS and called for real: as whom, how often, with what,
// and that no secret is ever seen again but by the API it is for.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Api } from '../support/api.ts'
import {
  DEADLINE_MS,
  QUICK_RETRIES,
  shareSignalbox,
  Signalbox,
  until,
} from '../support/signalbox.ts'

const openAccount = shareSignalbox({ config: QUICK_RETRIES })

const PASSWORD = 'correct-horse-battery'
const API_KEY = 'key-that-nobody-knows'
const CLIENT_SECRET = 'client-secret-of-the-shop'

/** Makes a connection and a destination of it, and aims a rule there. */
const MAKE = `
    def make(name, type, auth, endpoint, target={}, **destination):
        connection = events.create_connection(Name=name, AuthorizationType=type, AuthParameters=auth)
        made = events.create_api_destination(
            Name=name, ConnectionArn=connection['ConnectionArn'], InvocationEndpoint=endpoint,
            **{'HttpMethod': 'POST', **destination})
        sqs.create_queue(QueueName='dead-' + name)
        dead = events.describe_event_bus()['Arn'].replace(':events:', ':sqs:').replace(
            'event-bus/default', 'dead-' + name)
        route(name, {'source': [name]}, {
            'Id': 'api', 'Arn': made['ApiDestinationArn'], 'DeadLetterConfig': {'Arn': dead},
            'RoleArn': 'arn:aws:iam::123456789012:role/any', **target})
        return connection, made`

test('a call has what target and connection add, with the connection above, and the event in its place', async (context) => {
  const signalbox = openAccount()
  const api = await Api.open(context)
  const seen = await signalbox.python<Record<string, unknown>>(
    `${MAKE}
    parameters = lambda place, *items: {place: [
        {'Key': k, 'Value': v, 'IsValueSecret': s} for k, v, s in items]}
    _, destination = make('shop', 'BASIC', {
        'BasicAuthParameters': {'Username': 'shop', 'Password': given['password']},
        'InvocationHttpParameters': {
            **parameters('HeaderParameters', ('X-Both', 'connection', False), ('X-Secret', given['key'], True)),
            **parameters('QueryStringParameters', ('both', 'connection', False)),
            **parameters('BodyParameters', ('added', 'by-connection', False), ('n', 'replaced', False)),
        }}, given['url'] + '/orders/*/lines/*?fixed=1', {
        'InputPath': '$.detail',
        'HttpParameters': {
            'PathParameterValues': ['$.detail.id', 'all'],
            'HeaderParameters': {'X-Both': 'target', 'X-Total': '$.detail.total', 'X-None': '$.detail.none'},
            'QueryStringParameters': {'both': 'target', 'say': '$.detail.say'}}})
    put('shop', 'Order', {'id': '7/ä', 'total': 12345678901234567890, 'say': 'a&b', 'n': 1})
    result = dict(
        connection=events.describe_connection(Name='shop')['AuthParameters'],
        state=events.describe_api_destination(Name='shop')['ApiDestinationState'],
        secretArn=events.describe_connection(Name='shop')['SecretArn'].split(':secret:')[1].split('/')[:2],
        refused=[refusal(events.put_targets, Rule='shop', Targets=[{
            'Id': 'x', 'Arn': destination['ApiDestinationArn'], 'HttpParameters': {'HeaderParameters': {
                name: value}}}]) for name, value in [('Authorization', 'x'), ('X-Amz-Date', 'x'), ('A', '$.a..b')]])
    `,
    { url: api.url, password: PASSWORD, key: API_KEY },
  )
  await until('the call came', DEADLINE_MS, () => api.calls.length === 1)
  const [call] = api.calls
  assert.equal(call!.method, 'POST')
  assert.equal(call!.path, '/orders/7%2F%C3%A4/lines/all?fixed=1&both=connection&say=a%26b')
  assert.equal(
    call!.headers.authorization,
    `Basic ${Buffer.from(`shop:${PASSWORD}`).toString('base64')}`,
  )
  assert.equal(call!.headers['x-both'], 'connection')
  assert.equal(call!.headers['x-total'], '12345678901234567890')
  assert.equal(call!.headers['x-none'], undefined)
  assert.equal(call!.headers['x-secret'], API_KEY)
  assert.equal(call!.headers['user-agent'], 'Amazon/EventBridge/ApiDestinations')
  assert.equal(call!.headers['content-type'], 'application/json; charset=utf-8')
  assert.deepEqual(JSON.parse(call!.body), {
    id: '7/ä',
    total: Number('12345678901234567890'),
    say: 'a&b',
    n: 'replaced',
    added: 'by-connection',
  })
  assert.match(call!.body, /"total": ?12345678901234567890,/)
  assert.deepEqual(seen['connection'], {
    BasicAuthParameters: { Username: 'shop' },
    InvocationHttpParameters: {
      HeaderParameters: [
        { Key: 'X-Both', Value: 'connection', IsValueSecret: false },
        { Key: 'X-Secret', IsValueSecret: true },
      ],
      QueryStringParameters: [{ Key: 'both', Value: 'connection', IsValueSecret: false }],
      BodyParameters: [
        { Key: 'added', Value: 'by-connection', IsValueSecret: false },
        { Key: 'n', Value: 'replaced', IsValueSecret: false },
      ],
    },
  })
  assert.equal(seen['state'], 'ACTIVE')
  assert.deepEqual(seen['secretArn'], ['events!connection', 'shop'])
  for (const refused of seen['refused'] as string[][])
    assert.equal(refused[0], 'ValidationException')
})

test('an API that refuses for good buries the event at once, one that is busy gets it later', async (context) => {
  const signalbox = openAccount()
  const api = await Api.open(context)
  api.statuses.push(401, 429, 503, 404)
  const letter = await signalbox.python<{ code: string; message: string }>(
    `${MAKE}
    make('shop', 'API_KEY', {'ApiKeyAuthParameters': {
        'ApiKeyName': 'X-Secret', 'ApiKeyValue': given['key']}}, given['url'], HttpMethod='PUT')
    put('shop', 'Order', {})
    [letter] = take('dead-shop', 1)
    attributes = letter['MessageAttributes']
    result = dict(code=attributes['ERROR_CODE']['StringValue'],
                  message=attributes['ERROR_MESSAGE']['StringValue'])
    `,
    { url: api.url, key: API_KEY },
  )
  assert.deepEqual(
    api.calls.map(({ method, headers }) => [method, headers['x-secret']]),
    Array.from({ length: 4 }, () => ['PUT', API_KEY]),
  )
  assert.equal(letter.code, 'NO_RESOURCE')
  assert.equal(letter.message, 'the target answered 404: you sent undefined and [masked]')
})

test('one token serves many calls, and a refused one is renewed without the event noticing', async (context) => {
  const signalbox = openAccount()
  const api = await Api.open(context)
  const given = { url: api.url, secret: CLIENT_SECRET }
  const states = await signalbox.python<string[]>(
    `${MAKE}
    connection, _ = make('shop', 'OAUTH_CLIENT_CREDENTIALS', {'OAuthParameters': {
        'ClientParameters': {'ClientID': 'me', 'ClientSecret': given['secret']},
        'AuthorizationEndpoint': given['url'] + '/token', 'HttpMethod': 'POST',
        'OAuthHttpParameters': {
            'BodyParameters': [{'Key': 'scope', 'Value': 'orders', 'IsValueSecret': False}],
            'QueryStringParameters': [{'Key': 'tenant', 'Value': 'a', 'IsValueSecret': False}],
            'HeaderParameters': [{'Key': 'X-Tenant', 'Value': 'b', 'IsValueSecret': True}]}}},
        given['url'] + '/orders')
    for _ in range(100):
        state = events.describe_connection(Name='shop')['ConnectionState']
        if state == 'AUTHORIZED': break
        time.sleep(0.05)
    for i in range(5): put('shop', 'Order', {'i': i})
    result = [connection['ConnectionState'], state,
        events.describe_api_destination(Name='shop')['ApiDestinationState'],
        events.list_connections(ConnectionState='AUTHORIZED')['Connections'][0]['Name']]
    `,
    given,
  )
  assert.deepEqual(states, ['AUTHORIZING', 'AUTHORIZED', 'ACTIVE', 'shop'])
  await until('all calls came', DEADLINE_MS, () => api.calls.length === 5)
  assert.equal(api.tokenRequests.length, 1)
  const [asked] = api.tokenRequests
  assert.equal(asked!.path, '/token?tenant=a')
  assert.equal(asked!.headers['x-tenant'], 'b')
  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked!.body)), {
    grant_type: 'client_credentials',
    client_id: 'me',
    client_secret: CLIENT_SECRET,
    scope: 'orders',
  })
  for (const { headers } of api.calls) assert.equal(headers.authorization, `Bearer ${api.token}`)
  api.statuses.push(401)
  await signalbox.python(`put('shop', 'Order', {'i': 5})`)
  await until('the call came twice', DEADLINE_MS, () => api.calls.length === 7)
  assert.equal(api.tokenRequests.length, 2)
  assert.equal(api.calls.at(-1)!.headers.authorization, `Bearer ${api.token}`)
})

test('a refused client leaves the connection deauthorized, and so does taking its secrets away', async (context) => {
  const signalbox = openAccount()
  const api = await Api.open(context)
  api.tokenStatus = 401
  const seen = await signalbox.python<Record<string, unknown>>(
    `${MAKE}
    def settled():
        for _ in range(200):
            found = events.describe_connection(Name='shop')
            if found['ConnectionState'] != 'AUTHORIZING': return found
            time.sleep(0.05)
    def buried():
        put('shop', 'Order', {})
        [letter] = take('dead-shop', 1)
        return [letter['MessageAttributes'][n]['StringValue'] for n in ['ERROR_CODE', 'ERROR_MESSAGE']]
    make('shop', 'OAUTH_CLIENT_CREDENTIALS', {'OAuthParameters': {
        'ClientParameters': {'ClientID': 'me', 'ClientSecret': given['secret']},
        'AuthorizationEndpoint': given['url'] + '/token', 'HttpMethod': 'GET'}}, given['url'])
    refused, first = settled(), buried()
    changed = events.update_connection(Name='shop', AuthorizationType='BASIC', AuthParameters={
        'BasicAuthParameters': {'Username': 'u', 'Password': given['secret']}})['ConnectionState']
    taken = events.deauthorize_connection(Name='shop')['ConnectionState']
    half = refusal(events.update_connection, Name='shop', AuthParameters={
        'BasicAuthParameters': {'Username': 'v'}})[0]
    second = buried()
    deleted = events.delete_connection(Name='shop')['ConnectionState']
    result = dict(refused=[refused['ConnectionState'], refused['StateReason']], first=first,
        changed=changed, taken=taken, half=half, second=second, deleted=deleted, third=buried()[0],
        gone=refusal(events.describe_connection, Name='shop'),
        state=events.describe_api_destination(Name='shop')['ApiDestinationState'])
    `,
    { url: api.url, secret: CLIENT_SECRET },
  )
  const { first, second, ...rest } = seen as Record<string, string[]>
  assert.deepEqual(rest, {
    refused: ['DEAUTHORIZED', 'the token endpoint answered 401: invalid_client'],
    changed: 'AUTHORIZED',
    taken: 'DEAUTHORIZED',
    half: 'ValidationException',
    deleted: 'DELETING',
    third: 'NO_RESOURCE',
    gone: [
      'ResourceNotFoundException',
      "Failed to describe the connection(s). Connection 'shop' does not exist.",
    ],
    state: 'INACTIVE',
  })
  assert.equal(first![0], 'NO_PERMISSIONS')
  assert.equal(second![0], 'NO_PERMISSIONS')
  assert.match(api.tokenRequests[0]!.headers.authorization!, /^Basic /)
  assert.equal(api.calls.length, 0)
})

test('calls keep the rate of their destination, and wait for their turn rather than fail', async (context) => {
  const signalbox = openAccount()
  const api = await Api.open(context)
  await signalbox.python(
    `${MAKE}
    make('shop', 'API_KEY', {'ApiKeyAuthParameters': {'ApiKeyName': 'k', 'ApiKeyValue': 'v'}},
         given, InvocationRateLimitPerSecond=5)
    events.put_events(Entries=[
        {'Source': 'shop', 'DetailType': 'Order', 'Detail': '{}'} for i in range(6)])
    `,
    api.url,
  )
  await until('all calls came', DEADLINE_MS, () => api.calls.length === 6)
  const times = api.calls.map(({ at }) => at)
  // A loaded machine may be late, never early.
  assert.ok(times.at(-1)! - times[0]! >= 900, `six calls in ${times.at(-1)! - times[0]!} ms`)
})

test('secrets lie sealed on the disk, outlive a restart and a new key, and are in no line of the log', async (context) => {
  const signalbox = await Signalbox.open(context, { config: QUICK_RETRIES })
  const api = await Api.open(context)
  api.statuses.push(503)
  await signalbox.python(
    `${MAKE}
    make('shop', 'BASIC', {'BasicAuthParameters': {'Username': 'u', 'Password': given['password']}},
         given['url'])
    put('shop', 'Order', {})
    `,
    { url: api.url, password: PASSWORD },
  )
  await until('the retried call came', DEADLINE_MS, () => api.calls.length === 2)
  const expected = `Basic ${Buffer.from(`u:${PASSWORD}`).toString('base64')}`
  const keyFile = join(signalbox.dataDir, 'secret.key')
  const oldKey = readFileSync(keyFile, 'utf8')
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  const said = [signalbox.output]
  await signalbox.end('SIGKILL')
  // Another key on top; the old one only opens what it sealed.
  const newKey = `signalbox-key-1 ${Buffer.alloc(32, 7).toString('base64')}\n`
  writeFileSync(keyFile, newKey + oldKey)
  await signalbox.start()
  // What came just before the kill may come again.
  const hasCalled = (order: string): boolean => api.calls.some(({ body }) => body.includes(order))
  await signalbox.python(`put('shop', 'Second', {})`)
  await until('a call came after the restart', DEADLINE_MS, () => hasCalled('Second'))
  said.push(signalbox.output)
  await signalbox.end('SIGTERM')
  writeFileSync(keyFile, newKey)
  await signalbox.start()
  await signalbox.python(`put('shop', 'Third', {})`)
  await until('a call came without the old key', DEADLINE_MS, () => hasCalled('Third'))
  said.push(signalbox.output)
  for (const { headers } of api.calls) assert.equal(headers.authorization, expected)
  const secrets = [PASSWORD, expected.slice('Basic '.length)]
  for (const secret of secrets) {
    assert.ok(!said.join('').includes(secret), 'a log line shows a secret')
    for (const file of filesBelow(signalbox.dataDir)) {
      assert.ok(!readFileSync(file).includes(secret), `${file} shows a secret`)
    }
  }
})

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

// The command line against a real server: what it sends arrives, what arrives it shows, and a server that
// goes away is waited for.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli } from '../src/cli/index.ts'
import { createTestIo, type TestIo } from '../src/cli/testing.ts'
import { openOwnServer, type OwnServer } from './support/own-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
after(() => rmSync(directory, { recursive: true, force: true }))

async function run(
  argv: readonly string[],
  parts: Parameters<typeof createTestIo>[0] = {},
): Promise<{ readonly code: number; readonly io: TestIo }> {
  const io = createTestIo({ cwd: directory, ...parts })
  return { code: await runCli(argv, io), io }
}

function envelopes(server: OwnServer): Record<string, unknown>[] {
  return server.events.map(
    ({ envelope }) => JSON.parse(Buffer.from(envelope).toString()) as Record<string, unknown>,
  )
}

/** A tail that runs beside the test. */
function startTail(argv: readonly string[]): {
  readonly io: TestIo
  readonly stop: () => Promise<number>
} {
  const stop = new AbortController()
  const io = createTestIo({ cwd: directory, signal: stop.signal })
  const code = runCli(['tail', ...argv], io)
  return {
    io,
    stop: () => {
      stop.abort('SIGINT')
      return code
    },
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

test('emit sends an event with what was said, and prints its id', async () => {
  await using server = await openOwnServer()
  const argv = ['emit', 'order.created', '{"id":1.0}', '--source', 'my.app', '--subject', 's']
  const { code, io } = await run([...argv, '--endpoint-url', server.url])
  assert.equal(code, 0, io.err.text)
  const [event] = envelopes(server)
  assert.equal(io.out.text, `${String(event!['id'])}\n`)
  assert.equal(event!['detail-type'], 'order.created')
  assert.equal(event!['source'], 'my.app')
  assert.match(Buffer.from(server.events[0]!.envelope).toString(), /"detail":\{"id":1\.0\}/)
})

test('emit takes its data from a file and from standard input, and a bus', async () => {
  await using server = await openOwnServer()
  writeFileSync(join(directory, 'data.json'), '{"from":"file"}\n')
  const port = ['--port', String(server.port)]
  await run(['emit', 'a', '@data.json', '--bus', 'orders', ...port])
  await run(['emit', '--detail-type', 'Order Created', '-', ...port], {
    stdin: (async function* () {
      yield Buffer.from('{"from":')
      yield Buffer.from('"stdin"}')
    })(),
  })
  const details = envelopes(server).map((event) => event['detail'])
  assert.deepEqual(details, [{ from: 'file' }, { from: 'stdin' }])
  assert.match(server.events[0]!.busKey, /orders$/)
  assert.equal(envelopes(server)[1]!['detail-type'], 'Order Created')
})

test('emit sends many, each with an id of its own', async () => {
  await using server = await openOwnServer()
  const { code, io } = await run(['emit', 'a', '--count', '230', '--port', String(server.port)])
  assert.equal(code, 0)
  const ids = io.out.text.trim().split('\n')
  assert.equal(new Set(ids).size, 230)
  assert.deepEqual(
    ids.toSorted(),
    envelopes(server)
      .map((event) => String(event['id']))
      .toSorted(),
  )
  const json = await run(['emit', 'a', '--count', '3', '-o', 'json', '--port', String(server.port)])
  const { accepted, failed, ids: more } = JSON.parse(json.io.out.text) as Record<string, unknown>
  assert.deepEqual([accepted, failed, (more as string[]).length], [3, 0, 3])
})

test('emit to a bus that is not there is 3, and says how to make it', async () => {
  await using server = await openOwnServer()
  const { code, io } = await run(['emit', 'a', '--bus', 'none', '--port', String(server.port)])
  assert.equal(code, 3)
  assert.match(io.err.text, /bus `none` does not exist[^]*create-event-bus/)
})

test('tail shows events as they come, one a line, and stops with 130', async () => {
  await using server = await openOwnServer()
  const { io, stop } = startTail(['--port', String(server.port)])
  await until(() => server.tails === 1)
  await run(['emit', 'order.created', '{"id":7}', '--port', String(server.port)])
  await io.out.waitFor(/default {2}order\.created {2}signalbox\.cli {2}\S+ {2}\{"id":7\}\n$/)
  assert.equal(await stop(), 130)
  await until(() => server.tails === 0)
})

test('tail filters on the server', async () => {
  await using server = await openOwnServer()
  const byType = startTail(['--type', 'wanted', '-o', 'json', '--port', String(server.port)])
  const pattern = ['--pattern', '{"source":["my.app"]}']
  const byPattern = startTail([...pattern, '-o', 'json', '--port', String(server.port)])
  await until(() => server.tails === 2)
  const port = ['--port', String(server.port)]
  await run(['emit', 'other', '--source', 'my.app', ...port])
  await run(['emit', 'wanted', ...port])
  await Promise.all([byType.io.out.waitFor(/\n/), byPattern.io.out.waitFor(/\n/)])
  const types = [byType, byPattern].map(({ io }) => {
    const event = JSON.parse(io.out.text) as { envelope: Record<string, unknown> }
    return event.envelope['detail-type']
  })
  assert.deepEqual(types, ['wanted', 'other'])
  await Promise.all([byType.stop(), byPattern.stop()])
})

test('a payload cannot steer the terminal that shows it', async () => {
  await using server = await openOwnServer()
  const { io, stop } = startTail(['--port', String(server.port)])
  await until(() => server.tails === 1)
  const type = JSON.stringify('a\u009b2J\u001b]0;owned\u0007').slice(1, -1)
  await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":"${type}"}}`,
  })
  await io.out.waitFor(/\n/)
  assert.match(io.out.text, /^[\x20-\x7e\n]*$/)
  await stop()
})

test('tail comes back behind the last event it showed when the server does', async () => {
  const first = await openOwnServer()
  const { port } = first
  const { io, stop } = startTail(['-o', 'json', '--port', String(port)])
  await until(() => first.tails === 1)
  await run(['emit', 'one', '--port', String(port)])
  await io.out.waitFor(/"one"/)
  await first[Symbol.asyncDispose]()
  await io.err.waitFor(/coming back/)
  {
    await using second = await openOwnServer({ port, events: first.events })
    await run(['emit', 'two', '--port', String(port)])
    await io.out.waitFor(/"two"/)
    assert.equal(second.events.length, 2)
  }
  assert.equal(io.out.text.trim().split('\n').length, 2)
  await stop()
})

test('a pattern that the server refuses ends the tail', async () => {
  await using server = await openOwnServer()
  const { code, io } = await run(['tail', '--pattern', '1', '--port', String(server.port)])
  assert.equal(code, 1)
  assert.match(io.err.text, /expected a pattern that is an object, got `1`/)
})

test('a tail that fails on the server ends with what the server said', async () => {
  await using server = await openOwnServer()
  const argv = ['tail', '--pattern', '{"source":["fail later"]}', '--port', String(server.port)]
  const { code, io } = await run(argv)
  assert.equal(code, 1)
  assert.match(io.err.text, /it failed later/)
})

test('doctor knows its own server', async () => {
  await using server = await openOwnServer()
  const { io } = await run(['doctor', '--port', String(server.port)])
  assert.match(io.out.text, /^ok +server +signalbox 1\.2\.3 \(dev\) at http/m)
})

test('something else at the port is named as such', async () => {
  const other = createServer((_, response) => response.end('<html>hello</html>'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const port = ['--port', String((other.address() as AddressInfo).port)]
  const doctor = await run(['doctor', ...port])
  assert.equal(doctor.code, 1)
  assert.match(doctor.io.out.text, /^failed +server +something else answers/m)
  const emit = await run(['emit', 'a', ...port])
  assert.equal(emit.code, 6)
  assert.match(emit.io.err.text, /not a signalbox server/)
  other.close()
})

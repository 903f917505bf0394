// The listener over real sockets, spoken to byte by byte; programs of other people are in test/e2e/nats.test.ts.

import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import type { PublishedMessage } from './connection.ts'
import { encodeHeaders } from './headers.ts'
import { NatsHub } from './hub.ts'
import { PENDING_BYTES_MAX, PING_INTERVAL_MS } from './limits.ts'
import { type NatsListenerOptions, openNatsListener } from './listener.ts'

interface Opened {
  readonly hub: NatsHub
  readonly taken: PublishedMessage[]
  readonly port: number
}

async function open(
  context: TestContext,
  more: Partial<NatsListenerOptions> = {},
): Promise<Opened> {
  const hub = new NatsHub(seededRandom(1))
  const taken: PublishedMessage[] = []
  const listener = await openNatsListener({
    host: '127.0.0.1',
    port: 0,
    hub,
    accept: async (messages) => void taken.push(...messages),
    clock: systemClock,
    random: seededRandom(2),
    logger: silentLogger,
    ...more,
  })
  context.after(() => listener.close())
  return { hub, taken, port: Number(new URL(listener.url).port) }
}

class Client {
  readonly socket: Socket
  #heard = ''
  #isClosed = false
  #wake = (): void => {}

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', (bytes) => {
      this.#heard += bytes.toString()
      this.#wake()
    })
    this.socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  static async open(context: TestContext, { port }: Opened, options?: object): Promise<Client> {
    const client = new Client(port)
    context.after(() => client.socket.destroy())
    await client.until('\r\n')
    if (options !== undefined) client.say(`CONNECT ${JSON.stringify(options)}\r\n`)
    return client
  }

  say(text: string): void {
    this.socket.write(text)
  }

  /** What came up to the end of `mark`, which is waited for. */
  async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#heard.indexOf(mark)
      if (at !== -1) {
        const said = this.#heard.slice(0, at + mark.length)
        this.#heard = this.#heard.slice(at + mark.length)
        return said
      }
      assert.ok(!this.#isClosed, `closed before \`${mark}\`, heard \`${this.#heard}\``)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** All that comes until the server closes. */
  async rest(): Promise<string> {
    while (!this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#heard
  }
}

const QUIET = { verbose: false, pedantic: false, headers: true, no_responders: true }

test('INFO comes first and says what there is', async (context) => {
  const opened = await open(context)
  const client = new Client(opened.port)
  context.after(() => client.socket.destroy())
  const line = await client.until('\r\n')
  const info = JSON.parse(line.slice('INFO '.length)) as Record<string, unknown>
  assert.equal(info['headers'], true)
  assert.equal(info['max_payload'], 1024 * 1024)
  assert.equal(info['port'], opened.port)
  assert.equal(info['jetstream'], undefined)
})

test('what is published is in the log before it is heard and before it is answered', async (context) => {
  const { promise: stored, resolve: release } = Promise.withResolvers<void>()
  const opened = await open(context, { accept: () => stored })
  const subscriber = await Client.open(context, opened, QUIET)
  subscriber.say('SUB orders.* 7\r\nPING\r\n')
  await subscriber.until('PONG\r\n')
  const publisher = await Client.open(context, opened, {})
  await publisher.until('+OK\r\n')
  publisher.say('PUB orders.new 2\r\nhi\r\nPING\r\n')
  subscriber.say('PING\r\n')
  assert.equal(await subscriber.until('PONG\r\n'), 'PONG\r\n', 'nothing was heard yet')
  release()
  assert.equal(await publisher.until('PONG\r\n'), '+OK\r\nPONG\r\n')
  assert.equal(await subscriber.until('hi\r\n'), 'MSG orders.new 7 2\r\nhi\r\n')
})

test('what the log does not take is not heard, and its publisher is told', async (context) => {
  const opened = await open(context, { accept: () => Promise.reject(new Error('full')) })
  const client = await Client.open(context, opened, QUIET)
  client.say('SUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n')
  assert.equal(await client.rest(), "-ERR 'the events were not stored'\r\n")
})

test('headers reach the log and whoever reads headers; others get the payload alone', async (context) => {
  const opened = await open(context)
  const one = await Client.open(context, opened, QUIET)
  const other = await Client.open(context, opened, {
    ...QUIET,
    headers: false,
    no_responders: false,
  })
  for (const client of [one, other]) {
    client.say('SUB a 1\r\nPING\r\n')
    await client.until('PONG\r\n')
  }
  const block = encodeHeaders([
    ['ce-id', '1'],
    ['Nats-Msg-Id', 'once'],
  ]).toString()
  one.say(`HPUB a ${block.length} ${block.length + 2}\r\n${block}hi\r\n`)
  assert.equal(
    await one.until('hi\r\n'),
    `HMSG a 1 ${block.length} ${block.length + 2}\r\n${block}hi\r\n`,
  )
  assert.equal(await other.until('hi\r\n'), 'MSG a 1 2\r\nhi\r\n')
  const [message] = opened.taken
  assert.equal(message!.place, 'once')
  assert.equal(message!.headers.get('ce-id'), '1')
  assert.equal(Buffer.from(message!.body).toString(), 'hi')
  other.say(`HPUB a ${block.length} ${block.length}\r\n${block}\r\n`)
  assert.equal(await other.rest(), "-ERR 'message headers not supported'\r\n")
})

test('one member of a queue group gets each message, and every member some', async (context) => {
  const opened = await open(context)
  const members = await Promise.all([1, 2, 3].map(() => Client.open(context, opened, QUIET)))
  for (const member of members) {
    member.say('SUB work crew 1\r\nPING\r\n')
    await member.until('PONG\r\n')
  }
  const publisher = await Client.open(context, opened, QUIET)
  publisher.say(`${'PUB work 1\r\nx\r\n'.repeat(60)}PING\r\n`)
  await publisher.until('PONG\r\n')
  const counts: number[] = []
  for (const member of members) {
    member.say('PING\r\n')
    counts.push((await member.until('PONG\r\n')).split('MSG work').length - 1)
  }
  assert.equal(
    counts.reduce((sum, each) => sum + each),
    60,
  )
  assert.ok(
    counts.every((each) => each > 5),
    counts.join(),
  )
})

test('a request is answered by who listens, and says so when nobody does; answers are no events', async (context) => {
  const opened = await open(context)
  const client = await Client.open(context, opened, QUIET)
  client.say('SUB _INBOX.1 9\r\nPUB ask _INBOX.1 1\r\n?\r\n')
  await client.until('HMSG _INBOX.1 9 16 16\r\nNATS/1.0 503\r\n\r\n\r\n')
  const helper = await Client.open(context, opened, QUIET)
  helper.say('SUB ask 1\r\nPING\r\n')
  await helper.until('PONG\r\n')
  client.say('PUB ask _INBOX.1 1\r\n?\r\n')
  await helper.until('MSG ask 1 _INBOX.1 1\r\n?\r\n')
  helper.say('PUB _INBOX.1 1\r\n!\r\n')
  await client.until('MSG _INBOX.1 9 1\r\n!\r\n')
  assert.deepEqual(
    opened.taken.map(({ topic }) => topic),
    ['ask', 'ask'],
  )
})

test('a subscription ends after as many messages as were asked for, counted from its begin', async (context) => {
  const opened = await open(context)
  const client = await Client.open(context, opened, QUIET)
  client.say(`SUB a 1\r\n${'PUB a 1\r\nx\r\n'.repeat(2)}UNSUB 1 3\r\n`)
  client.say(`${'PUB a 1\r\ny\r\n'.repeat(3)}UNSUB 2\r\nPING\r\n`)
  const heard = await client.until('PONG\r\n')
  assert.equal(heard.match(/MSG a 1/g)!.length, 3)
})

test('a client that does not want to hear itself does not', async (context) => {
  const opened = await open(context)
  const client = await Client.open(context, opened, { ...QUIET, echo: false })
  client.say('SUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n')
  assert.equal(await client.until('PONG\r\n'), 'PONG\r\n')
})

test('a pedantic client is told of subjects that cannot be, and goes on', async (context) => {
  const opened = await open(context)
  const client = await Client.open(context, opened, { verbose: false, pedantic: true })
  client.say('SUB a..b 1\r\nPUB a.* 1\r\nx\r\nPING\r\n')
  const heard = await client.until('PONG\r\n')
  assert.equal(heard, "-ERR 'Invalid Subject'\r\n-ERR 'Invalid Publish Subject'\r\nPONG\r\n")
  assert.equal(opened.taken.length, 0)
})

test('where a token is asked for, nobody does anything without it', async (context) => {
  const opened = await open(context, { token: 'right' })
  const silent = await Client.open(context, opened)
  silent.say('PUB a 1\r\nx\r\n')
  assert.equal(await silent.rest(), "-ERR 'Authorization Violation'\r\n")
  const wrong = await Client.open(context, opened, { ...QUIET, auth_token: 'wrong' })
  assert.equal(await wrong.rest(), "-ERR 'Authorization Violation'\r\n")
  const right = await Client.open(context, opened, { ...QUIET, auth_token: 'right' })
  right.say('PING\r\n')
  assert.equal(await right.until('PONG\r\n'), 'PONG\r\n')
  assert.equal(opened.taken.length, 0)
})

test('a subscriber that does not read is cut off, and others are not', async (context) => {
  const opened = await open(context)
  const slow = await Client.open(context, opened, QUIET)
  slow.say('SUB a 1\r\nPING\r\n')
  await slow.until('PONG\r\n')
  slow.socket.pause()
  const publisher = await Client.open(context, opened, QUIET)
  const payload = 'x'.repeat(500_000)
  let sent = 0
  const closed = once(slow.socket, 'close')
  // What the system's own buffers take comes first; then ours fill.
  while (sent < PENDING_BYTES_MAX * 8) {
    publisher.say(`PUB a ${payload.length}\r\n${payload}\r\nPING\r\n`)
    await publisher.until('PONG\r\n')
    sent += payload.length
  }
  slow.socket.resume()
  await closed
  publisher.say('PING\r\n')
  assert.equal(await publisher.until('PONG\r\n'), 'PONG\r\n')
})

test('a client that does not answer is let go of', async (context) => {
  const clock = new FakeClock()
  const opened = await open(context, { clock })
  const client = await Client.open(context, opened, QUIET)
  client.say('PING\r\n')
  await client.until('PONG\r\n')
  clock.advance(PING_INTERVAL_MS)
  await client.until('PING\r\n')
  clock.advance(PING_INTERVAL_MS)
  clock.advance(PING_INTERVAL_MS)
  assert.match(await client.rest(), /-ERR 'Stale Connection'\r\n$/)
})

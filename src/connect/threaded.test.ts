import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { AppError, isAppError, seededRandom, silentLogger, systemClock } from '../base/index.ts'
import type { BrokerSpec } from '../model/index.ts'
import type { BrokerAccess } from './broker-access.ts'
import type { ConnectorRun } from './connector.ts'
import { createKafkaKind } from './kinds/kafka/kafka-sink.ts'
import { messageOf } from './testing.ts'
import { BrokerThreads } from './threaded.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }
const select = (): undefined => undefined

/** A port at which nobody listens any more. */
async function silentPort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accessTo(
  type: BrokerSpec['type'],
  parts: Partial<BrokerAccess> = {},
): Promise<BrokerAccess> {
  const servers = [`127.0.0.1:${await silentPort()}`]
  const broker: BrokerSpec = { ...SCOPE, name: 'main', type, servers }
  return { broker, reveal: async () => 'secret', checkServer: () => {}, ...parts }
}

function openThreads(t: TestContext): BrokerThreads {
  const threads = new BrokerThreads()
  t.after(() => threads.close())
  return threads
}

function runOf({ broker, reveal, checkServer }: BrokerAccess): ConnectorRun {
  return {
    source: { ...SCOPE, name: 'orders', broker: 'main', topics: ['orders'], subjects: ['orders'] },
    broker,
    group: 'signalbox-orders',
    instance: 0,
    context: {
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
      connected: () => assert.fail('nobody is there'),
      accept: async () => {},
      door: { put: async () => [], reject: async () => {}, count: () => {} },
      lagged: () => {},
      reveal,
      checkServer,
    },
  }
}

for (const type of ['kafka', 'nats'] as const) {
  test(`a source of ${type} whose broker is gone says so from its thread`, async (t) => {
    const run = runOf(await accessTo(type))
    const reading = openThreads(t).connector(type).run(run, t.signal)
    await assert.rejects(reading, (error) => isAppError(error, 'BROKER_LOST'))
  })
}

test('a server that must not be dialed is not dialed by the thread either', async (t) => {
  const access = await accessTo('nats', {
    checkServer: (server) => {
      throw new AppError('TARGET_REFUSED', `\`${server}\` is inside`)
    },
  })
  const reading = openThreads(t).connector('nats').run(runOf(access), t.signal)
  await assert.rejects(reading, (error) => isAppError(error, 'TARGET_REFUSED'))
})

test('what cannot be sent is to be retried, also when its broker does not exist or nobody waits', async (t) => {
  let access: BrokerAccess | undefined
  const brokers = { findBroker: () => access, select }
  const kind = createKafkaKind({ ...brokers, clock: systemClock })
  const sink = openThreads(t).sinkKind(kind, brokers).open('kafka://main/orders')
  const [missing] = await sink.send([messageOf()], t.signal)
  assert.equal(missing?.kind === 'retry' && missing.failure.code, 'NO_RESOURCE')
  access = await accessTo('kafka')
  const [lost] = await sink.send([messageOf()], t.signal)
  assert.equal(lost?.kind === 'retry' && lost.failure.code, 'SDK_CLIENT_ERROR')
  const [givenUp] = await sink.send([messageOf()], AbortSignal.abort())
  assert.equal(givenUp?.kind === 'retry' && givenUp.failure.code, 'TIMEOUT')
  await sink.close()
})

test('a thread that was ended fails what it had in hand, and another takes what comes', async (t) => {
  const access = await accessTo('kafka')
  const brokers = { findBroker: () => access, select }
  const threads = openThreads(t)
  const kind = createKafkaKind({ ...brokers, clock: systemClock })
  const sink = threads.sinkKind(kind, brokers).open('kafka://main/orders')
  const sending = sink.send([messageOf()], t.signal)
  await threads.close()
  const [lost] = await sending
  assert.match(lost?.kind === 'retry' ? lost.failure.message : '', /thread .* died/)
  const [again] = await sink.send([messageOf()], t.signal)
  assert.match(again?.kind === 'retry' ? again.failure.message : '', /broker `main`/)
  await sink.close()
})

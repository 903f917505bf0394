// A peer that answers as no cluster should.

import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock } from '../base/index.ts'
import { isKubeError, type KubeClient } from '../objects/index.ts'
import { openCluster } from './cluster.ts'

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const KINDS = { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] }

async function open(context: TestContext, answer: RequestListener): Promise<KubeClient> {
  const server = createServer((request, response) => {
    if (request.url === '/api/v1') response.end(JSON.stringify(KINDS))
    else answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cluster = openCluster({
    access: {
      server: `http://127.0.0.1:${port}`,
      isVerified: true,
      user: { token: 'canary' },
      origin: 'a test',
    },
    clock: systemClock,
    logger: silentLogger,
    env: {},
  })
  context.after(() => {
    cluster.close()
    server.closeAllConnections()
    server.close()
  })
  return cluster.client()
}

test('what is no answer of a cluster is an error that says so', async (context) => {
  const cases: readonly [RequestListener, string, RegExp][] = [
    [(_, response) => response.end('<html>'), 'ServiceUnavailable', /its answer is not JSON/],
    [
      (_, response) => response.writeHead(502).end('<html>bad gateway'),
      'ServiceUnavailable',
      /answered 502/,
    ],
    [(request) => request.socket.destroy(), 'ServiceUnavailable', /cannot be reached/],
    [
      (_, response) =>
        response.writeHead(429).end(
          JSON.stringify({
            kind: 'Status',
            message: 'slowly',
            reason: 'TooManyRequests',
            details: { retryAfterSeconds: 7 },
          }),
        ),
      'TooManyRequests',
      /^slowly$/,
    ],
  ]
  for (const [answer, reason, message] of cases) {
    const client = await open(context, answer)
    await assert.rejects(client.list(CONFIG_MAP), (error) => {
      assert.ok(isKubeError(error), String(error))
      assert.equal(error.reason, reason)
      assert.match(error.message, message)
      assert.ok(!error.message.includes('canary'))
      return true
    })
  }
})

test('a watch that is cut goes on from what was last told', async (context) => {
  const asked: (string | null)[] = []
  const client = await open(context, (request, response) => {
    const from = new URL(request.url!, 'http://x').searchParams.get('resourceVersion')
    asked.push(from)
    const version = String(Number(from) + 1)
    const metadata = { name: `at-${version}`, resourceVersion: version }
    response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata } })}\n`)
    // Half a line, which is told by nobody.
    response.write('{"type":"ADDED","obj')
    setImmediate(() => response.destroy())
  })
  const stop = new AbortController()
  const told: string[] = []
  for await (const event of client.watch(CONFIG_MAP, {
    resourceVersion: '5',
    signal: stop.signal,
  })) {
    if (event.type === 'BOOKMARK') continue
    told.push(`${event.object.kind} ${event.object.metadata.name}`)
    if (told.length === 3) stop.abort()
  }
  assert.deepEqual(told, ['ConfigMap at-6', 'ConfigMap at-7', 'ConfigMap at-8'])
  assert.deepEqual(asked, ['5', '6', '7'])
})

test('a version that the cluster has forgotten ends a watch, so that all is listed anew', async (context) => {
  const client = await open(context, (_, response) => {
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }
    response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
  })
  const { signal } = new AbortController()
  const watch = client.watch(CONFIG_MAP, { resourceVersion: '5', signal })
  await assert.rejects(
    (async () => {
      for await (const _ of watch);
    })(),
    (error) => isKubeError(error, 'Expired'),
  )
})

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { watchEndpointHealth } from './app-endpoint-health.ts'
import { type AppOptions, Closers } from './app-options.ts'
import { type Clock, type LogFields, type Logger, systemClock } from './base/index.ts'
import { FakeClock } from './base/testing.ts'
import { createGuard } from './connect/index.ts'
import type { EndpointView } from './control/index.ts'

const READ_MS = 30_000
const ARN = 'arn:aws:events:us-east-1:123456789012:endpoint/shop'

/** Route 53, whose checkers say what `statuses` holds. */
async function serveRoute53(t: TestContext): Promise<{
  readonly endpoint: string
  readonly paths: string[]
  statuses: readonly string[] | number
}> {
  const paths: string[] = []
  const served = { endpoint: '', paths, statuses: [] as readonly string[] | number }
  const server = createServer((request, response) => {
    paths.push(request.url!)
    const { statuses } = served
    response.statusCode = typeof statuses === 'number' ? statuses : 200
    response.end(
      typeof statuses === 'number'
        ? '<ErrorResponse><Error><Message>No health check exists</Message></Error></ErrorResponse>'
        : `<GetHealthCheckStatusResponse>${statuses
            .map((status) => `<StatusReport><Status>${status}</Status></StatusReport>`)
            .join('')}</GetHealthCheckStatusResponse>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  served.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return served
}

class Bench {
  readonly clock = new FakeClock()
  readonly told: (readonly [string, string])[] = []
  readonly lines: LogFields[] = []
  readonly closers = new Closers()
  isFailedOver = false
  #waiting: (() => void)[] = []

  /** Resolves when every endpoint was looked at once more. */
  looked(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  watch(endpoint: string | undefined): void {
    const { clock: fake } = this
    const clock: Clock = {
      now: () => fake.now(),
      monotonic: () => fake.monotonic(),
      setTimer: (delayMs, callback) => {
        const timer = fake.setTimer(delayMs, callback)
        // Set when all were looked at.
        if (delayMs === READ_MS) for (const resolve of this.#waiting.splice(0)) resolve()
        return timer
      },
    }
    const aws = { endpoint, endpoints: {}, region: 'us-east-1' }
    const config = { mode: 'dev', targets: { aws }, delivery: { timeoutMs: 5000 } }
    watchEndpointHealth(
      { config, clock, logger: this.#logger() } as unknown as AppOptions,
      {
        endpoints: {
          listEverywhere: async () => [this.#view()],
          setHealth: async (arn, health) => {
            this.told.push([arn, health])
            this.isFailedOver = health === 'unhealthy'
            return this.#view()
          },
        },
        guard: createGuard({ mode: 'dev', allow: [], clock: systemClock }),
      },
      this.closers,
    )
  }

  #view(): EndpointView {
    const spec = {
      account: '123456789012',
      healthCheckArn: 'arn:aws:route53:::healthcheck/abc-1',
    } as EndpointView['spec']
    return { arn: ARN, spec, isFailedOver: this.isFailedOver, createdAt: 0, modifiedAt: 0 }
  }

  #logger(): Logger {
    const write = (message: string, fields: LogFields = {}): void =>
      void this.lines.push({ message, ...fields })
    const logger: Logger = {
      debug: write,
      info: write,
      warn: write,
      error: write,
      child: () => logger,
    }
    return logger
  }
}

const GOOD = 'Success: HTTP Status Code 200, OK'
const BAD = 'Failure: The endpoint did not answer'

test('an endpoint fails over and comes back as its health check says, asked again and again', async (t) => {
  const route53 = await serveRoute53(t)
  const bench = new Bench()
  t.after(() => bench.closers.close())
  const says = async (statuses: readonly string[] | number): Promise<void> => {
    route53.statuses = statuses
    const looked = bench.looked()
    bench.clock.advance(READ_MS)
    await looked
  }
  route53.statuses = [GOOD, BAD]
  const first = bench.looked()
  bench.watch(route53.endpoint)
  await first
  assert.deepEqual(bench.told, [])
  assert.equal(route53.paths[0], '/2013-04-01/healthcheck/abc-1/status')
  // One of eight is less than 18 %.
  await says([GOOD, BAD, BAD, BAD, BAD, BAD, BAD, BAD])
  assert.deepEqual(bench.told, [[ARN, 'unhealthy']])
  await says([BAD])
  assert.equal(bench.told.length, 1, 'it is there already')
  // What nobody says changes nothing, and is told once.
  await says([])
  await says(404)
  await says(404)
  assert.equal(bench.told.length, 1)
  const problems = bench.lines.filter(({ error }) => error !== undefined)
  assert.equal(problems.length, 1)
  assert.match(String(problems[0]!['error']), /answered 404 .*`abc-1`: No health check exists/)
  await says([GOOD])
  assert.deepEqual(bench.told.at(-1), [ARN, 'healthy'])
})

test('without an endpoint for Route 53 nothing is asked', async () => {
  const bench = new Bench()
  bench.watch(undefined)
  assert.equal(bench.clock.now(), new FakeClock().now())
  assert.deepEqual([bench.told, bench.lines], [[], []])
  await bench.closers.close()
})

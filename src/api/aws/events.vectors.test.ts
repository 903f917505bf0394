// The recorded answers of test/vectors/aws/events.json: each scenario begins with nothing and runs its steps as
// requests through the dialect. `$token` stands for the page token an answer gave, `$any` for any text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import scenarios from '../../../test/vectors/aws/events.json' with { type: 'json' }
import { silentLogger } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import { openMemoryControl } from '../../control/testing.ts'
import type { Dialect } from '../http/exchange.ts'
import { requestOf } from '../http/testing.ts'
import { acceptAnyCredentials } from './credentials.ts'
import { createAwsDialect } from './dialect.ts'
import { eventOperations } from './event-operations.ts'

interface Step {
  readonly operation: string
  readonly input: object
  readonly status: number
  readonly output: object
}

for (const scenario of scenarios) {
  test(`${scenario.name} (${scenario.source})`, async () => {
    const dialect = openDialect()
    let token = ''
    for (const step of scenario.steps as readonly Step[]) {
      const body = JSON.stringify(step.input).replace('"$token"', JSON.stringify(token))
      const answer = await ask(dialect, step.operation, body)
      if (typeof answer.output['NextToken'] === 'string') {
        token = answer.output['NextToken']
        answer.output['NextToken'] = '$token'
      }
      if ('message' in step.output && step.output.message === '$any') {
        answer.output['message'] = '$any'
      }
      assert.deepEqual(answer, { status: step.status, output: step.output }, step.operation)
    }
  })
}

function openDialect(): Dialect {
  return createAwsDialect({
    operations: eventOperations(openMemoryControl({ clock: new FakeClock() })),
    authenticate: acceptAnyCredentials(),
    logger: silentLogger,
  })
}

async function ask(
  dialect: Dialect,
  operation: string,
  body: string,
): Promise<{ readonly status: number; readonly output: Record<string, unknown> }> {
  const headers = { host: 'localhost', 'x-amz-target': `AWSEvents.${operation}` }
  const response = await dialect.handle(
    requestOf({ method: 'POST', headers, body: Buffer.from(body) }),
  )
  assert.equal(response.headers['Content-Type'], 'application/x-amz-json-1.1')
  assert.equal(response.headers['x-amzn-RequestId'], '00000000-0000-4000-8000-000000000000')
  assert.equal(typeof response.body, 'string')
  return { status: response.status, output: JSON.parse(response.body as string) }
}

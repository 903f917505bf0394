import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { compileParameters, type Parameters } from './parameters.ts'

const EVENT = Buffer.from(
  '{"source":"shop","detail":{"id":"7 é","n":1.50,"big":12345678901234567890,"list":[1,"a"],"say":"a\\nb"}}',
)

function filled(parameters: Parameters): unknown {
  const result = compileParameters(parameters)?.fill(EVENT)
  return result?.kind === 'parameters' ? result.parameters : result?.error.message
}

test('a value that is a path is what the event has there: text bare, anything else as it was written', () => {
  const parameters = {
    HttpParameters: {
      PathParameterValues: ['$.detail.id', 'fixed', '$.detail.n'],
      HeaderParameters: { 'X-Big': '$.detail.big', '$.detail.n': 'names stay' },
      QueryStringParameters: { list: '$.detail.list', say: '$.detail.say' },
    },
  }
  assert.deepEqual(filled(parameters), {
    HttpParameters: {
      PathParameterValues: ['7 é', 'fixed', '1.50'],
      HeaderParameters: { 'X-Big': '12345678901234567890', '$.detail.n': 'names stay' },
      QueryStringParameters: { list: '[1,"a"]', say: 'a\nb' },
    },
  })
})

test('a header or a query parameter that the event lacks is left out; anything else fails the delivery', () => {
  const http = {
    HeaderParameters: { A: '$.detail.none', B: 'b' },
    QueryStringParameters: { q: '$.detail.none' },
  }
  assert.deepEqual(filled({ HttpParameters: http }), {
    HttpParameters: { HeaderParameters: { B: 'b' }, QueryStringParameters: {} },
  })
  const missing = 'expected the event to have a value at `$.detail.none`'
  assert.equal(filled({ HttpParameters: { PathParameterValues: ['$.detail.none'] } }), missing)
  assert.equal(filled({ RedshiftDataParameters: { Sql: '$.detail.none' } }), missing)
})

test('a path inside text is text, and other parameters have no paths', () => {
  assert.equal(
    compileParameters({
      RedshiftDataParameters: { Sql: 'select $.detail.n' },
      KinesisParameters: { PartitionKeyPath: '$.detail.id' },
    }),
    undefined,
  )
})

test('parameters deep down are filled too', () => {
  const parameters = {
    SageMakerPipelineParameters: { PipelineParameterList: [{ Name: 'a', Value: '$.source' }] },
    EcsParameters: { TaskCount: 1, Group: '$.detail.id' },
  }
  assert.deepEqual(filled(parameters), {
    SageMakerPipelineParameters: { PipelineParameterList: [{ Name: 'a', Value: 'shop' }] },
    EcsParameters: { TaskCount: 1, Group: '7 é' },
  })
})

test('a malformed path is refused with the parameter that holds it', () => {
  assert.throws(
    () => compileParameters({ HttpParameters: { HeaderParameters: { A: '$.detail..x' } } }),
    (error) =>
      isAppError(error, 'TEMPLATE_INVALID') &&
      error.details['parameter'] === 'HttpParameters.HeaderParameters.A',
  )
})

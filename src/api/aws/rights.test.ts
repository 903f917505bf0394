import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rightOf } from './rights.ts'
import { type ServiceName, SERVICES } from './shapes.ts'

test('every operation that is served is something to roles', () => {
  for (const [service, { operations }] of Object.entries(SERVICES)) {
    for (const operation of Object.keys(operations)) {
      const right = rightOf(service as ServiceName, operation)
      assert.equal(right === undefined, service === 'sts', operation)
    }
  }
})

test('operations need what they do', () => {
  const rows = [
    ['events', 'PutRule', 'create,update rules'],
    ['events', 'DescribeRule', 'get rules'],
    ['events', 'ListTargetsByRule', 'list rules'],
    ['events', 'RemoveTargets', 'update rules'],
    ['events', 'PutEvents', 'create events'],
    ['events', 'CreateEventBus', 'create buses'],
    ['events', 'PutPermission', 'create,update buses'],
    ['events', 'DeauthorizeConnection', 'update connections'],
    ['events', 'TagResource', 'update tags'],
    ['scheduler', 'ListScheduleGroups', 'list schedulegroups'],
    ['schemas', 'SearchSchemas', 'list schemas'],
    ['sqs', 'SendMessageBatch', 'create messages'],
    ['sqs', 'ReceiveMessage', 'update messages'],
    ['sqs', 'DeleteMessage', 'delete messages'],
    ['sqs', 'PurgeQueue', 'update queues'],
    ['sns', 'Publish', 'create events'],
    ['sns', 'Subscribe', 'update topics'],
    ['lambda', 'Invoke', 'create functions'],
  ] as const
  for (const [service, operation, expected] of rows) {
    const { verbs, resource } = rightOf(service, operation)!
    assert.equal(`${verbs.join()} ${resource}`, expected, operation)
  }
})

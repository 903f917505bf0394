import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoveredName, pascalCase, typeName } from './names.ts'

test('a type of event is named in camel case, as the discoverer of AWS names it', () => {
  assert.equal(discoveredName('my.shop', 'Order Created'), 'my.shop@OrderCreated')
  assert.equal(discoveredName('my.shop', 'order-created'), 'my.shop@OrderCreated')
  assert.equal(
    discoveredName('a/b', 'EC2 Instance State-change Notification'),
    'a-b@EC2InstanceStateChangeNotification',
  )
  assert.equal(discoveredName('s', '***'), 's@Event')
  assert.match(discoveredName('ü'.repeat(500), 'é'), /^-{385}$/)
})

test('a type of a program begins with a letter', () => {
  assert.equal(typeName('2nd thing'), 'Type2ndThing')
  assert.equal(typeName(''), 'Type')
  assert.equal(pascalCase("it's"), 'ItS')
})

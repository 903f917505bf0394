import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTargetAddress } from './address.ts'

for (const address of [
  'arn:aws:sqs:us-east-1:000000000000:orders',
  'http://127.0.0.1:8099/hook',
  'HTTPS://example.test',
  'log:console',
  'function:resize-image',
]) {
  test(`\`${address}\` may be a target`, () => assert.equal(isTargetAddress(address), true))
}

for (const address of [
  '',
  'orders',
  'ftp://example.test/',
  'http://',
  'arn:aws:sqs',
  'log:',
  'log:a b',
]) {
  test(`\`${address}\` may not be a target`, () => assert.equal(isTargetAddress(address), false))
}

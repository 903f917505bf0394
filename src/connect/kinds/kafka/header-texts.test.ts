import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderTexts } from './header-texts.ts'

test('bytes are those of the text that is asked for, whatever was asked before', () => {
  const texts = new HeaderTexts()
  for (const [name, value] of [
    ['ce_id', '1'],
    ['ce_type', 'é'],
    ['ce_id', '1'],
    ['ce_id', '2'],
    ['ce_type', 'é'],
    ['ce_type', ''],
  ] as const) {
    assert.equal(texts.nameOf(name).toString(), name)
    assert.equal(texts.valueOf(value).toString(), value)
  }
  assert.equal(texts.valueOf('of no name').toString(), 'of no name')
})

test('a name and a value that come again are not made again', () => {
  const texts = new HeaderTexts()
  const name = texts.nameOf('ce_source')
  const value = texts.valueOf('/shop')
  texts.nameOf('ce_id')
  texts.valueOf('1')
  assert.equal(texts.nameOf('ce_source'), name)
  assert.equal(texts.valueOf('/shop'), value)
})

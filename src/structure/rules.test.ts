import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, ruleFaults, type Schema, type SchemaRule, validateRules } from './index.ts'

const INTEGER: Schema = { type: 'integer' }
const TEXT: Schema = { type: 'string' }

function withRules(schema: Schema, ...rules: readonly (SchemaRule | string)[]): Schema {
  return {
    ...schema,
    'x-kubernetes-validations': rules.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
  }
}

function inSpec(schema: Schema): Schema {
  return { type: 'object', properties: { spec: schema } }
}

async function texts(
  spec: Json,
  schema: Schema,
  previous?: Json,
  onWarning?: (text: string) => void,
): Promise<readonly string[]> {
  const before = previous === undefined ? undefined : { spec: previous }
  const options = { previous: before, onWarning }
  const faults = await validateRules({ spec }, inSpec(schema), options)
  return faults.map(({ field, message }) => `${field}: ${message}`)
}

async function compileTexts(schema: Schema): Promise<readonly string[]> {
  const faults = await ruleFaults(schema, 'schema')
  return faults.map(({ field, message }) => `${field}: ${message}`)
}

const SIZED: Schema = {
  type: 'object',
  properties: { size: INTEGER, max: INTEGER, name: TEXT, ratio: { type: 'number' } },
}

test('a rule that does not hold says its message, or itself', async () => {
  const schema = withRules(
    SIZED,
    { rule: 'self.size <= self.max', message: 'size must not be above max' },
    ' self.size > 0 ',
  )
  assert.deepEqual(await texts({ size: 1, max: 2 }, schema), [])
  assert.deepEqual(await texts({ size: 3, max: 2 }, schema), [
    'spec: Invalid value: "object": size must not be above max',
  ])
  assert.deepEqual(await texts({ size: -1, max: 2 }, schema), [
    'spec: Invalid value: "object": failed rule: self.size > 0',
  ])
})

test('a messageExpression says what the values are; one that fails leaves it to the message', async () => {
  const told: SchemaRule = {
    rule: 'self.size <= self.max',
    message: 'too large',
    messageExpression: '"size " + string(self.size) + " is above " + string(self.max)',
  }
  assert.deepEqual(await texts({ size: 3, max: 2 }, withRules(SIZED, told)), [
    'spec: Invalid value: "object": size 3 is above 2',
  ])
  const failing = { ...told, messageExpression: 'self.name' }
  assert.deepEqual(await texts({ size: 3, max: 2 }, withRules(SIZED, failing)), [
    'spec: Invalid value: "object": too large',
  ])
})

test('reason and fieldPath say what kind of fault it is, and where', async () => {
  const cases: readonly (readonly [SchemaRule['reason'], string])[] = [
    ['FieldValueForbidden', 'spec.size: Forbidden: no'],
    ['FieldValueRequired', 'spec.size: Required value: no'],
    ['FieldValueDuplicate', 'spec.size: Duplicate value: "object"'],
    ['FieldValueInvalid', 'spec.size: Invalid value: "object": no'],
  ]
  for (const [reason, text] of cases) {
    const rule = { rule: 'false', message: 'no', reason: reason!, fieldPath: '.size' }
    assert.deepEqual(await texts({ size: 1 }, withRules(SIZED, rule)), [text])
  }
})

test('a rule at the root speaks of the whole object', async () => {
  const schema = withRules(inSpec(SIZED), 'self.spec.size > 1')
  const faults = await validateRules({ spec: { size: 1 } }, schema)
  assert.deepEqual(faults, [
    {
      type: 'FieldValueInvalid',
      field: '<nil>',
      message: 'Invalid value: "object": failed rule: self.spec.size > 1',
    },
  ])
})

test('a rule about a change is not asked of what is new', async () => {
  const frozen = withRules(SIZED, { rule: 'self.name == oldSelf.name', message: 'name is fixed' })
  assert.deepEqual(await texts({ name: 'a' }, frozen), [])
  assert.deepEqual(await texts({ name: 'a', size: 2 }, frozen, { name: 'a' }), [])
  assert.deepEqual(await texts({ name: 'b' }, frozen, { name: 'a' }), [
    'spec: Invalid value: "object": name is fixed',
  ])
})

test('with optionalOldSelf a rule is asked of what is new too', async () => {
  const schema = withRules(TEXT, {
    rule: 'oldSelf.hasValue() ? oldSelf.value() == self : self == "first"',
    optionalOldSelf: true,
    message: 'begins as first and stays',
  })
  const refused = ['spec: Invalid value: "string": begins as first and stays']
  assert.deepEqual(await texts('first', schema), [])
  assert.deepEqual(await texts('other', schema), refused)
  assert.deepEqual(await texts('first', schema, 'first'), [])
  assert.deepEqual(await texts('other', schema, 'first'), refused)
})

test('items of a map are known again by their keys, items of other lists are not', async () => {
  const item = withRules(
    { type: 'object', properties: { name: TEXT, port: INTEGER } },
    'self.port >= oldSelf.port',
  )
  const byName: Schema = {
    type: 'array',
    items: item,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  }
  const before = [
    { name: 'a', port: 5 },
    { name: 'b', port: 1 },
  ]
  const next = [
    { name: 'b', port: 1 },
    { name: 'a', port: 4 },
  ]
  assert.deepEqual(await texts(next, byName, before), [
    'spec[1]: Invalid value: "object": failed rule: self.port >= oldSelf.port',
  ])
  assert.deepEqual(await texts(next, { type: 'array', items: item }, before), [])
})

test('what did not hold before and was not touched is told, not refused', async () => {
  const schema: Schema = {
    type: 'object',
    properties: { inner: withRules(SIZED, 'self.size > 1'), other: TEXT },
  }
  const warnings: string[] = []
  const before = { inner: { size: 0 }, other: 'a' }
  const touched = { inner: { size: 0 }, other: 'b' }
  assert.deepEqual(await texts(touched, schema, before, (text) => warnings.push(text)), [])
  assert.deepEqual(warnings, ['spec.inner: Invalid value: "object": failed rule: self.size > 1'])
  assert.deepEqual(await texts({ inner: { size: -1 } }, schema, before), [
    'spec.inner: Invalid value: "object": failed rule: self.size > 1',
  ])
})

test('values have the types of their schema', async () => {
  const cases: readonly (readonly [Schema, Json, string])[] = [
    [INTEGER, 7, 'self / 2 == 3'],
    [{ type: 'number' }, 7, 'self / 2.0 == 3.5'],
    [{ type: 'string', format: 'date-time' }, '2026-01-01T00:00:00Z', 'self.getFullYear() == 2026'],
    [{ type: 'string', format: 'duration' }, '90s', 'self > duration("1m")'],
    [{ type: 'string', format: 'byte' }, 'YWI=', 'self == b"ab"'],
    [{ 'x-kubernetes-int-or-string': true }, 3, 'self == 3'],
    [{ 'x-kubernetes-int-or-string': true }, '3', 'self == "3"'],
    [{ type: 'array', items: INTEGER }, [1, 2, 3], 'self.sum() == 6 && self.isSorted()'],
    [{ type: 'array', items: TEXT }, ['b', 'a'], '!self.isSorted() && self.min() == "a"'],
    [{ type: 'object', additionalProperties: INTEGER }, { a: 1 }, 'self.all(k, self[k] == 1)'],
    [
      { type: 'object', properties: { 'a-b': INTEGER, namespace: TEXT, 'x/y.z': INTEGER } },
      { 'a-b': 1, namespace: 'n', 'x/y.z': 2 },
      'self.a__dash__b == 1 && self.__namespace__ == "n" && self.x__slash__y__dot__z == 2',
    ],
    [TEXT, 'a-1-22', 'self.find("[0-9]+") == "1" && self.findAll("[0-9]+") == ["1", "22"]'],
    [TEXT, 'a.b', 'self.replace(".", "-") == "a-b" && self.charAt(2) == "b"'],
    [TEXT, '1500m', 'quantity(self).isGreaterThan(quantity("1.2")) && !isQuantity("x")'],
    [TEXT, '1Gi', 'quantity(self).compareTo(quantity("1073741824")) == 0'],
    [TEXT, 'https://a.test/b', 'isURL(self) && !isURL("a b")'],
  ]
  for (const [schema, value, rule] of cases) {
    assert.deepEqual(await compileTexts(withRules(schema, rule)), [], rule)
    assert.deepEqual(await texts(value, withRules(schema, rule)), [], rule)
    assert.equal((await texts(value, withRules(schema, `!(${rule})`))).length, 1, rule)
  }
})

test('a field that is null or not there is absent', async () => {
  const schema = withRules(SIZED, '!has(self.size)')
  assert.deepEqual(await texts({ size: null }, schema), [])
  assert.deepEqual(await texts({}, schema), [])
  assert.equal((await texts({ size: 1 }, schema)).length, 1)
  assert.deepEqual(await texts({}, withRules(SIZED, 'self.size > 1')), [
    'spec: Invalid value: "object": no such key: size evaluating rule: self.size > 1',
  ])
})

test('a rule that takes too long is ended', async () => {
  const list = Array.from({ length: 400 }, (_, index) => index)
  const rule = 'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))'
  const schema = withRules({ type: 'array', items: INTEGER }, rule)
  assert.deepEqual(await texts(list, schema), [
    '<nil>: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
  ])
})

/** A rule as the real server’s language prints it. */
function printed(rule: string): string {
  return `Invalid value: apiextensions.ValidationRule{Rule:${JSON.stringify(rule)}, Message:"", MessageExpression:"", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", OptionalOldSelf:(*bool)(nil)}`
}

test('rules that are none are refused in the compiler’s words', async () => {
  const cases: readonly (readonly [Schema, string, string])[] = [
    [
      SIZED,
      'self.bogus > 0',
      "compilation failed: ERROR: <input>:1:5: undefined field 'bogus'\n | self.bogus > 0\n | ....^",
    ],
    [
      SIZED,
      '(!(has(oldSelf.namespace) && !has(self.namespace)))',
      "compilation failed: ERROR: <input>:1:7: undefined field 'namespace'\n" +
        ' | (!(has(oldSelf.namespace) && !has(self.namespace)))\n | ......^\n' +
        "ERROR: <input>:1:34: undefined field 'namespace'\n" +
        ' | (!(has(oldSelf.namespace) && !has(self.namespace)))\n | .................................^',
    ],
    [
      INTEGER,
      'self == true',
      "compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(int, bool)'\n | self == true\n | .....^",
    ],
    [
      SIZED,
      'other.size > 0',
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other.size > 0\n | ^",
    ],
    [
      { type: 'array', items: SIZED },
      'self.all(i, i.bogus > 0)',
      "compilation failed: ERROR: <input>:1:14: undefined field 'bogus'\n | self.all(i, i.bogus > 0)\n | .............^",
    ],
    [INTEGER, 'self + 1', 'cel expression must evaluate to a bool'],
  ]
  for (const [schema, rule, text] of cases)
    assert.deepEqual(await compileTexts(withRules(schema, rule)), [
      `schema.x-kubernetes-validations[0].rule: ${printed(rule)}: ${text}`,
    ])
})

test('what a rule says beside itself is checked', async () => {
  const cases: readonly (readonly [SchemaRule, string])[] = [
    [{ rule: ' ' }, 'rule: Required value: rule is not specified'],
    [
      { rule: 'true', message: ' ' },
      'message: Invalid value: " ": message must be non-empty if specified',
    ],
    [
      { rule: 'true', message: 'a\nb' },
      'message: Invalid value: "a\\nb": message must not contain line breaks',
    ],
    [
      { rule: 'true &&\ntrue' },
      'message: Required value: message must be specified if rule contains line breaks',
    ],
    [
      { rule: 'true', reason: 'Bad' },
      'reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [
      { rule: 'true', fieldPath: '.nothing' },
      'fieldPath: Invalid value: ".nothing": fieldPath must be a valid path: does not refer to a valid field',
    ],
    [
      { rule: 'true', fieldPath: 'size' },
      'fieldPath: Invalid value: "size": fieldPath must be a valid path: expected [ or . but got: size',
    ],
    [
      { rule: 'true', fieldPath: '.' },
      'fieldPath: Invalid value: ".": fieldPath must be a valid path: unexpected end of JSON path',
    ],
  ]
  for (const [rule, text] of cases)
    assert.deepEqual(await compileTexts(withRules(SIZED, rule)), [
      `schema.x-kubernetes-validations[0].${text}`,
    ])
  const broken = { ...SIZED, 'x-kubernetes-validations': 'self.size > 0' } as unknown as Schema
  assert.deepEqual(await compileTexts(broken), [
    'schema.x-kubernetes-validations[0].rule: Required value: rule is not specified',
  ])
})

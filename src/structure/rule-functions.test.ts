import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, ruleFaults, type Schema, validateRules } from './index.ts'

const TEXT: Schema = { type: 'string' }
const TEXTS: Schema = { type: 'array', items: TEXT }

async function holds(rule: string, value: Json, schema: Schema): Promise<boolean> {
  const whole: Schema = {
    type: 'object',
    properties: { v: { ...schema, 'x-kubernetes-validations': [{ rule }] } },
  }
  assert.deepEqual(await ruleFaults(whole, 'schema'), [], rule)
  const faults = await validateRules({ v: value }, whole)
  return faults.length === 0
}

const LISTS: readonly (readonly [string, Json, Schema])[] = [
  ['self.slice(1, 3) == ["b", "c"] && self.slice(0, 0) == []', ['a', 'b', 'c', 'd'], TEXTS],
  ['[self, [["x"]]].flatten() == ["a", "b", ["x"]]', ['a', 'b'], TEXTS],
  ['[self, [["x"]]].flatten(2) == ["a", "b", "x"]', ['a', 'b'], TEXTS],
  ['self.distinct() == ["b", "a"]', ['b', 'a', 'b'], TEXTS],
  ['[{"k": self}, {"k": self}, {}].distinct().size() == 2', ['a'], TEXTS],
  ['self.sort() == ["a", "b", "c"] && [3, 1, 2].sort() == [1, 2, 3]', ['c', 'a', 'b'], TEXTS],
  ['self.reverse() == ["b", "a"] && lists.range(3) == [0, 1, 2]', ['a', 'b'], TEXTS],
  ['self.first().value() == "a" && self.last().value() == "b"', ['a', 'b'], TEXTS],
  ['!self.first().hasValue() && lists.range(0) == []', [], TEXTS],
  ['self.reverse() == "\u{1F389}cba"', 'abc\u{1F389}', TEXT],
  [String.raw`strings.quote(self) == "\"say \\\"hi\\\"\\n\""`, 'say "hi"\n', TEXT],
]

const FAIL: readonly (readonly [string, RegExp])[] = [
  ['self.slice(0, 9) == []', /cannot slice\(0, 9\), list is length 2/],
  ['self.slice(2, 1) == []', /start index must be less than or equal to end index/],
  ['self.slice(-1, 1) == []', /negative indexes not supported/],
  ['self.flatten(-1) == []', /level must be non-negative/],
  ['[1, "a"].sort() == []', /list elements must have the same type/],
  ['[[1], [2]].sort() == []', /list elements must be comparable/],
  ['lists.range(1000000).size() == 0', /range of 1000000 is longer than 10000/],
]

test('lists are taken apart and put in order as they are in a cluster', async () => {
  for (const [rule, value, schema] of LISTS) assert.ok(await holds(rule, value, schema), rule)
  for (const [rule, message] of FAIL) {
    const v: Schema = { ...TEXTS, 'x-kubernetes-validations': [{ rule }] }
    const [fault] = await validateRules({ v: ['a', 'b'] }, { type: 'object', properties: { v } })
    assert.match(fault!.message, message, rule)
  }
})

const HOLD: readonly (readonly [string, Json, Schema])[] = [
  ['isIP(self) && ip(self).family() == 6 && ip(self).isLoopback()', '::1', TEXT],
  ['ip.isCanonical(self)', '2001:db8::1', TEXT],
  ['!ip.isCanonical(self) && string(ip(self)) == "2001:db8::1"', '2001:DB8:0:0::1', TEXT],
  ['ip(self) == ip("2001:db8:0::1")', '2001:db8::1', TEXT],
  ['!isIP(self)', '::ffff:1.2.3.4', TEXT],
  ['!isIP(self)', 'fe80::1%eth0', TEXT],
  ['ip(self).isGlobalUnicast() && !ip(self).isLinkLocalUnicast()', '10.1.2.3', TEXT],
  [
    'cidr("10.0.0.0/8").containsIP(self) && !cidr("10.0.0.0/30").containsIP(ip(self))',
    '10.1.2.3',
    TEXT,
  ],
  [
    'cidr(self).containsCIDR("10.0.1.0/24") && !cidr(self).containsCIDR("10.0.0.0/8")',
    '10.0.0.0/16',
    TEXT,
  ],
  [
    'string(cidr(self).masked()) == "10.1.0.0/16" && cidr(self).prefixLength() == 16',
    '10.1.2.3/16',
    TEXT,
  ],
  ['!isCIDR(self)', '10.0.0.0/33', TEXT],
  ['url(self).getHost() == "a.test:80" && url(self).getPort() == "80"', 'http://a.test:80/x', TEXT],
  [
    'url(self).getHostname() == "::1" && url(self).getScheme() == "https"',
    'https://[::1]:8/',
    TEXT,
  ],
  ['url(self).getQuery()["k"] == ["1", "2"]', 'https://a.test/p%20q?k=1&k=2', TEXT],
  ['url(self).getEscapedPath() == "/p%20q"', 'https://a.test/p%20q?k=1', TEXT],
  ['!isURL(self)', 'a.test/x', TEXT],
  ['isURL(self)', '/only/a/path', TEXT],
  ['sets.contains(self, ["a"]) && !sets.contains(["a"], self)', ['a', 'b'], TEXTS],
  [
    'sets.equivalent(self, ["b", "a"]) && sets.intersects(self, ["b", "c"])',
    ['a', 'b', 'a'],
    TEXTS,
  ],
  ['format.dns1123Label().validate(self).hasValue()', 'Not.A.Label', TEXT],
  ['!format.named("dns1123Label").value().validate(self).hasValue()', 'a-label', TEXT],
  ['!format.named("nothing").hasValue()', '', TEXT],
  ['!format.uuid().validate(self).hasValue()', '123e4567-e89b-12d3-a456-426614174000', TEXT],
  [
    'format.labelValue().validate(self).value()[0] == "must be no more than 63 characters"',
    'x'.repeat(64),
    TEXT,
  ],
  ['"%s has %d of %.2f, %x".format([self, 3, 1.5, 255]) == "a has 3 of 1.50, ff"', 'a', TEXT],
  ['"%s".format([[self, "b"]]) == "[a, b]" && "100%%".format([]) == "100%"', 'a', TEXT],
  ['quantity(self).add(quantity("500m")).compareTo(quantity("2")) == 0', '1500m', TEXT],
  ['quantity(self).isInteger() && quantity(self).sub(24).asInteger() == 1000', '1Ki', TEXT],
  ['quantity(self).sign() == -1 && quantity(self).asApproximateFloat() == -0.5', '-500m', TEXT],
]

test('the functions that Kubernetes adds answer as its own do', async () => {
  for (const [rule, value, schema] of HOLD) assert.ok(await holds(rule, value, schema), rule)
})

test('what cannot be read makes a rule fail, with the text in it', async () => {
  const v: Schema = { ...TEXT, 'x-kubernetes-validations': [{ rule: 'ip(self).isLoopback()' }] }
  const [fault] = await validateRules({ v: 'nowhere' }, { type: 'object', properties: { v } })
  assert.match(fault!.message, /IP Address "nowhere" parse error/i)
})

test('rules within allOf hold for what the structure around them types', async () => {
  const schema: Schema = {
    type: 'object',
    properties: { size: { type: 'integer' }, names: TEXTS },
    allOf: [
      {
        'x-kubernetes-validations': [{ rule: 'self.size > 0' }],
        properties: {
          names: {
            items: { 'x-kubernetes-validations': [{ rule: 'self != "bad"' }] },
          },
        },
      },
      { allOf: [{ properties: { size: { 'x-kubernetes-validations': [{ rule: 'self < 9' }] } } }] },
    ],
  }
  assert.deepEqual(await ruleFaults(schema, 'schema'), [])
  const faults = await validateRules({ size: 0, names: ['good', 'bad'] }, schema)
  assert.deepEqual(
    faults.map(({ field, message }) => `${field}: ${message}`),
    [
      '<nil>: Invalid value: "object": failed rule: self.size > 0',
      'names[1]: Invalid value: "string": failed rule: self != "bad"',
    ],
  )
  const high = await validateRules({ size: 9, names: [] }, schema)
  assert.deepEqual(
    high.map(({ field }) => field),
    ['size'],
  )
  const wrong: Schema = {
    ...schema,
    allOf: [{ 'x-kubernetes-validations': [{ rule: 'self.bogus' }] }],
  }
  const [fault] = await ruleFaults(wrong, 'schema')
  assert.equal(fault!.field, 'schema.allOf[0].x-kubernetes-validations[0].rule')
  assert.match(fault!.message, /undefined field 'bogus'/)
})

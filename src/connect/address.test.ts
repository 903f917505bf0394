import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressReach, isInBlock, isSameAddress, parseBlock } from './address.ts'

const REACH: Readonly<Record<string, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '198.17.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::8a',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  private: [
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '100.127.255.255',
    'fc00::1',
    'fdff::1',
    '::ffff:10.0.0.1',
    '::FFFF:0A00:1',
    '64:ff9b::10.0.0.1',
  ],
  loopback: [
    '127.0.0.1',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ],
  never: [
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '::',
    '::8.8.8.8',
    '::ffff:0:8.8.8.8',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::8.8.8.8',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'ff02::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::1',
    '2a00::5efe:7f00:1',
    '2a00::200:5efe:808:808',
    '3fff::1',
    '4000::1',
    'no address',
    '',
    '127.1',
    '0x7f.0.0.1',
  ],
}

for (const [reach, addresses] of Object.entries(REACH)) {
  test(`finds ${reach} what is ${reach}`, () => {
    for (const address of addresses) assert.equal(addressReach(address), reach, address)
  })
}

test('knows an address however it is written', () => {
  assert.ok(isSameAddress('::ffff:127.0.0.1', '127.0.0.1'))
  assert.ok(isSameAddress('2606:4700:0::1', '2606:4700::0:1'))
  assert.ok(!isSameAddress('127.0.0.1', '127.0.0.2'))
  assert.ok(!isSameAddress('nothing', 'nothing'))
})

for (const [text, inside, outside] of [
  ['10.1.0.0/16', '10.1.255.255', '10.2.0.0'],
  ['10.1.2.128/25', '10.1.2.128', '10.1.2.127'],
  ['10.1.2.3', '10.1.2.3', '10.1.2.4'],
  ['0.0.0.0/0', '255.255.255.255', '::1'],
  ['fd12::/16', 'fd12:ffff::1', 'fd13::'],
  ['fd12::8/125', 'fd12::f', 'fd12::10'],
] as const) {
  test(`knows what lies in ${text}`, () => {
    const block = parseBlock(text)!
    assert.ok(isInBlock(inside, block))
    assert.ok(!isInBlock(outside, block))
  })
}

test('takes no block for one that is none', () => {
  for (const text of [
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'host/8',
  ]) {
    assert.equal(parseBlock(text), undefined, text)
  }
})

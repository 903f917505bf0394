// What an IP address leads to. Forms of IPv6 that carry an IPv4 address inside are judged by what they carry,
// or refused outright where nobody has a good reason to use them.
// https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry

import { isIPv4, isIPv6 } from 'node:net'

/** `never` is where no target is: link-local, cloud metadata, multicast, unspecified, reserved. */
export type AddressReach = 'public' | 'private' | 'loopback' | 'never'

interface Block {
  readonly bytes: Uint8Array
  readonly prefixLength: number
}

/** The reach of an address; text that is none is `never`. A zone (`%eth0`) does not count. */
export function addressReach(address: string): AddressReach {
  const bytes = parseAddress(address)
  if (bytes === undefined) return 'never'
  return bytes.length === 4 ? reach4(bytes) : reach6(bytes)
}

/** Four or sixteen bytes, or undefined when the text is no address. An IPv4-mapped address gives its four. */
export function parseAddress(text: string): Uint8Array | undefined {
  const address = text.split('%', 1)[0]!
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  if (!isIPv6(address)) return undefined
  const bytes = parse6(address)
  return isIn(bytes, MAPPED) ? bytes.subarray(12) : bytes
}

/** Whether two texts are the same address, however written. */
export function isSameAddress(one: string, other: string): boolean {
  const a = parseAddress(one)
  const b = parseAddress(other)
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

/** `10.0.0.0/8`, `fd00::/8`, or one address; undefined when the text is neither. */
export function parseBlock(text: string): Block | undefined {
  const [address, lengthText, ...rest] = text.split('/')
  const bytes = parseAddress(address!)
  if (bytes === undefined || rest.length > 0) return undefined
  const prefixLength = lengthText === undefined ? bytes.length * 8 : Number(lengthText)
  if (!/^\d{1,3}$/.test(lengthText ?? '0') || prefixLength > bytes.length * 8) return undefined
  return { bytes, prefixLength }
}

export function isInBlock(address: string, block: Block): boolean {
  const bytes = parseAddress(address)
  return bytes !== undefined && isIn(bytes, block)
}

const MAPPED: Block = { bytes: parse6('::ffff:0:0'), prefixLength: 96 }
const NAT64 = block('64:ff9b::/96')

const LOOPBACK_4 = block('127.0.0.0/8')
const PRIVATE_4 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(block)
const NEVER_4 = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Metadata of clouds outside 169.254/16: Alibaba, Azure.
  '100.100.100.200',
  '168.63.129.16',
].map(block)

const LOOPBACK_6 = block('::1')
const PRIVATE_6 = block('fc00::/7')
const GLOBAL_6 = block('2000::/3')
const NEVER_6 = [
  // Metadata of AWS and Google over IPv6.
  'fd00:ec2::254',
  'fd20:ce::254',
  // Teredo and its brothers, documentation, 6to4.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map(block)

function reach4(bytes: Uint8Array): AddressReach {
  if (NEVER_4.some((range) => isIn(bytes, range))) return 'never'
  if (isIn(bytes, LOOPBACK_4)) return 'loopback'
  return PRIVATE_4.some((range) => isIn(bytes, range)) ? 'private' : 'public'
}

function reach6(bytes: Uint8Array): AddressReach {
  if (isIn(bytes, NAT64)) return reach4(bytes.subarray(12))
  if (NEVER_6.some((range) => isIn(bytes, range)) || isIsatap(bytes)) return 'never'
  if (isIn(bytes, LOOPBACK_6)) return 'loopback'
  if (isIn(bytes, PRIVATE_6)) return 'private'
  return isIn(bytes, GLOBAL_6) ? 'public' : 'never'
}

/** RFC 5214: the interface identifier is `[02]00:5efe` and an IPv4 address. */
function isIsatap(bytes: Uint8Array): boolean {
  return (bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
}

function isIn(bytes: Uint8Array, { bytes: prefix, prefixLength }: Block): boolean {
  if (bytes.length !== prefix.length) return false
  const whole = prefixLength >> 3
  for (let index = 0; index < whole; index += 1) if (bytes[index] !== prefix[index]) return false
  const mask = 0xff00 >> (prefixLength & 7)
  return ((bytes[whole] ?? 0) & mask & 0xff) === ((prefix[whole] ?? 0) & mask & 0xff)
}

function block(text: string): Block {
  return parseBlock(text)!
}

/** Of text that `isIPv6` passed: the URL parser writes its one canonical form, in hex groups only. */
function parse6(text: string): Uint8Array {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [head, tail] = canonical.split('::') as [string, string | undefined]
  const front = groups(head)
  const back = groups(tail ?? '')
  const zeros = Array<number>(8 - front.length - back.length).fill(0)
  return Uint8Array.from(
    [...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 255]),
  )
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

// Addresses, networks and URLs, as rules speak of them.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library

import type { CelFunctions } from './cel.ts'

const IP_TYPE = 'kubernetes.IP'
const CIDR_TYPE = 'kubernetes.CIDR'
const URL_TYPE = 'kubernetes.URL'
/** What stands before the dot in `ip.isCanonical(…)`. */
const IP_LIBRARY_TYPE = 'kubernetes.IPLibrary'

const BITS = { 4: 32, 6: 128 } as const
const GROUP_BITS = 16n
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

class IpAddress {
  readonly family: 4 | 6
  readonly value: bigint

  constructor(family: 4 | 6, value: bigint) {
    this.family = family
    this.value = value
  }

  static find(text: string): IpAddress | undefined {
    if (IPV4.test(text)) return new IpAddress(4, ofBytes(text))
    // A URL knows which texts are addresses, and writes them in their one canonical form.
    const url = `http://[${text}]`
    if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(url)) return undefined
    const value = ofGroups(new URL(url).hostname.slice(1, -1))
    // An address of one family in the clothes of the other is refused.
    return value >> 32n === 0xff_ffn ? undefined : new IpAddress(6, value)
  }

  static parse(text: string): IpAddress {
    const found = IpAddress.find(text)
    if (found === undefined)
      throw new Error(
        `IP Address ${JSON.stringify(text)} parse error during conversion from string`,
      )
    return found
  }

  print(): string {
    if (this.family === 4)
      return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 0xffn).join('.')
    const groups = Array.from({ length: 8 }, (_, index) =>
      ((this.value >> (BigInt(7 - index) * GROUP_BITS)) & 0xff_ffn).toString(16),
    )
    return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
  }

  isIn(network: Cidr): boolean {
    return (
      this.family === network.ip.family &&
      masked(this, network.length) === masked(network.ip, network.length)
    )
  }
}

class Cidr {
  readonly ip: IpAddress
  readonly length: number

  constructor(ip: IpAddress, length: number) {
    this.ip = ip
    this.length = length
  }

  static find(text: string): Cidr | undefined {
    const [, address = '', length = ''] = /^(.*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
    const ip = IpAddress.find(address)
    if (ip === undefined || Number(length) > BITS[ip.family]) return undefined
    return new Cidr(ip, Number(length))
  }

  static parse(text: string): Cidr {
    const found = Cidr.find(text)
    if (found === undefined)
      throw new Error(`network address parse error during conversion from string: ${text}`)
    return found
  }

  masked(): Cidr {
    return new Cidr(new IpAddress(this.ip.family, masked(this.ip, this.length)), this.length)
  }

  print(): string {
    return `${this.ip.print()}/${this.length}`
  }

  holds(other: Cidr): boolean {
    return other.length >= this.length && other.ip.isIn(this)
  }
}

function masked({ family, value }: IpAddress, length: number): bigint {
  const rest = BigInt(BITS[family] - length)
  return (value >> rest) << rest
}

function ofBytes(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function ofGroups(text: string): bigint {
  const [head = '', rest = ''] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = rest === '' ? [] : rest.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce(
    (sum, group) => (sum << GROUP_BITS) | BigInt(`0x${group}`),
    0n,
  )
}

const within = (...networks: readonly string[]): ((ip: IpAddress) => boolean) => {
  const parsed = networks.map((network) => Cidr.parse(network))
  return (ip) => parsed.some((network) => ip.isIn(network))
}
const isUnspecified = within('0.0.0.0/32', '::/128')
const isLoopback = within('127.0.0.0/8', '::1/128')
const isLinkLocalUnicast = within('169.254.0.0/16', 'fe80::/10')
const isLinkLocalMulticast = within('224.0.0.0/24', 'ff02::/16')
const isMulticast = within('224.0.0.0/4', 'ff00::/8', '255.255.255.255/32')
const isGlobalUnicast = (ip: IpAddress): boolean =>
  [isUnspecified, isLoopback, isLinkLocalUnicast, isMulticast].every((is) => !is(ip))

/** An absolute URI or an absolute path, which is all that is a URL here. */
class UrlText {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string

  private constructor(parts: readonly (string | undefined)[]) {
    const [scheme = '', host = '', path = '', query = ''] = parts
    this.scheme = scheme.toLowerCase()
    this.host = host
    this.path = path
    this.query = query
  }

  static find(text: string): UrlText | undefined {
    const found =
      /^(?:([a-z][a-z\d+.-]*):\/\/(?:[^@/?#]*@)?([^/?#\s]*))?(\/[^?\s]*)?(?:\?(\S*))?$/i.exec(text)
    if (found === null || (found[1] === undefined && !text.startsWith('/'))) return undefined
    const isHost = /^(?:\[[\da-f:.]+\]|[^:[\]]*)(?::\d*)?$/i.test(found[2] ?? '')
    const isEscaped = !/%(?![\da-f]{2})/i.test(found[3] ?? '')
    return isHost && isEscaped ? new UrlText(found.slice(1)) : undefined
  }

  static parse(text: string): UrlText {
    const found = UrlText.find(text)
    if (found === undefined)
      throw new Error(`URL parse error during conversion from string: ${text}`)
    return found
  }

  port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? ''
  }

  hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
  }

  parameters(): Readonly<Record<string, readonly string[]>> {
    const given = new URLSearchParams(this.query)
    return Object.fromEntries(Array.from(given.keys(), (name) => [name, given.getAll(name)]))
  }
}

export const NETWORK_TYPES: Readonly<Record<string, new (...parts: never[]) => object>> = {
  [IP_TYPE]: IpAddress,
  [CIDR_TYPE]: Cidr,
  [URL_TYPE]: UrlText as unknown as new () => object,
}

/** What is said as `ip.…`, beside the function of that name. */
export class IpLibrary {
  readonly typeName: string = IP_LIBRARY_TYPE
}

export const NETWORK_FUNCTIONS: CelFunctions = {
  [`ip(string): ${IP_TYPE}`]: (text: string) => IpAddress.parse(text),
  'isIP(string): bool': (text: string) => IpAddress.find(text) !== undefined,
  [`${IP_LIBRARY_TYPE}.isCanonical(string): bool`]: (_: unknown, text: string) =>
    IpAddress.parse(text).print() === text,
  [`string(${IP_TYPE}): string`]: (ip: IpAddress) => ip.print(),
  [`${IP_TYPE}.family(): int`]: ({ family }: IpAddress) => BigInt(family),
  [`${IP_TYPE}.isUnspecified(): bool`]: isUnspecified,
  [`${IP_TYPE}.isLoopback(): bool`]: isLoopback,
  [`${IP_TYPE}.isLinkLocalMulticast(): bool`]: isLinkLocalMulticast,
  [`${IP_TYPE}.isLinkLocalUnicast(): bool`]: isLinkLocalUnicast,
  [`${IP_TYPE}.isGlobalUnicast(): bool`]: isGlobalUnicast,
  [`cidr(string): ${CIDR_TYPE}`]: (text: string) => Cidr.parse(text),
  'isCIDR(string): bool': (text: string) => Cidr.find(text) !== undefined,
  [`string(${CIDR_TYPE}): string`]: (cidr: Cidr) => cidr.print(),
  [`${CIDR_TYPE}.containsIP(${IP_TYPE}): bool`]: (cidr: Cidr, ip: IpAddress) => ip.isIn(cidr),
  [`${CIDR_TYPE}.containsIP(string): bool`]: (cidr: Cidr, text: string) =>
    IpAddress.parse(text).isIn(cidr),
  [`${CIDR_TYPE}.containsCIDR(${CIDR_TYPE}): bool`]: (cidr: Cidr, other: Cidr) => cidr.holds(other),
  [`${CIDR_TYPE}.containsCIDR(string): bool`]: (cidr: Cidr, text: string) =>
    cidr.holds(Cidr.parse(text)),
  [`${CIDR_TYPE}.ip(): ${IP_TYPE}`]: ({ ip }: Cidr) => ip,
  [`${CIDR_TYPE}.masked(): ${CIDR_TYPE}`]: (cidr: Cidr) => cidr.masked(),
  [`${CIDR_TYPE}.prefixLength(): int`]: ({ length }: Cidr) => BigInt(length),
  [`url(string): ${URL_TYPE}`]: (text: string) => UrlText.parse(text),
  'isURL(string): bool': (text: string) => UrlText.find(text) !== undefined,
  [`${URL_TYPE}.getScheme(): string`]: ({ scheme }: UrlText) => scheme,
  [`${URL_TYPE}.getHost(): string`]: ({ host }: UrlText) => host,
  [`${URL_TYPE}.getHostname(): string`]: (url: UrlText) => url.hostname(),
  [`${URL_TYPE}.getPort(): string`]: (url: UrlText) => url.port(),
  [`${URL_TYPE}.getEscapedPath(): string`]: ({ path }: UrlText) => path,
  [`${URL_TYPE}.getQuery(): map<string, list<string>>`]: (url: UrlText) => url.parameters(),
}

export const NETWORK_OPERATORS: CelFunctions = {
  [`${IP_TYPE} == ${IP_TYPE}`]: (one: IpAddress, other: IpAddress) => one.print() === other.print(),
  [`${CIDR_TYPE} == ${CIDR_TYPE}`]: (one: Cidr, other: Cidr) => one.print() === other.print(),
}

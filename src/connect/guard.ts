// The guard of every way out (SSRF): a target's URL is judged when it is written down and again each time it is
// connected to. A name is resolved once, every address is judged, and the connection goes to those addresses
// and no others.
//
// Invariant: `dial` is not called for an address that was not judged good.
// Invariant: link-local and metadata addresses are refused in every mode, whatever is allowed.

import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { buildConnector } from 'undici'
import { AppError, type Clock } from '../base/index.ts'
import { addressReach, isInBlock, isSameAddress, parseBlock } from './address.ts'
import { ADDRESSES_MAX, CONNECT_TIMEOUT_MS } from './limits.ts'

/** Where a guarded connection goes: `addresses` were judged, and are all that may be used. */
export interface DialRequest {
  readonly hostname: string
  readonly port: number
  readonly addresses: readonly string[]
  /** Present for TLS; the name to show and to verify. */
  readonly servername?: string
  readonly isTls: boolean
}

export interface GuardOptions {
  /** `dev` lets loopback and private addresses through, `strict` only what is allowed. */
  readonly mode: 'dev' | 'strict'
  /**
   * What strict mode lets through: names (`hooks.test`, `*.hooks.test`), blocks (`10.1.0.0/16`) and `public` for
   * every public address, which is also what an empty list means.
   */
  readonly allow: readonly string[]
  /** Where this process itself listens; refused in strict mode. */
  readonly own?: readonly { readonly address: string; readonly port: number }[]
  readonly clock: Clock
  /** All addresses of a name; the system's look-up when absent. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
  /** Opens the socket; the network when absent. */
  readonly dial?: (request: DialRequest) => Socket
}

export interface Guard {
  /** The parsed URL; throws `TARGET_REFUSED` for what must not be a target. Names are not resolved here. */
  checkUrl(text: string): URL
  /** Connects in the way of undici; calls back `TARGET_REFUSED` for what must not be connected to. */
  readonly connect: buildConnector.connector
}

// What speaks no HTTP but can be made to do harm with it, and nobody's webhook.
const REFUSED_PORTS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 993, 995, 1433, 1521, 2049,
  2181, 2375, 2376, 2379, 2380, 3306, 3389, 4222, 5432, 5672, 6379, 9042, 9092, 9200, 9300, 10250,
  11211, 27017,
])
const METADATA_NAMES = ['metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal']

export function createGuard(options: GuardOptions): Guard {
  const rules = compileRules(options)
  const way = {
    clock: options.clock,
    resolve: shareUnderWay(options.resolve ?? resolveBySystem),
    dial: options.dial ?? dialNetwork,
  }
  return {
    checkUrl: (text) => checkUrl(text, rules),
    connect: (target, callback) => {
      open(target, way, rules).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      )
    },
  }
}

interface Rules {
  readonly isStrict: boolean
  readonly isPublicAllowed: boolean
  /** Whether a name that is not allowed itself may still lead to an allowed address. */
  readonly canNameLeadOn: boolean
  isNameAllowed(hostname: string): boolean
  isAddressAllowed(address: string): boolean
  isOwn(address: string, port: number): boolean
}

function compileRules({ mode, allow, own = [] }: GuardOptions): Rules {
  const entries = allow.map((entry) => entry.toLowerCase())
  const blocks = entries.flatMap((entry) => parseBlock(entry) ?? [])
  const names = new Set(entries.filter((entry) => !entry.startsWith('*.')))
  const suffixes = entries.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(1))
  const isPublicAllowed = entries.length === 0 || names.has('public')
  return {
    isStrict: mode === 'strict',
    isPublicAllowed,
    canNameLeadOn: isPublicAllowed || blocks.length > 0,
    isNameAllowed: (hostname) =>
      names.has(hostname) || suffixes.some((suffix) => hostname.endsWith(suffix)),
    isAddressAllowed: (address) => blocks.some((block) => isInBlock(address, block)),
    isOwn: (address, port) =>
      own.some((listening) => listening.port === port && isSameAddress(listening.address, address)),
  }
}

function checkUrl(text: string, rules: Rules): URL {
  const url = URL.parse(text)
  if (url === null) throw refused(`expected a URL, got \`${text}\``)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused(`expected a URL of http or https, got \`${url.protocol}\``)
  }
  // Never echoed: what stands there may be a password.
  if (url.username !== '' || url.password !== '') {
    throw refused('expected a URL without user name and password')
  }
  const hostname = hostnameOf(url.hostname)
  if (METADATA_NAMES.includes(hostname)) throw refused(`host \`${hostname}\` serves cloud metadata`)
  if (isIP(hostname) !== 0) checkAddress(hostname, hostname, portOf(url), rules)
  else checkName(hostname, portOf(url), rules)
  return url
}

function checkName(hostname: string, port: number, rules: Rules): void {
  if (!rules.isStrict || rules.isNameAllowed(hostname)) return
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) {
    throw refused(`host \`${hostname}\` is this machine; targets must be public or allowed`)
  }
  if (!rules.canNameLeadOn) throw refused(`host \`${hostname}\` is not among the allowed targets`)
  checkPort(port, rules)
}

function checkAddress(address: string, hostname: string, port: number, rules: Rules): void {
  const reach = addressReach(address)
  if (reach === 'never') {
    throw refused(`address \`${address}\` of \`${hostname}\` is link-local, metadata or reserved`)
  }
  if (!rules.isStrict) return
  if (rules.isOwn(address, port)) {
    throw refused(`address \`${address}:${port}\` of \`${hostname}\` is this server itself`)
  }
  if (rules.isNameAllowed(hostname) || rules.isAddressAllowed(address)) return
  if (reach !== 'public') {
    throw refused(
      `address \`${address}\` of \`${hostname}\` is ${reach}; targets must be public or allowed`,
    )
  }
  if (!rules.isPublicAllowed) {
    throw refused(`address \`${address}\` of \`${hostname}\` is not among the allowed targets`)
  }
  checkPort(port, rules)
}

function checkPort(port: number, rules: Rules): void {
  if (rules.isStrict && REFUSED_PORTS.has(port)) {
    throw refused(`port \`${port}\` is not one that targets are served at`)
  }
}

type Way = Required<Pick<GuardOptions, 'clock' | 'resolve' | 'dial'>>

async function open(
  target: buildConnector.Options,
  { clock, resolve, dial }: Way,
  rules: Rules,
): Promise<Socket> {
  const hostname = hostnameOf(target.hostname)
  const isTls = target.protocol === 'https:'
  const port = Number(target.port) || (isTls ? 443 : 80)
  const deadline = Promise.withResolvers<never>()
  const timer = clock.setTimer(CONNECT_TIMEOUT_MS, () => deadline.reject(timedOut(hostname, port)))
  let socket: Socket | undefined
  try {
    const addresses =
      isIP(hostname) === 0 ? await Promise.race([resolve(hostname), deadline.promise]) : [hostname]
    checkAddresses(addresses, hostname, port, rules)
    const servername = isTls && isIP(hostname) === 0 ? { servername: hostname } : {}
    socket = dial({ hostname, port, addresses, isTls, ...servername })
    await Promise.race([connected(socket, isTls), deadline.promise])
    checkPeer(socket, addresses, hostname)
    return socket
  } catch (error) {
    socket?.destroy()
    throw error
  } finally {
    timer.cancel()
  }
}

function checkAddresses(
  addresses: readonly string[],
  hostname: string,
  port: number,
  rules: Rules,
): void {
  if (addresses.length === 0 || addresses.length > ADDRESSES_MAX) {
    throw refused(`host \`${hostname}\` has \`${addresses.length}\` addresses`)
  }
  // One bad address among good ones is how a name is turned against its reader: all or nothing.
  for (const address of addresses) checkAddress(address, hostname, port, rules)
}

function connected(socket: Socket, isTls: boolean): Promise<void> {
  // Between here and the socket's next owner an error must not go unheard: that would end the process.
  socket.on('error', () => socket.destroy())
  return new Promise((resolve, reject) => {
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', reject)
  })
}

function checkPeer(socket: Socket, addresses: readonly string[], hostname: string): void {
  const peer = socket.remoteAddress
  if (peer !== undefined && addresses.some((address) => isSameAddress(address, peer))) return
  throw refused(
    `host \`${hostname}\` was reached at \`${peer ?? 'no address'}\`, which was not judged`,
  )
}

function dialNetwork({ hostname, port, addresses, isTls, servername }: DialRequest): Socket {
  const common = {
    host: hostname,
    port,
    lookup: lookupAmong(addresses),
    autoSelectFamily: addresses.length > 1,
    noDelay: true,
    keepAlive: true,
  }
  if (!isTls) return connectTcp(common)
  return connectTls({
    ...common,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(servername === undefined ? {} : { servername }),
  })
}

/** A look-up that knows only the judged addresses; Node asks none for a literal one. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, { all: wantsAll }, callback) => {
    if (wantsAll === true) callback(null, all)
    else callback(null, all[0]!.address, all[0]!.family)
  }
}

/** Many connections to one name that begin together ask for it once: the system's look-ups share four threads. */
function shareUnderWay(resolve: Way['resolve']): Way['resolve'] {
  const underWay = new Map<string, Promise<readonly string[]>>()
  return (hostname) => {
    const found = underWay.get(hostname)
    if (found !== undefined) return found
    const started = resolve(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, started)
    return started
  }
}

async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  // RFC 6761: names below localhost are this machine, whether or not a resolver knows it.
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return ['127.0.0.1', '::1']
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}

/** Without the brackets of IPv6 and the dot that ends an absolute name. */
function hostnameOf(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

function refused(message: string): AppError {
  return new AppError('TARGET_REFUSED', message)
}

function timedOut(hostname: string, port: number): Error {
  return Object.assign(
    new Error(`no connection to ${hostname}:${port} in ${CONNECT_TIMEOUT_MS} ms`),
    {
      code: 'ETIMEDOUT',
    },
  )
}

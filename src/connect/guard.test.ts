import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { type AppError, systemClock } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { createGuard, type DialRequest, type Guard, type GuardOptions } from './guard.ts'

interface Spied {
  readonly guard: Guard
  readonly dialled: DialRequest[]
  readonly resolved: string[]
}

/** A guard whose sockets all end at `port` of this machine, whatever was asked for. */
function spy(
  names: Record<string, readonly string[]>,
  options: Partial<GuardOptions> = {},
  port = 9,
): Spied {
  const dialled: DialRequest[] = []
  const resolved: string[] = []
  const guard = createGuard({
    mode: 'strict',
    allow: [],
    clock: systemClock,
    resolve: async (hostname) => {
      resolved.push(hostname)
      return names[hostname] ?? []
    },
    dial: (request) => {
      dialled.push(request)
      return connect(port, '127.0.0.1')
    },
    ...options,
  })
  return { guard, dialled, resolved }
}

function open(guard: Guard, url: string): Promise<Socket> {
  const { hostname, protocol, port, host } = new URL(url)
  return new Promise((resolve, reject) => {
    guard.connect({ hostname, host, protocol, port }, (error, socket) => {
      if (error === null) resolve(socket)
      else reject(error)
    })
  })
}

async function listen(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const LOOPBACK_FORMS = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0x7f.1/',
  'http://１２７.０.０.１/',
  'http://127.0.0.1./',
  'http:\\\\127.0.0.1/',
  'http:/127.0.0.1/',
  'http://%31%32%37.0.0.1/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
]
const LOCAL_NAMES = [
  'http://localhost/',
  'http://LOCALHOST/',
  'http://localhost./',
  'http://ⓛocalhost/',
  'http://lo%63alhost/',
  'http://queue.localhost/',
]
const PRIVATE_FORMS = [
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://[fc00::1]/',
  'http://[fd12:3456::1]/',
]
const NEVER_FORMS = [
  'http://0/',
  'http://0.0.0.0/',
  'http://[::]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://192.0.0.1/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://metadata.google.internal/',
  'http://metadata.google.internal./',
]
const NO_TARGETS = [
  'file:///etc/passwd',
  'gopher://example.com/',
  'ftp://example.com/',
  'data:text/plain,hello',
  'unix:/var/run/docker.sock',
  'http+unix://%2Fvar%2Frun/',
  'javascript:alert(1)',
  'http://user:secret@example.com/',
  'http://user@example.com/',
  'http://',
  'http://exa mple.com/',
  'http://[::1/',
  'http://127.0.0.1:99999/',
  '//example.com/',
  'example.com',
]
const REFUSED_PORTS = [22, 25, 2379, 5432, 6379].map((port) => `http://example.com:${port}/`)

for (const url of [
  ...LOOPBACK_FORMS,
  ...LOCAL_NAMES,
  ...PRIVATE_FORMS,
  ...NEVER_FORMS,
  ...NO_TARGETS,
  ...REFUSED_PORTS,
]) {
  test(`refuses ${url} in strict mode, as it is written down and as it is connected to`, async () => {
    const { guard, dialled } = spy({ localhost: ['127.0.0.1'], 'queue.localhost': ['::1'] })
    assert.throws(() => guard.checkUrl(url), { code: 'TARGET_REFUSED' })
    const parsed = URL.parse(url)
    if (parsed?.protocol === 'http:' && !url.includes('@')) {
      await assert.rejects(open(guard, url), { code: 'TARGET_REFUSED' })
    }
    assert.deepEqual(dialled, [])
  })
}

for (const url of [...NEVER_FORMS, ...NO_TARGETS]) {
  test(`refuses ${url} in dev mode too, and when everything is allowed`, () => {
    for (const mode of ['dev', 'strict'] as const) {
      const { guard } = spy({}, { mode, allow: ['0.0.0.0/0', '::/0'] })
      assert.throws(() => guard.checkUrl(url), { code: 'TARGET_REFUSED' })
    }
  })
}

for (const url of [...LOOPBACK_FORMS, ...LOCAL_NAMES, ...PRIVATE_FORMS, ...REFUSED_PORTS]) {
  test(`lets ${url} through in dev mode`, () => {
    assert.ok(spy({}, { mode: 'dev' }).guard.checkUrl(url))
  })
}

test('never shows the credentials of a URL that it refuses', () => {
  const { guard } = spy({})
  assert.throws(
    () => guard.checkUrl('http://user:secret@example.com/'),
    ({ message }: AppError) => {
      assert.doesNotMatch(message, /secret|user:/)
      return true
    },
  )
})

for (const [what, addresses] of [
  ['loopback', ['127.0.0.1']],
  ['a private address', ['10.0.0.1']],
  ['metadata', ['169.254.169.254']],
  ['a public and a private address', ['8.8.8.8', '10.0.0.1']],
  ['a private IPv6 address', ['8.8.8.8', 'fd00::1']],
  ['a mapped one', ['::ffff:169.254.169.254']],
  ['a zone', ['fe80::1%eth0']],
  ['nothing', []],
  ['too many', Array<string>(65).fill('8.8.8.8')],
  ['what is no address', ['evil']],
] as const) {
  test(`opens no socket to a name that leads to ${what}`, async () => {
    const { guard, dialled } = spy({ 'evil.test': addresses })
    await assert.rejects(open(guard, 'http://evil.test/'), { code: 'TARGET_REFUSED' })
    assert.deepEqual(dialled, [])
  })
}

test('resolves once and dials what it judged, under the name of the URL', async (t) => {
  const port = await listen(t)
  // The peer must be one of the judged addresses, so the good name leads to this machine here.
  const names = { 'hooks.test': ['127.0.0.1'] }
  const { guard, dialled, resolved } = spy(names, { allow: ['hooks.test'] }, port)
  const socket = await open(guard, `http://hooks.test:${port}/`)
  socket.destroy()
  assert.deepEqual(resolved, ['hooks.test'])
  assert.deepEqual(dialled, [
    { hostname: 'hooks.test', port, addresses: ['127.0.0.1'], isTls: false },
  ])
})

test('keeps the name for TLS while it dials the address', async () => {
  const { guard, dialled } = spy({ 'hooks.test': ['8.8.8.8'] })
  await assert.rejects(open(guard, 'https://hooks.test/'))
  assert.deepEqual(dialled, [
    {
      hostname: 'hooks.test',
      port: 443,
      addresses: ['8.8.8.8'],
      isTls: true,
      servername: 'hooks.test',
    },
  ])
})

test('refuses a socket that ended elsewhere than was judged', async (t) => {
  const port = await listen(t)
  const { guard } = spy({ 'hooks.test': ['8.8.8.8'] }, {}, port)
  await assert.rejects(open(guard, `http://hooks.test:${port}/`), {
    code: 'TARGET_REFUSED',
    message: /reached at `127\.0\.0\.1`, which was not judged/,
  })
})

test('asks once for a name that many connections want at the same time', async () => {
  const { guard, dialled, resolved } = spy({ 'hooks.test': ['8.8.8.8'] })
  await Promise.allSettled([1, 2, 3].map(() => open(guard, 'http://hooks.test/')))
  assert.deepEqual([resolved.length, dialled.length], [1, 3])
})

test('judges a name anew at every connection', async () => {
  let addresses = ['8.8.8.8']
  const dialled: DialRequest[] = []
  const { guard } = spy(
    {},
    {
      resolve: async () => addresses,
      dial: (request) => {
        dialled.push(request)
        return connect(9, '127.0.0.1')
      },
    },
  )
  await assert.rejects(open(guard, 'http://rebind.test/'))
  addresses = ['127.0.0.1']
  await assert.rejects(open(guard, 'http://rebind.test/'), { code: 'TARGET_REFUSED' })
  assert.equal(dialled.length, 1)
})

test('lets allowed names and blocks through in strict mode, whatever their port', () => {
  const { guard } = spy({}, { allow: ['Hooks.test', '*.inner.test', '10.1.0.0/16', 'localhost'] })
  for (const url of [
    'http://hooks.test:5432/',
    'http://a.inner.test/',
    'http://10.1.2.3:22/',
    'http://localhost/',
  ]) {
    assert.ok(guard.checkUrl(url), url)
  }
  for (const url of ['http://10.2.0.1/', 'http://evil.test:22/', 'http://8.8.8.8/']) {
    assert.throws(() => guard.checkUrl(url), { code: 'TARGET_REFUSED' }, url)
  }
})

test('lets through in strict mode what is public, or only what is listed', async () => {
  const names = {
    'hooks.test': ['8.8.8.8'],
    'other.test': ['8.8.8.8'],
    'office.test': ['10.1.2.3'],
  }
  async function verdict(allow: readonly string[], url: string): Promise<'dialled' | 'refused'> {
    const { guard, dialled } = spy(names, { allow })
    try {
      guard.checkUrl(url)
      await open(guard, url)
    } catch {
      // Nobody listens at what is dialled here.
    }
    return dialled.length > 0 ? 'dialled' : 'refused'
  }
  for (const [allow, url, expected] of [
    [[], 'http://hooks.test/', 'dialled'],
    [[], 'http://office.test/', 'refused'],
    [['hooks.test'], 'http://hooks.test/', 'dialled'],
    [['hooks.test'], 'http://other.test/', 'refused'],
    [['hooks.test'], 'http://8.8.8.8/', 'refused'],
    [['10.0.0.0/8'], 'http://office.test/', 'dialled'],
    [['10.0.0.0/8'], 'http://hooks.test/', 'refused'],
    [['8.8.8.0/24'], 'http://hooks.test/', 'dialled'],
    [['public', '10.0.0.0/8'], 'http://hooks.test/', 'dialled'],
    [['public', '10.0.0.0/8'], 'http://office.test/', 'dialled'],
  ] as const) {
    assert.equal(await verdict(allow, url), expected, `${allow.join(', ')} for ${url}`)
  }
})

test('refuses its own listen address in strict mode, even when allowed', async () => {
  const own = [{ address: '10.0.0.5', port: 4566 }]
  const { guard, dialled } = spy(
    { 'self.test': ['10.0.0.5'] },
    { own, allow: ['self.test', '10.0.0.0/8'] },
  )
  assert.throws(() => guard.checkUrl('http://10.0.0.5:4566/'), /is this server itself/)
  await assert.rejects(open(guard, 'http://self.test:4566/'), /is this server itself/)
  assert.deepEqual(dialled, [])
  assert.ok(guard.checkUrl('http://10.0.0.5:8080/'))
})

test('gives up on a resolver that never answers', async () => {
  const clock = new FakeClock()
  const { guard } = spy({}, { clock, resolve: () => new Promise(() => {}) })
  const opened = open(guard, 'http://hooks.test/')
  clock.advance(5_000)
  await assert.rejects(opened, { code: 'ETIMEDOUT' })
})

test('resolves and connects by the system when nothing is injected', async (t) => {
  const port = await listen(t)
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock })
  for (const host of ['127.0.0.1', 'localhost', 'queue.localhost']) {
    const socket = await open(guard, `http://${host}:${port}/`)
    assert.equal(socket.remotePort, port)
    socket.destroy()
  }
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { isAppError } from '../base/index.ts'
import { type ConfigSources, OPTIONS, parseClientConfig, parseConfig } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-config-'))
after(() => rmSync(directory, { recursive: true, force: true }))

let count = 0

function folder(files: Readonly<Record<string, string>> = {}): string {
  count += 1
  const path = join(directory, String(count))
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

function sources(parts: Partial<ConfigSources> = {}): ConfigSources {
  return { flags: {}, env: {}, cwd: parts.cwd ?? folder(), ...parts }
}

function faultsOf(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    assert.ok(isAppError(error, 'CONFIG_INVALID'), String(error))
    return error.details['faults'] as readonly string[]
  }
  assert.fail('expected the configuration to be refused')
}

test('nothing set is a server on loopback with its data in the working directory', () => {
  const cwd = folder()
  const config = parseConfig('dev', sources({ cwd }))
  assert.equal(config.endpointUrl, 'http://127.0.0.1:4566')
  assert.equal(config.dataDir, join(cwd, '.signalbox'))
  assert.equal(config.limits.entrySizeBytesMax, 1_048_576)
  assert.equal(config.log.retentionAgeMs, 7 * 86_400_000)
  assert.deepEqual(config.functions, [])
})

test('a flag wins over the environment, that over the file, that over the default', () => {
  const cwd = folder({ 'signalbox.yaml': 'port: 1\nhost: localhost\nlogLevel: error\n' })
  const env = { SIGNALBOX_PORT: '2', SIGNALBOX_HOST: '127.0.0.2' }
  const config = parseConfig('dev', { flags: { port: '3' }, env, cwd })
  assert.equal(config.port, 3)
  assert.equal(config.host, '127.0.0.2')
  assert.equal(config.logLevel, 'error')
  assert.equal(config.delivery.retriesMax, 185)
})

test('every option of the table is a place in the config', () => {
  const cwd = folder({ 'keys.yaml': '- {accessKeyId: abc, secretAccessKey: sixteen-characters}\n' })
  chmodSync(join(cwd, 'keys.yaml'), 0o600)
  const flags = { accessKeysFile: 'keys.yaml', secretKeyFile: 'secret.key', organizationId: 'o-1' }
  const env = {
    SIGNALBOX_AWS_ENDPOINT: 'aws',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SESSION_TOKEN: 'c',
    SIGNALBOX_NATS_TOKEN: 'd',
    SIGNALBOX_TOKEN: 'e',
    SIGNALBOX_HTTPS_CERTIFICATE_FILE: 'box.crt',
    SIGNALBOX_HTTPS_KEY_FILE: 'box.key',
    SIGNALBOX_KUBERNETES_KUBECONFIG: 'kubeconfig',
    SIGNALBOX_KUBERNETES_CONTEXT: 'prod',
  }
  const places = placesOf(parseConfig('start', sources({ cwd, flags, env })))
  const own = ['mode', 'functions', 'brokers', 'sources', 'programs', 'accessKeys']
  const expected = [...OPTIONS.map((option) => option.key), ...own]
  assert.deepEqual(places.toSorted(), expected.toSorted())
})

function placesOf(value: object, prefix = ''): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const isTree = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    const hasPlaces = isTree && Object.keys(inner).length > 0
    return hasPlaces ? placesOf(inner, `${prefix}${name}.`) : [prefix + name]
  })
}

test('targets of AWS are called where the file, the environment or AWS’s own names say', () => {
  const file = {
    'signalbox.yaml': 'targets: {aws: {endpoints: {sqs: http://127.0.0.1:5000/, states: aws}}}\n',
  }
  const cwd = folder(file)
  const canary = 'wJalrXUtnFEMI'
  const env = {
    SIGNALBOX_AWS_ENDPOINT: 'http://127.0.0.1:5001',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: canary,
  }
  const config = parseConfig('dev', sources({ cwd, env }))
  const { secretAccessKey, ...rest } = config.targets.aws
  assert.deepEqual(rest, {
    endpoint: 'http://127.0.0.1:5001',
    endpoints: { sqs: 'http://127.0.0.1:5000', states: 'aws' },
    region: 'eu-west-1',
    accessKeyId: 'AKIA',
  })
  assert.equal(secretAccessKey?.reveal(), canary)
  assert.ok(!`${inspect(config)}${JSON.stringify(config)}`.includes(canary))
  const byEnv = { SIGNALBOX_TARGETS_AWS_ENDPOINTS: 'sqs=http://127.0.0.1:1, sns=aws' }
  const { endpoints } = parseConfig('dev', sources({ cwd, env: byEnv })).targets.aws
  assert.deepEqual(endpoints, { sqs: 'http://127.0.0.1:1', sns: 'aws' })
  const wrong = { SIGNALBOX_TARGETS_AWS_ENDPOINTS: 'sqs', SIGNALBOX_AWS_ENDPOINT: 'amazon' }
  const faults = faultsOf(() => parseConfig('dev', sources({ cwd: folder({}), env: wrong })))
  assert.match(faults.join('\n'), /ENDPOINTS` to be a mapping of services to endpoints/)
  assert.match(faults.join('\n'), /SIGNALBOX_AWS_ENDPOINT` to be .* or `aws`, got `amazon`/)
})

test('every fault of every source is named at once', () => {
  const cwd = folder({ 'signalbox.yaml': 'prot: 1\nlog: {retentionAge: 5d}\ndelivery: [1]\n' })
  const env = { SIGNALBOX_DATADIR: 'x', SIGNALBOX_LOG_LEVEL: 'loud' }
  const flags = { port: '99999', config: join(cwd, 'signalbox.yaml') }
  const faults = faultsOf(() => parseConfig('dev', { flags, env, cwd }))
  assert.equal(faults.length, 6, faults.join('\n'))
  const text = faults.join('\n')
  assert.match(text, /unknown option `prot` .*did you mean `port`/)
  assert.match(text, /unknown option `log.retentionAge` .*did you mean `log.retentionAgeMs`/)
  assert.match(text, /expected `delivery` .* to be a mapping/)
  assert.match(text, /`SIGNALBOX_DATADIR`, did you mean `SIGNALBOX_DATA_DIR`/)
  assert.match(text, /expected `SIGNALBOX_LOG_LEVEL` to be one of .*got `loud`/)
  assert.match(text, /expected `--port` to be an integer from 0 to 65535, got `99999`/)
})

function accept(text: string): readonly string[] {
  const flags = { 'log.acceptDataLoss': text }
  return parseConfig('dev', sources({ cwd: folder({}), flags })).log.acceptDataLoss
}

test('ranges of records are checked as they come', () => {
  assert.deepEqual(accept('1200-1299, 2000-'), ['1200-1299', '2000-'])
  for (const text of ['1200', '5-4', 'all', '-3', '1-2-3']) {
    assert.match(faultsOf(() => accept(text)).join(), /to be ranges of records such as `1200-1299`/)
  }
})

test('durations and sizes take a unit or plain numbers', () => {
  const text = 'log: {retentionAgeMs: 36h, retentionSizeBytes: 1GiB}\ndedupe: {windowMs: 1500}\n'
  const config = parseConfig('dev', sources({ cwd: folder({ 'signalbox.yaml': text }) }))
  assert.equal(config.log.retentionAgeMs, 36 * 3_600_000)
  assert.equal(config.log.retentionSizeBytes, 1024 ** 3)
  assert.equal(config.dedupe.windowMs, 1500)
})

test('a unit that is not one is refused', () => {
  const env = { SIGNALBOX_DEDUPE_WINDOW_MS: '5 parsecs' }
  const faults = faultsOf(() => parseConfig('dev', sources({ env })))
  assert.deepEqual(faults, [
    'expected `SIGNALBOX_DEDUPE_WINDOW_MS` to be a duration such as `500ms` or `24h` from 0 to 86400000 ms, got `5 parsecs`',
  ])
})

test('the file is found upwards to the root of the repository, and no further', () => {
  const root = folder({ 'signalbox.yaml': 'port: 7\n' })
  const inner = join(root, 'a', 'b')
  mkdirSync(inner, { recursive: true })
  assert.equal(parseConfig('dev', sources({ cwd: inner })).port, 4566)
  mkdirSync(join(root, '.git'))
  const config = parseConfig('dev', sources({ cwd: inner }))
  assert.equal(config.port, 7)
  assert.equal(config.file, join(root, 'signalbox.yaml'))
  assert.equal(config.dataDir, join(inner, '.signalbox'))
})

test('a relative path in the file starts beside it', () => {
  const root = folder({ 'my.json': '{"dataDir": "data"}' })
  const flags = { config: join(root, 'my.json') }
  assert.equal(parseConfig('dev', sources({ flags })).dataDir, join(root, 'data'))
})

test('a named file that is not there is refused', () => {
  const faults = faultsOf(() => parseConfig('dev', sources({ flags: { config: 'none.yaml' } })))
  assert.match(faults[0]!, /cannot read `.*none.yaml`/)
})

test('broken YAML and an alias bomb are refused without a stack', () => {
  const broken = folder({ 'signalbox.yaml': 'port: [1\n' })
  assert.match(faultsOf(() => parseConfig('dev', sources({ cwd: broken })))[0]!, /not valid YAML/)
  const levels = Array.from({ length: 9 }, (_, level) => {
    const items = level === 0 ? 'x' : `*a${level - 1}`
    return `a${level}: &a${level} [${Array(9).fill(items).join(', ')}]`
  })
  const bomb = folder({ 'signalbox.yaml': levels.join('\n') })
  assert.match(faultsOf(() => parseConfig('dev', sources({ cwd: bomb })))[0]!, /cannot be used/)
})

test('dev refuses an address that others can reach', () => {
  for (const host of ['0.0.0.0', '192.168.1.7', '::', 'example.com']) {
    const faults = faultsOf(() => parseConfig('dev', sources({ flags: { host } })))
    assert.match(faults[0]!, /loopback only/)
  }
  for (const host of ['127.0.0.9', '::1', '0:0:0:0:0:0:0:1', 'localhost']) {
    assert.equal(parseConfig('dev', sources({ flags: { host } })).host, host)
  }
})

test('start wants access keys, and TLS or --insecure-listen beyond loopback; both are named', () => {
  const faults = faultsOf(() => parseConfig('start', sources({ flags: { host: '0.0.0.0' } })))
  assert.equal(faults.length, 2)
  assert.match(faults.join('\n'), /insecureListen[^]*accessKeysFile/)
})

test('settings that contradict each other are refused', () => {
  const env = { SIGNALBOX_DELIVERY_DELAY_MS_MIN: '1h', SIGNALBOX_BREAKER_OPEN_MS_MIN: '1h' }
  const faults = faultsOf(() => parseConfig('dev', sources({ env })))
  assert.match(faults.join('\n'), /`delivery.delayMsMin` to be at most[^]*`breaker.openMsMin`/)
})

test('access keys are masked however they are printed', () => {
  const canary = 'SECRET_c4n4ry_value'
  const cwd = folder({ 'keys.yaml': `- {accessKeyId: abc, secretAccessKey: ${canary}}\n` })
  chmodSync(join(cwd, 'keys.yaml'), 0o600)
  const config = parseConfig('start', sources({ cwd, flags: { accessKeysFile: 'keys.yaml' } }))
  const key = config.accessKeys[0]!
  assert.equal(key.account, '000000000000')
  assert.equal(key.secretAccessKey.reveal(), canary)
  const printed = `${inspect(config, { depth: 9, showHidden: true })}${JSON.stringify(config)}`
  assert.ok(!`${printed}${String(key.secretAccessKey)}`.includes(canary))
})

test('faults of the access keys file name the entry and never show a secret', () => {
  const canary = 'SECRET_c4n4ry_value'
  const twice = `- {accessKeyId: abc, secretAccessKey: ${canary}}\n`.repeat(2)
  const text = `${twice}- {accessKeyId: abd, secretAccessKey: short, account: 12}\n`
  const cwd = folder({ 'keys.yaml': text, 'broken.yaml': `- {a: ${canary}` })
  chmodSync(join(cwd, 'keys.yaml'), 0o644)
  const flags = { accessKeysFile: 'keys.yaml' }
  const faults = faultsOf(() => parseConfig('start', sources({ cwd, flags }))).join('\n')
  assert.match(faults, /chmod 600/)
  assert.match(faults, /`abc` stands twice/)
  assert.match(faults, /keys.yaml\[2\].secretAccessKey/)
  assert.match(faults, /keys.yaml\[2\].account/)
  const broken = { accessKeysFile: 'broken.yaml' }
  const more = faultsOf(() => parseConfig('start', sources({ cwd, flags: broken }))).join('\n')
  assert.ok(!`${faults}${more}`.includes(canary))
})

function parseKey(more: string) {
  const cwd = folder({
    'keys.yaml': `- {accessKeyId: abc, secretAccessKey: sixteen-characters${more}}\n`,
  })
  chmodSync(join(cwd, 'keys.yaml'), 0o600)
  return parseConfig('start', sources({ cwd, flags: { accessKeysFile: 'keys.yaml' } }))
}

test('an access key may be of a user, whose groups need one', () => {
  const named = parseKey(', user: ann, groups: [dev]').accessKeys[0]
  assert.deepEqual([named?.user, named?.groups], ['ann', ['dev']])
  assert.deepEqual(parseKey('').accessKeys[0]!.groups, [])
  for (const more of [', groups: [dev]', ', user: 7', ", user: ''", ', user: ann, groups: dev'])
    assert.match(faultsOf(() => parseKey(more)).join(), /keys.yaml\[0\]\.(user|groups)/, more)
})

test('functions get defaults, their runtime from the file name, and paths beside the file', () => {
  const text = `
functions:
  resize: { handler: lib/resize.js }
  enrich: { handler: enrich.py:main, timeoutMs: 2m, env: { KEY: '\${env:TOKEN}', N: 3 } }
`
  const cwd = folder({ 'signalbox.yaml': text })
  const config = parseConfig('dev', sources({ cwd, env: { TOKEN: 'abc' } }))
  assert.deepEqual(config.functions, [
    {
      name: 'resize',
      handler: join(cwd, 'lib/resize.js'),
      runtime: 'node',
      env: {},
      timeoutMs: 30_000,
      memoryMb: 512,
      concurrency: 4,
    },
    {
      name: 'enrich',
      handler: `${join(cwd, 'enrich.py')}:main`,
      runtime: 'python',
      env: { KEY: 'abc', N: '3' },
      timeoutMs: 120_000,
      memoryMb: 512,
      concurrency: 4,
    },
  ])
})

test('every fault of every function is named', () => {
  const text = `
functions:
  'bad name': { handler: a.js }
  b: { runtime: node }
  c: { handler: c.js, timeoutms: 1, memoryMb: 1, env: { A: [1] } }
`
  const cwd = folder({ 'signalbox.yaml': text })
  const faults = faultsOf(() => parseConfig('dev', sources({ cwd })))
  assert.equal(faults.length, 5, faults.join('\n'))
  assert.match(faults.join('\n'), /`functions.c.timeoutms`, did you mean `timeoutMs`/)
})

test('a variable that the file names and nobody set is a fault', () => {
  const cwd = folder({ 'signalbox.yaml': 'host: ${env:NOT_THERE}\n' })
  const faults = faultsOf(() => parseConfig('dev', sources({ cwd })))
  assert.match(faults.join('\n'), /`\$\{env:NOT_THERE\}`.* not set/)
})

test('what Kubernetes sets beside a Service named signalbox is not taken for configuration', () => {
  const env = {
    SIGNALBOX_PORT: 'tcp://10.0.0.1:4566',
    SIGNALBOX_SERVICE_HOST: '10.0.0.1',
    SIGNALBOX_PORT_4566_TCP: 'tcp://10.0.0.1:4566',
  }
  assert.equal(parseConfig('dev', sources({ env })).port, 4566)
})

test('a client is blind to what only a server cares about', () => {
  const flags = { host: '10.1.2.3', port: '80' }
  assert.equal(parseClientConfig(sources({ flags })).endpointUrl, 'http://10.1.2.3:80')
  const env = { SIGNALBOX_ENDPOINT_URL: 'https://box.example/' }
  assert.equal(parseClientConfig(sources({ env })).endpointUrl, 'https://box.example')
  const wildcard = { SIGNALBOX_HOST: '::' }
  assert.equal(parseClientConfig(sources({ env: wildcard })).endpointUrl, 'http://[::1]:4566')
})

test('a client that is told no address finds the server of its data directory', () => {
  const cwd = folder()
  const announce = (pid: number, url: string): string => {
    mkdirSync(join(cwd, '.signalbox'), { recursive: true })
    writeFileSync(join(cwd, '.signalbox/server.json'), JSON.stringify({ pid, url }))
    return parseClientConfig(sources({ cwd })).endpointUrl
  }
  const alive = process.pid
  assert.equal(announce(alive, 'http://127.0.0.1:5000'), 'http://127.0.0.1:5000')
  const told = parseClientConfig(sources({ cwd, env: { SIGNALBOX_PORT: '4567' } }))
  assert.equal(told.endpointUrl, 'http://127.0.0.1:4567')
  const gone = spawnSync('true').pid
  for (const [pid, url] of [
    [gone, 'http://127.0.0.1:5000'],
    [alive, 'http://elsewhere.example'],
    [-1, 'http://127.0.0.1:5000'],
    [alive, 'not an address'],
  ] as const) {
    assert.equal(announce(pid, url), 'http://127.0.0.1:4566', `${pid} ${url}`)
  }
  writeFileSync(join(cwd, '.signalbox/server.json'), '{"pid":')
  assert.equal(parseClientConfig(sources({ cwd })).endpointUrl, 'http://127.0.0.1:4566')
})

test('the config cannot be changed', () => {
  const config = parseConfig('dev', sources())
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.delivery))
  assert.ok(Object.isFrozen(config.allowedHosts))
})

test('a file may say which form it has, and one of a later release is refused', () => {
  for (const text of ['', 'version: 0\n', 'version: 1\n']) {
    const cwd = folder({ 'signalbox.yaml': `${text}port: 5001\n` })
    assert.equal(parseConfig('dev', sources({ cwd })).port, 5001)
  }
  const cwd = folder({ 'signalbox.yaml': 'version: 2\n' })
  assert.throws(() => parseConfig('dev', sources({ cwd })), /`version` .* 0 or 1.*got `2`/)
})

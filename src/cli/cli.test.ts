import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Config } from '../config/index.ts'
import { runCli } from './index.ts'
import { createTestIo, type TestIo } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
after(() => rmSync(directory, { recursive: true, force: true }))

async function run(
  argv: readonly string[],
  parts: Parameters<typeof createTestIo>[0] = {},
): Promise<{ readonly code: number; readonly io: TestIo }> {
  const io = createTestIo({ cwd: directory, ...parts })
  return { code: await runCli(argv, io), io }
}

function errorOf(io: TestIo): Record<string, unknown> {
  assert.equal(io.err.text, '')
  return (JSON.parse(io.out.text) as { error: Record<string, unknown> }).error
}

test('version is data', async () => {
  const { code, io } = await run(['version'])
  assert.equal(code, 0)
  assert.match(io.out.text, /^signalbox \d+\.\d+\.\d+ \(node 2\d/)
  assert.equal(io.err.text, '')
  const json = JSON.parse((await run(['version', '-o', 'json'])).io.out.text) as object
  assert.deepEqual(Object.keys(json), ['version', 'node', 'platform', 'arch'])
})

test('flags count before and after the command', async () => {
  for (const argv of [
    ['dev', '--port', '5000', '--data-dir', 'x', '--strict', '--log-level', 'warn'],
    ['--port', '5000', '--data-dir=x', 'dev', '--strict', '--log-level', 'warn'],
  ]) {
    const configs: Config[] = []
    const serve = (config: Config): Promise<number> => {
      configs.push(config)
      return Promise.resolve(0)
    }
    assert.equal((await run(argv, { serve })).code, 0)
    const { port, dataDir, mode, compat, logLevel } = configs[0]!
    assert.deepEqual(
      { port, dataDir, mode, compat, logLevel },
      {
        port: 5000,
        dataDir: join(directory, 'x'),
        mode: 'dev',
        compat: { strict: true, crossBusReplay: false },
        logLevel: 'warn',
      },
    )
  }
})

test('a server that was asked to stop says itself how it ended', async () => {
  const stop = new AbortController()
  const serve = (): Promise<number> => {
    stop.abort('SIGTERM')
    return Promise.resolve(0)
  }
  assert.equal((await run(['dev'], { serve, signal: stop.signal })).code, 0)
})

test('help is data when asked for, and advice when nothing was said', async () => {
  const asked = await run(['--help'])
  assert.equal(asked.code, 0)
  assert.match(asked.io.out.text, /Commands:[^]*emit[^]*tail/)
  const silent = await run([])
  assert.equal(silent.code, 2)
  assert.equal(silent.io.out.text, '')
  assert.match(silent.io.err.text, /Commands:/)
})

test('a command line that cannot be meant is 2, with what was likely meant', async () => {
  for (const [argv, message] of [
    [['emitt'], /unknown command 'emitt'\n\(Did you mean emit\?\)/],
    [['dev', '--prot', '1'], /unknown option '--prot'[^]*--port/],
    [['version', '-o', 'xml'], /Allowed choices are line, json/],
    [['version', 'extra'], /too many arguments/],
    [['completion', 'tcsh'], /got `tcsh`/],
    [['emit'], /expected the type/],
    [['emit', 'a', '{'], /expected the data to be JSON/],
    [['emit', 'a', '@none.json'], /cannot read `.*none.json`/],
    [['emit', 'a', '--count', '0'], /`--count` to be an integer from 1/],
    [['dev', '--port', 'x'], /expected `--port` to be an integer from 0 to 65535, got `x`/],
  ] as const) {
    const { code, io } = await run(argv)
    assert.equal(code, 2, argv.join(' '))
    assert.match(io.err.text, message)
    assert.equal(io.out.text, '')
  }
})

test('under -o json an error is JSON too, whatever failed', async () => {
  for (const [argv, code, name] of [
    [['emitt', '-o', 'json'], 2, 'USAGE'],
    [['dev', '--output=json', '--port', 'x'], 2, 'CONFIG_INVALID'],
    [['tail', '-ojson', '--port', '1'], 6, 'SERVER_UNREACHABLE'],
    [['emit', 'a', '--port', '1', '--output', 'json'], 6, 'SERVER_UNREACHABLE'],
  ] as const) {
    const { code: got, io } = await run(argv)
    assert.equal(got, code, argv.join(' '))
    assert.equal(errorOf(io)['code'], name)
  }
})

test('no server: what to run next', async () => {
  const { code, io } = await run(['emit', 'a', '--port', '1'])
  assert.equal(code, 6)
  assert.match(io.err.text, /cannot reach a server at `http:\/\/127.0.0.1:1`[^]*signalbox dev/)
})

test('env is what a shell can eval', async () => {
  const { io } = await run(['env', '--port', '5001'], { env: { AWS_DEFAULT_REGION: "a'b c" } })
  const script = `${io.out.text}\necho "$AWS_ENDPOINT_URL|$AWS_ACCESS_KEY_ID|$AWS_DEFAULT_REGION"`
  const shell = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  assert.equal(shell.stdout, "http://127.0.0.1:5001|000000000000|a'b c\n")
})

test('env can leave all other services with AWS', async () => {
  const { io } = await run(['env', '--services', '-o', 'json'])
  const variables = JSON.parse(io.out.text) as Record<string, string>
  assert.equal(variables['AWS_ENDPOINT_URL_EVENTBRIDGE'], 'http://127.0.0.1:4566')
  assert.equal('AWS_ENDPOINT_URL' in variables, false)
})

test('completion for bash knows the commands and their flags', async () => {
  const { io } = await run(['completion', 'bash'])
  const script = `${io.out.text}
COMP_WORDS=(signalbox emit --s); COMP_CWORD=2; _signalbox; echo "\${COMPREPLY[@]}"
COMP_WORDS=(signalbox operations wa); COMP_CWORD=2; _signalbox; echo "\${COMPREPLY[@]}"
COMP_WORDS=(signalbox do); COMP_CWORD=1; _signalbox; echo "\${COMPREPLY[@]}"`
  const shell = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  assert.equal(shell.stdout, '--source --subject\nwatch\ndoctor\n', shell.stderr)
})

test('completion for zsh and fish names every command', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { io } = await run(['completion', shell])
    for (const name of ['dev', 'start', 'emit', 'tail', 'env', 'doctor', 'version']) {
      assert.match(io.out.text, new RegExp(`\\b${name}\\b`), shell)
    }
  }
})

test('doctor looks at the machine, and leaves nothing behind', async () => {
  const argv = ['doctor', '--port', '1', '--data-dir', 'data', '-o', 'json']
  const { code, io } = await run(argv)
  const { healthy, findings } = JSON.parse(io.out.text) as {
    readonly healthy: boolean
    readonly findings: readonly { readonly check: string; readonly status: string }[]
  }
  const checks = findings.map(({ check }) => check)
  for (const check of ['node', 'server', 'clock', 'data', 'sync', 'disk', 'environment']) {
    assert.ok(checks.includes(check), check)
  }
  assert.equal(code, healthy ? 0 : 1)
})

test('doctor fails where the data cannot lie', async () => {
  writeFileSync(join(directory, 'file'), '')
  const { code, io } = await run(['doctor', '--port', '1', '--data-dir', 'file'])
  assert.equal(code, 1)
  assert.match(io.out.text, /^failed +data .*is not a directory/m)
})

test('doctor sees that aws talks to somewhere else', async () => {
  const env = { AWS_ENDPOINT_URL: 'http://localhost:9999', HTTP_PROXY: 'http://proxy:1' }
  const { io } = await run(['doctor', '--port', '1'], { env })
  assert.match(io.out.text, /^warning +environment .*9999/m)
  assert.match(io.out.text, /^warning +proxy/m)
  const ours = await run(['doctor', '--port', '1'], {
    env: { AWS_ENDPOINT_URL: 'http://localhost:1' },
  })
  assert.match(ours.io.out.text, /^ok +environment/m)
})

async function isColoured(parts: Parameters<typeof createTestIo>[0]): Promise<boolean> {
  const { io } = await run(['doctor', '--port', '1'], parts)
  return io.out.text.includes('\u001b[')
}

test('colour is for people at a terminal, unless they say otherwise', async () => {
  assert.equal(await isColoured({}), false)
  assert.equal(await isColoured({ isTty: true }), true)
  assert.equal(await isColoured({ isTty: true, env: { NO_COLOR: '1' } }), false)
  assert.equal(await isColoured({ env: { FORCE_COLOR: '1' } }), true)
})

// `signalbox doctor`: what could be wrong on this machine, each with what to do about it. Exit code 1 when
// something is.

import { clientConfig, type CommandContext, printJson, printLine } from './context.ts'
import { checkClock, checkServer } from './doctor-server.ts'
import { checkDirectory, checkDisk, checkSync } from './doctor-storage.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { escapeControls } from './style.ts'

export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly message: string
  readonly hint?: string
}

const NODE_MAJOR_MIN = 24

export async function runDoctor(context: CommandContext): Promise<number> {
  const { io } = context
  const config = clientConfig(context)
  const findings: readonly Finding[] = [
    checkNode(process.versions.node),
    await checkServer(config, io),
    await checkClock(config, io),
    checkDirectory(config.dataDir),
    checkSync(config.dataDir, io.clock),
    checkDisk(config.dataDir),
    ...checkEnvironment(config.endpointUrl, io.env),
  ]
  const isHealthy = !findings.some(({ status }) => status === 'failed')
  if (context.form === 'json') await printJson(context, { healthy: isHealthy, findings })
  else for (const finding of findings) await printLine(context, formatFinding(context, finding))
  return isHealthy ? EXIT_CODES.ok : EXIT_CODES.failed
}

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const

function formatFinding({ paint }: CommandContext, finding: Finding): string {
  const { check, status, message, hint } = finding
  const text = `${paint(COLOURS[status], status.padEnd(7))}  ${check.padEnd(11)}  ${escapeControls(message)}`
  return hint === undefined ? text : `${text}\n${' '.repeat(22)}${hint}`
}

export function checkNode(version: string): Finding {
  const check = 'node'
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN) {
    return { check, status: 'ok', message: `Node ${version}` }
  }
  const hint = `install Node ${NODE_MAJOR_MIN} or newer from https://nodejs.org`
  return { check, status: 'failed', message: `Node ${version} is too old`, hint }
}

/** Whether AWS's clients in this shell talk to us, and whether a proxy stands between. */
export function checkEnvironment(
  endpointUrl: string,
  env: Readonly<Record<string, string>>,
): readonly Finding[] {
  return [checkEndpoint(endpointUrl, env), ...checkProxy(env)]
}

function checkEndpoint(endpointUrl: string, env: Readonly<Record<string, string>>): Finding {
  const check = 'environment'
  const name = ['AWS_ENDPOINT_URL_EVENTBRIDGE', 'AWS_ENDPOINT_URL'].find(
    (candidate) => env[candidate] !== undefined,
  )
  const hint = 'run `eval "$(signalbox env)"` in the shell that calls aws'
  if (name === undefined) {
    const message = 'AWS_ENDPOINT_URL is not set: aws and boto3 talk to AWS itself'
    return { check, status: 'warning', message, hint }
  }
  const value = env[name]!
  const isOurs = isSameServer(value, endpointUrl)
  if (isOurs) return { check, status: 'ok', message: `${name} is ${value}` }
  const message = `${name} is ${value}, and the server is ${endpointUrl}`
  return { check, status: 'warning', message, hint }
}

function isSameServer(a: string, b: string): boolean {
  const [first, second] = [URL.parse(a), URL.parse(b)]
  if (first === null || second === null || first.port !== second.port) return false
  const local = ['localhost', '127.0.0.1', '[::1]']
  const areLocal = local.includes(first.hostname) && local.includes(second.hostname)
  return areLocal || first.hostname === second.hostname
}

function checkProxy(env: Readonly<Record<string, string>>): readonly Finding[] {
  const proxy = ['HTTP_PROXY', 'http_proxy'].find((name) => (env[name] ?? '') !== '')
  const direct = `${env['NO_PROXY'] ?? ''},${env['no_proxy'] ?? ''}`
  if (proxy === undefined || /127\.0\.0\.1|localhost|\*/.test(direct)) return []
  return [
    {
      check: 'proxy',
      status: 'warning',
      message: `${proxy} is set, and aws would ask the proxy for this machine`,
      hint: 'run `export NO_PROXY=127.0.0.1,localhost`',
    },
  ]
}

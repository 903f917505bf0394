// `signalbox kubeconfig`: what kubectl needs to know of the server of a data directory. It is made of parts that are
// looked at one by one, and never copied from there: a kubeconfig may name programs to run.

import { X509Certificate } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AppError, describeError } from '../base/index.ts'
import type { ClientConfig } from '../config/index.ts'
import { clientConfig, type CommandContext, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'

export interface KubeconfigOptions {
  /** Where kubectl finds the server; the address that it wrote into its data directory when absent. */
  readonly server?: string
  /** The administrator's, of the data directory, when absent. */
  readonly token?: string
  readonly namespace?: string
  /** A file with the authorities to trust, or `system`; the server's own when absent. */
  readonly authority?: string
  /** A file in place of standard output. */
  readonly write?: string
}

const FILE = 'kubeconfig'

export async function runKubeconfig(
  context: CommandContext,
  options: KubeconfigOptions,
): Promise<number> {
  const config = clientConfig(context)
  const server = options.server ?? config.httpsUrl
  if (server === undefined)
    throw new AppError(
      'SERVER_UNREACHABLE',
      `no server that listens for HTTPS runs on \`${config.dataDir}\`; start one, or say where it is with \`--server\``,
    )
  if (URL.parse(server)?.protocol !== 'https:')
    throw new UsageError(`expected \`--server\` to be an https URL, got \`${server}\``)
  const { authority } = options
  const named =
    authority === undefined || authority === 'system'
      ? {}
      : { authority: resolve(context.io.cwd, authority) }
  const text = formatKubeconfig(config.dataDir, { ...options, ...named, server })
  if (options.write === undefined) {
    await context.io.stdout.write(text)
    return EXIT_CODES.ok
  }
  const path = resolve(context.io.cwd, options.write)
  writePrivate(path, text)
  say(context, `kubectl finds the server with KUBECONFIG=${path}`)
  await printLine(context, path)
  return EXIT_CODES.ok
}

/** A kubeconfig beside the server's data, for this shell; undefined when there is no such server, or it is another's. */
export function writeOwnKubeconfig(
  context: CommandContext,
  { dataDir, httpsUrl }: ClientConfig,
): string | undefined {
  if (httpsUrl === undefined) return undefined
  const path = join(dataDir, FILE)
  try {
    writePrivate(path, formatKubeconfig(dataDir, { server: httpsUrl }))
  } catch (error) {
    // Clients of AWS need nothing of it.
    say(context, `KUBECONFIG is left out: ${describeError(error)}`)
    return undefined
  }
  return path
}

function formatKubeconfig(
  dataDir: string,
  { server, token, namespace, authority }: KubeconfigOptions,
): string {
  const trusted = authority === 'system' ? undefined : readAuthority(dataDir, authority)
  const shown = token ?? readPart(join(dataDir, 'admin.token'), (text) => text.trim())
  if (!/^[\w.~+/=-]{1,8192}$/.test(shown)) throw new UsageError('expected a token of one word')
  const context = { cluster: 'signalbox', user: 'signalbox' }
  const place = namespace === undefined ? context : { ...context, namespace }
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '  - name: signalbox',
    '    cluster:',
    `      server: ${JSON.stringify(server)}`,
    ...(trusted === undefined
      ? []
      : [`      certificate-authority-data: ${Buffer.from(trusted).toString('base64')}`]),
    'users:',
    '  - name: signalbox',
    `    user: ${JSON.stringify({ token: shown })}`,
    'contexts:',
    '  - name: signalbox',
    `    context: ${JSON.stringify(place)}`,
    'current-context: signalbox',
    '',
  ].join('\n')
}

/** One that somebody names is taken as it is: it may hold more than one. */
function readAuthority(dataDir: string, named: string | undefined): string {
  const path = named ?? join(dataDir, 'tls', 'ca.crt')
  return readPart(path, (text) => {
    const first = new X509Certificate(text).toString()
    return named === undefined ? first : text
  })
}

function readPart(path: string, read: (text: string) => string): string {
  try {
    return read(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `cannot read \`${path}\``, {
      cause: error,
    })
  }
}

/** A new file in the place of what was there, whatever that was, for its owner alone. */
function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  renameSync(draft, path)
}

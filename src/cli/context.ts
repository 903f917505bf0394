// What a command is given: the io, what was asked on the command line, and the form of its output.

import type { Command } from 'commander'
import { type Client, createClient } from '../client/index.ts'
import { type ClientConfig, isLoopback, parseClientConfig } from '../config/index.ts'
import { EXIT_CODES } from './exit-codes.ts'
import type { CliIo } from './io.ts'
import { UsageError } from './usage-error.ts'
import { createPaint, formatJson, type Paint } from './style.ts'

export type OutputForm = 'line' | 'json'

export interface CommandContext {
  readonly io: CliIo
  readonly form: OutputForm
  /** The flags given, by option key. */
  readonly flags: Readonly<Record<string, unknown>>
  /** Colour for standard output, and for standard error. */
  readonly paint: Paint
  readonly paintError: Paint
}

export function createContext(command: Command, io: CliIo): CommandContext {
  const flags: Record<string, unknown> = command.optsWithGlobals()
  return {
    io,
    form: flags['output'] === 'json' ? 'json' : 'line',
    flags,
    paint: createPaint(io.stdout, io.env),
    paintError: createPaint(io.stderr, io.env),
  }
}

export function clientConfig({ io, flags }: CommandContext): ClientConfig {
  return parseClientConfig({ flags, env: io.env, cwd: io.cwd })
}

/** Data for a program: one JSON value on a line of its own. */
export async function printJson({ io }: CommandContext, value: unknown): Promise<void> {
  await io.stdout.write(`${formatJson(value)}\n`)
}

export async function printLine({ io }: CommandContext, text: string): Promise<void> {
  await io.stdout.write(`${text}\n`)
}

/** Something for people, beside the data. */
export function say({ io }: CommandContext, text: string): void {
  void io.stderr.write(`${text}\n`)
}

/** The client of a command: with the token that it was given, or the administrator's own of a server under `start`. */
export function openClient(context: CommandContext): Client {
  const { endpointUrl, token, secured } = clientConfig(context)
  if (token !== undefined) {
    refuseOpenToken(endpointUrl)
    return createClient(endpointUrl, { token: token.reveal() })
  }
  return secured === undefined ? createClient(endpointUrl) : createClient(secured.url, secured)
}

/** A token that goes over a network in the open is everybody's. */
function refuseOpenToken(endpointUrl: string): void {
  const { protocol, hostname } = new URL(endpointUrl)
  if (protocol === 'https:' || isLoopback(hostname)) return
  throw new UsageError(
    `expected \`--endpoint-url\` to be an https URL where a token is sent, got \`${endpointUrl}\``,
  )
}

/** Runs with a client of the server; what `run` answers is the exit code, 0 when it answers none. */
export async function withClient(
  context: CommandContext,
  run: (client: Client) => Promise<number | void>,
): Promise<number> {
  const client = openClient(context)
  try {
    return (await run(client)) ?? EXIT_CODES.ok
  } finally {
    client.close()
  }
}

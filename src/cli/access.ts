// `signalbox token` and `signalbox certificate`: with what others sign in, made and taken back.

import type { TokenView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface GrantOptions {
  readonly user?: string
  readonly group?: readonly string[]
  readonly days?: string
}

export function runTokenCreate(
  context: CommandContext,
  name: string,
  options: GrantOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const user = options.user === undefined ? {} : { user: options.user }
    const wish = { name, ...user, ...grantOf(options) }
    await showToken(context, name, await client.createToken(wish, context.io.signal))
  })
}

export function runTokenRotate(context: CommandContext, name: string): Promise<number> {
  return withClient(context, async (client) => {
    await showToken(context, name, await client.rotateToken(name, context.io.signal))
  })
}

export function runTokenRevoke(context: CommandContext, name: string): Promise<number> {
  return withClient(context, async (client) => {
    await client.revokeToken(name, context.io.signal)
    if (context.form === 'json') await printJson(context, { name, revoked: true })
    else await printLine(context, `\`${escapeControls(name)}\` is good no more`)
  })
}

export function runTokenLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const tokens = await client.tokens(context.io.signal)
    if (context.form === 'json') await printJson(context, tokens)
    else for (const token of tokens) await printLine(context, formatToken(context, token))
  })
}

/** The certificate and its key one after the other, as one file of curl's `--cert`. */
export function runCertificateCreate(
  context: CommandContext,
  user: string,
  options: GrantOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const wish = { user, ...grantOf(options) }
    const made = await client.createCertificate(wish, context.io.signal)
    if (context.form === 'json') await printJson(context, made)
    else await context.io.stdout.write(made.certificate + made.key)
    say(context, 'this is shown once; it cannot be taken back before it ends')
  })
}

async function showToken(context: CommandContext, name: string, token: string): Promise<void> {
  if (context.form === 'json') await printJson(context, { name, token })
  else await printLine(context, token)
  say(context, 'this is shown once; keep it where only its user can read it')
}

function formatToken({ paint }: CommandContext, token: TokenView): string {
  const { name, user, groups, expiresAt } = token
  return [
    paint('bold', escapeControls(name)),
    escapeControls(user),
    escapeControls(groups.length === 0 ? '-' : groups.join(',')),
    expiresAt === undefined ? 'for ever' : `until ${escapeControls(expiresAt)}`,
  ].join('  ')
}

function grantOf({ group = [], days }: GrantOptions): {
  readonly groups: readonly string[]
  readonly days?: number
} {
  if (days === undefined) return { groups: group }
  if (/^\d{1,6}$/.test(days)) return { groups: group, days: Number(days) }
  throw new UsageError(`expected \`--days\` to be a whole number, got \`${days}\``)
}

// `signalbox audit ls`: who did what, when, from where, to what, and how it ended.

import { wait } from '../base/index.ts'
import type { AuditFilter, AuditRecordView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, withClient } from './context.ts'
import { AUDIT_FOLLOW_MS, AUDIT_PAGE } from './limits.ts'
import { escapeControls } from './style.ts'
import { parseTimeFlag } from './time-flag.ts'
import { UsageError } from './usage-error.ts'

export interface AuditOptions extends AuditFilter {
  readonly after?: string
  readonly limit?: string
  readonly follow?: boolean
}

/** With `--follow` it goes on with what is recorded from then on, until it is stopped. */
export function runAuditLs(context: CommandContext, options: AuditOptions): Promise<number> {
  const { io } = context
  const { limit, after, follow = false, ...given } = options
  const now = io.clock.now()
  const filter = {
    ...given,
    since: parseTimeFlag('--since', given.since, now),
    until: parseTimeFlag('--until', given.until, now),
  }
  let left = parseCount('--limit', limit) ?? Infinity
  let last = parseCount('--after', after)
  return withClient(context, async (client) => {
    while (left > 0) {
      const wanted = Math.min(left, AUDIT_PAGE)
      const page = await client.listAudit({ ...filter, after: last, limit: wanted }, io.signal)
      for (const record of page.items) {
        if (context.form === 'json') await printJson(context, record)
        else await printLine(context, format(context, record))
      }
      last = page.last
      left -= page.items.length
      if (page.hasMore) continue
      if (!follow || io.signal.aborted) return
      await wait(io.clock, AUDIT_FOLLOW_MS, io.signal)
    }
  })
}

function parseCount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`expected \`${flag}\` to be a whole number, got \`${text}\``)
}

function format({ paint }: CommandContext, record: AuditRecordView): string {
  const { seq, time, who, from, action, on, result, code, count } = record
  return [
    String(seq),
    time,
    paint('bold', escapeControls(who)),
    escapeControls(from === '' ? '-' : from),
    escapeControls(count === undefined ? action : `${action} ×${count}`),
    escapeControls(on),
    paint(result === 'ok' ? 'green' : 'red', code === undefined ? result : `${result} ${code}`),
  ].join('  ')
}

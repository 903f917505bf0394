// How a failure is shown: what failed, and the next command to run where there is one. Under `-o json` it is a
// JSON value on standard output, so that what reads it never meets anything else.

import { describeError, isAppError } from '../base/index.ts'
import type { CliIo } from './io.ts'
import { createPaint, escapeControls, formatJson } from './style.ts'

export interface FailureView {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly docs?: string
}

export function viewOf(error: unknown): FailureView {
  // A program's own mistake shows where it was made; an operating failure never does.
  if (!isAppError(error)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { code: 'BUG', message }
  }
  const hint = hintFor(error.code, error.details['reason'])
  return {
    code: error.code,
    message: error.class === 'internal' ? error.message : describeError(error),
    ...(hint === undefined ? {} : { hint }),
    docs: `docs/errors/${error.code}.md`,
  }
}

function hintFor(code: string, reason: unknown): string | undefined {
  if (code === 'SERVER_UNREACHABLE' && reason === 'foreign') {
    return 'run `signalbox dev --port 4567`, and give other commands `--port 4567` too'
  }
  if (code === 'SERVER_UNREACHABLE') {
    return 'run `signalbox dev` in another terminal, or say where the server is with `--port` or `--endpoint-url`'
  }
  if (code === 'CONFIG_INVALID') return 'docs/reference/configuration.md lists every option'
  if (code === 'BUS_NOT_FOUND') return 'make the bus with `aws events create-event-bus --name NAME`'
  return undefined
}

export async function reportFailure(io: CliIo, view: FailureView, asJson: boolean): Promise<void> {
  if (asJson) {
    await io.stdout.write(`${formatJson({ error: view })}\n`)
    return
  }
  const paint = createPaint(io.stderr, io.env)
  // The message's own lines stay lines; what it quotes cannot steer the terminal.
  const message = view.message.split('\n').map(escapeControls).join('\n')
  const hint = view.hint === undefined ? '' : `${paint('dim', 'hint:')} ${view.hint}\n`
  await io.stderr.write(`${paint('red', 'error:')} ${message}\n${hint}`)
}

// `signalbox pipe`: what pipes do, and holding one or letting it go on.

import { AppError } from '../base/index.ts'
import type { PipeStateView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, withClient } from './context.ts'
import { escapeControls, formatJson } from './style.ts'

export function runPipeLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const pipes = await client.pipes({ signal: context.io.signal })
    for (const pipe of pipes) {
      if (context.form === 'json') await printJson(context, pipe)
      else await printLine(context, formatPipe(context, pipe))
    }
  })
}

/** `pipe` is a name or an ARN. */
export function runPipeShow(context: CommandContext, pipe: string): Promise<number> {
  return withClient(context, async (client) => {
    const shown = await client.pipes({ pipe, signal: context.io.signal })
    if (shown.length === 0) {
      throw new AppError('RESOURCE_NOT_FOUND', `pipe \`${pipe}\` does not exist`)
    }
    for (const each of shown) {
      if (context.form === 'json') await printJson(context, each)
      else await showPipe(context, each)
    }
  })
}

export function runPipeState(
  context: CommandContext,
  pipe: string,
  verb: 'start' | 'stop',
): Promise<number> {
  return withClient(context, async (client) => {
    const { signal } = context.io
    const changed = await client.setPipe(verb, { pipe, signal })
    if (context.form === 'json') await printJson(context, changed)
    else await printLine(context, formatPipe(context, changed))
  })
}

function formatPipe({ paint }: CommandContext, pipe: PipeStateView): string {
  const { name, state, reason, source, enrichment, target } = pipe
  const colour = state === 'RUNNING' ? 'green' : state.endsWith('FAILED') ? 'red' : 'yellow'
  const stages = [source, ...(enrichment === undefined ? [] : [enrichment]), target]
  const why = reason === undefined ? '' : `  ${reason}`
  return `${escapeControls(name)}  ${paint(colour, state)}  ${stages.map(escapeControls).join(' → ')}${escapeControls(why)}`
}

async function showPipe(context: CommandContext, pipe: PipeStateView): Promise<void> {
  await printLine(context, formatPipe(context, pipe))
  const { createdAt, sourceParameters, enrichmentParameters, targetParameters } = pipe
  const rows: readonly (readonly [string, unknown])[] = [
    ['arn', pipe.arn],
    ['description', pipe.description],
    ['created', new Date(createdAt * 1000).toISOString()],
    ['source', sourceParameters],
    ['enrichment', enrichmentParameters],
    ['target', targetParameters],
  ]
  for (const [label, value] of rows) {
    if (value === undefined) continue
    const text = typeof value === 'string' ? escapeControls(value) : formatJson(value)
    await printLine(context, `  ${context.paint('dim', label.padEnd(11))} ${text}`)
  }
}

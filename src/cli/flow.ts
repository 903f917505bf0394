// `signalbox flow`: workflows that run, one with its steps, its history; starting, trying again, cancelling.

import { wait } from '../base/index.ts'
import type { Client, FlowRef, FlowReport } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { formatEntry, formatFlow, formatReport } from './flow-view.ts'
import { readParameters } from './flow-parameters.ts'
import { FLOW_WATCH_MS } from './limits.ts'

export interface FlowOptions {
  readonly namespace?: string
  readonly watch?: boolean
}

export interface FlowRunOptions extends FlowOptions {
  readonly name?: string
  readonly parameter?: readonly string[]
}

export interface FlowLogOptions extends FlowOptions {
  readonly follow?: boolean
}

const ENDED: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Cancelled', 'Refused'])

export function runFlowLs(context: CommandContext, { namespace }: FlowOptions): Promise<number> {
  return withClient(context, async (client) => {
    const flows = await client.flows(namespace, context.io.signal)
    if (context.form === 'json') return await printJson(context, { flows })
    for (const flow of flows) await printLine(context, formatFlow(flow, context.paint))
    if (flows.length === 0)
      say(context, 'there are no workflows; `signalbox flow run TEMPLATE` starts one')
  })
}

export function runFlowShow(
  context: CommandContext,
  name: string,
  { namespace, watch }: FlowOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const ref = { name, namespace }
    if (watch === true) return await watchFlow(context, client, ref)
    return await showOnce(context, await client.flow(ref, context.io.signal))
  })
}

export function runFlowRun(
  context: CommandContext,
  template: string,
  { namespace, name, parameter = [], watch }: FlowRunOptions,
): Promise<number> {
  const parameters = readParameters(parameter)
  return withClient(context, async (client) => {
    const wish = { template, parameters, namespace, name }
    const ref = await client.startFlow(wish, context.io.signal)
    if (watch === true) return await watchFlow(context, client, ref)
    if (context.form === 'json') await printJson(context, ref)
    else await printLine(context, `${ref.namespace ?? 'default'}/${ref.name}  started`)
    return EXIT_CODES.ok
  })
}

export function runFlowRetry(
  context: CommandContext,
  name: string,
  { namespace, watch }: FlowOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const ref = { name, namespace }
    const report = await client.retryFlow(ref, context.io.signal)
    if (watch === true) return await watchFlow(context, client, ref)
    return await showOnce(context, report)
  })
}

export function runFlowCancel(
  context: CommandContext,
  name: string,
  { namespace }: FlowOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const report = await client.cancelFlow({ name, namespace }, context.io.signal)
    await showOnce(context, report)
  })
}

/** The history, and what comes to it until the workflow ends. */
export function runFlowLogs(
  context: CommandContext,
  name: string,
  { namespace, follow }: FlowLogOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    let shown = -1
    for (;;) {
      const report = await client.flow({ name, namespace }, context.io.signal)
      for (const entry of report.history.filter(({ sequence }) => sequence > shown)) {
        if (context.form === 'json') await printJson(context, entry)
        else await printLine(context, formatEntry(entry))
        shown = entry.sequence
      }
      if (follow !== true || ENDED.has(report.phase)) return
      await wait(context.io.clock, FLOW_WATCH_MS, context.io.signal)
      if (context.io.signal.aborted) return
    }
  })
}

async function showOnce(context: CommandContext, report: FlowReport): Promise<number> {
  if (context.form === 'json') await printJson(context, report)
  else
    for (const line of formatReport(report, context.paint, context.io.clock.now()))
      await printLine(context, line)
  return EXIT_CODES.ok
}

/** Until it ends: in place on a terminal, elsewhere each change of its phase or step as a line. */
async function watchFlow(context: CommandContext, client: Client, ref: FlowRef): Promise<number> {
  const { signal, clock, stdout } = context.io
  let lines = 0
  let last = ''
  for (;;) {
    const report = await client.flow(ref, signal)
    if (context.form === 'line' && stdout.isTty) lines = await redraw(context, report, lines)
    else {
      const { phase, step } = report
      const text = `${phase} ${step}`
      if (text !== last && context.form === 'json') await printJson(context, report)
      else if (text !== last) await printLine(context, formatFlow(report, context.paint))
      last = text
    }
    if (ENDED.has(report.phase))
      return report.phase === 'Completed' ? EXIT_CODES.ok : EXIT_CODES.failed
    await wait(clock, FLOW_WATCH_MS, signal)
    if (signal.aborted) return EXIT_CODES.failed
  }
}

/** Answers how many lines there are now, which the next drawing goes over. */
async function redraw(
  context: CommandContext,
  report: FlowReport,
  before: number,
): Promise<number> {
  const { stdout, clock } = context.io
  const lines = formatReport(report, context.paint, clock.now())
  const up = before === 0 ? '' : `\x1b[${before}A`
  await stdout.write(`${up}\x1b[J${lines.map((line) => `${line}\n`).join('')}`)
  return lines.length
}

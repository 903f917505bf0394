// How workflows look on a terminal.

import type { FlowReport, FlowStepView, FlowView } from '../client/index.ts'
import { escapeControls, type Colour, type Paint } from './style.ts'

const COLOURS: Readonly<Record<string, Colour>> = {
  Completed: 'green',
  Succeeded: 'green',
  Ready: 'green',
  Failed: 'red',
  Failing: 'red',
  Refused: 'red',
  Cancelled: 'yellow',
  Running: 'cyan',
  Applied: 'cyan',
}
const MARKS: Readonly<Record<string, string>> = {
  Succeeded: '✔',
  Ready: '✔',
  Failed: '✖',
  Failing: '✖',
  Cancelled: '■',
  Skipped: '⤼',
  Running: '▶',
  Applied: '▶',
}

export function formatFlow(flow: FlowView, paint: Paint): string {
  const { namespace, name, template, phase, step, stepsCompleted, stepsTotal, message } = flow
  const parts = [
    `${namespace === undefined ? '' : `${namespace}/`}${name}`,
    paint(COLOURS[phase] ?? 'dim', phase),
    template,
    `${stepsCompleted} of ${stepsTotal} steps`,
    `${flow.resourcesCreated} resources`,
    ...(step === undefined ? [] : [`at ${step}`]),
    ...(message === undefined || phase === 'Running' ? [] : [message]),
  ]
  return parts.map((part, index) => (index === 1 ? part : escapeControls(part))).join('  ')
}

/** The flow, its steps, and the resources of those that are not done. */
export function formatReport(report: FlowReport, paint: Paint, nowMs: number): readonly string[] {
  return [
    formatFlow(report, paint),
    ...report.steps.flatMap((step) => formatStep(step, paint, nowMs)),
  ]
}

function formatStep(step: FlowStepView, paint: Paint, nowMs: number): readonly string[] {
  const { name, phase, attempt, message, resources } = step
  const parts = [
    `  ${paint(COLOURS[phase] ?? 'dim', MARKS[phase] ?? '○')} ${escapeControls(name)}`,
    ...durationOf(step, nowMs),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...retryOf(step, nowMs),
    ...(message === undefined ? [] : [escapeControls(message)]),
  ]
  const isShown = phase !== 'Pending' && phase !== 'Succeeded'
  const below = isShown ? resources : []
  return [
    parts.join('  '),
    ...below.map((resource) => {
      const mark = paint(COLOURS[resource.phase] ?? 'dim', MARKS[resource.phase] ?? '○')
      const why = resource.message === undefined ? '' : `  ${resource.message}`
      return `      ${mark} ${escapeControls(`${resource.kind} ${resource.name}${why}`)}`
    }),
  ]
}

function durationOf({ startedAt, endedAt }: FlowStepView, nowMs: number): readonly string[] {
  if (startedAt === undefined) return []
  return [`${(Math.max(0, (endedAt ?? nowMs) - startedAt) / 1000).toFixed(1)} s`]
}

function retryOf({ phase, wakeAt }: FlowStepView, nowMs: number): readonly string[] {
  if (wakeAt === undefined || phase !== 'Running') return []
  return [`again in ${Math.max(0, Math.ceil((wakeAt - nowMs) / 1000))} s`]
}

export function formatEntry(entry: FlowReport['history'][number]): string {
  const { at, what, step, message } = entry
  const parts = [
    new Date(at).toISOString(),
    what,
    ...(step === undefined ? [] : [step]),
    ...(message === undefined ? [] : [message]),
  ]
  return escapeControls(parts.join('  '))
}

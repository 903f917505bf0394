// What happens to a run, told to people as core Events of the workflow and of the Event behind it, and to programs as
// events on the bus.

import type { EventRecorder, KubeObject, Saying } from '../objects/index.ts'
import { API_VERSION, EVENT_LABEL, TEMPLATE_LABEL } from './names.ts'
import type { Outside, WorkflowNews } from './outside.ts'
import type { HistoryEntry, HistoryWhat, RunState } from './run.ts'

const REASONS: Readonly<Record<HistoryWhat, string>> = {
  started: 'WorkflowStarted',
  'step.started': 'StepStarted',
  'step.retrying': 'StepRetrying',
  'step.completed': 'StepCompleted',
  'step.skipped': 'StepSkipped',
  'step.failed': 'StepFailed',
  completed: 'WorkflowCompleted',
  failed: 'WorkflowFailed',
  cancelled: 'WorkflowCancelled',
  retried: 'WorkflowRetried',
}
const WARNINGS: ReadonlySet<HistoryWhat> = new Set(['step.retrying', 'step.failed', 'failed'])
/** What is said of the Event too. */
const LARGE: ReadonlySet<HistoryWhat> = new Set([
  'step.completed',
  'step.failed',
  'completed',
  'failed',
  'cancelled',
])

export interface News {
  readonly workflow: KubeObject
  readonly run: RunState
  readonly entries: readonly HistoryEntry[]
}

export async function tellNews(
  { recorder, outside }: { readonly recorder: EventRecorder; readonly outside: Outside },
  { workflow, run, entries }: News,
): Promise<void> {
  const event = eventOf(workflow)
  for (const entry of entries) {
    const saying = sayingOf(entry)
    await recorder.record(workflow, saying)
    if (event !== undefined && LARGE.has(entry.what)) await recorder.record(event, saying)
  }
  await outside.publish(entries.map((entry) => newsOf(entry, run, workflow)))
}

/** The Event that owns the workflow, as far as is needed to say something of it. */
function eventOf({ metadata }: KubeObject): KubeObject | undefined {
  const owner = metadata.ownerReferences?.find(
    ({ apiVersion, kind }) => apiVersion === API_VERSION && kind.endsWith('Event'),
  )
  if (owner === undefined) return undefined
  const { apiVersion, kind, name, uid } = owner
  const { namespace } = metadata
  return {
    apiVersion,
    kind,
    metadata: { name, uid, ...(namespace === undefined ? {} : { namespace }) },
  }
}

function sayingOf({ what, step, message }: HistoryEntry): Saying {
  const type = WARNINGS.has(what) ? 'Warning' : 'Normal'
  return { type, reason: REASONS[what], message: textOf(what, step, message) }
}

function textOf(what: HistoryWhat, step: string | undefined, message: string | undefined): string {
  const subject = step === undefined ? 'the workflow' : `step \`${step}\``
  const verbs: Readonly<Record<HistoryWhat, string>> = {
    started: 'has started',
    'step.started': 'has started',
    'step.retrying': 'is tried again',
    'step.completed': 'has completed',
    'step.skipped': 'is skipped',
    'step.failed': 'has failed',
    completed: 'has completed',
    failed: 'has failed',
    cancelled: 'was cancelled',
    retried: 'goes on from where it ended',
  }
  return `${subject} ${verbs[what]}${message === undefined ? '' : `: ${message}`}`
}

function newsOf(entry: HistoryEntry, run: RunState, { kind, metadata }: KubeObject): WorkflowNews {
  const { name, namespace, labels = {} } = metadata
  const { what, at, step, message, sequence } = entry
  return {
    id: `${run.id}.${sequence}`,
    what,
    at,
    detail: {
      workflow: name,
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels[EVENT_LABEL] === undefined ? {} : { event: labels[EVENT_LABEL] }),
      ...(labels[TEMPLATE_LABEL] === undefined ? {} : { template: labels[TEMPLATE_LABEL] }),
      run: run.id,
      status: run.phase,
      ...(step === undefined ? {} : { step }),
      ...(message === undefined ? {} : { message }),
    },
  }
}

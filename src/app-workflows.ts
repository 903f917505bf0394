// Workflows in this server: the room over its objects, and what steps reach of the other rooms.

import type { Machines } from './app-machines.ts'
import type { Delivery } from './app-delivery.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { callFunction, callHttp } from './app-workflow-calls.ts'
import { createUuid, describeError, formatSeconds } from './base/index.ts'
import { decodeStoredEvent, formatBusKey, storePutEvent } from './event/index.ts'
import { type Cursor, readPastDamage } from './log/index.ts'
import { matchesPattern, parsePattern } from './match/index.ts'
import { DEFAULT_ACCOUNT, DEFAULT_BUS } from './model/index.ts'
import type { KubeObjects } from './objects/index.ts'
import type { Json } from './structure/index.ts'
import { parseGoTemplate } from './transform/index.ts'
import {
  type ActionResult,
  asText,
  type AwaitedEvent,
  type CallRequest,
  openWorkflows,
  type Outside,
  type WorkflowNews,
} from './workflow/index.ts'

const REGION = 'us-east-1'
const SOURCE = 'io.signalbox.workflow'
const READ_RECORDS_MAX = 500

export interface WorkflowRoomParts {
  readonly state: Pick<State, 'log'>
  readonly delivery: Pick<Delivery, 'ingress' | 'sinks'>
  readonly objects: KubeObjects
  readonly machines: Machines
}

export interface WorkflowRoom {
  /** Nothing more is begun. */
  close(): Promise<void>
}

export async function openWorkflowRoom(
  { clock, random, logger }: AppOptions,
  parts: WorkflowRoomParts,
  closers: Closers,
): Promise<WorkflowRoom> {
  const { objects, machines } = parts
  const client = objects.client()
  const roomLogger = logger.child({ room: 'workflow' })
  const workflows = await openWorkflows({
    client,
    clock,
    random,
    logger: roomLogger,
    outside: createOutside({ clock, random }, parts),
    renderText: (text, parameters) =>
      parseGoTemplate(text, { name: 'template' }).render(parameters),
    isNamespaced: (of) => objects.types.find(of)?.namespaced,
    providers: {},
  })
  await machines.open(client, { clock, logger: roomLogger })
  const room: WorkflowRoom = {
    async close() {
      await machines.close()
      await workflows.close()
    },
  }
  closers.add(() => room.close())
  return room
}

function createOutside(
  stamps: Pick<AppOptions, 'clock' | 'random'>,
  { state: { log }, delivery: { ingress, sinks } }: WorkflowRoomParts,
): Outside {
  return {
    callFunction: (request) => callFunction(sinks, request),
    callHttp: (request) => callHttp(sinks, request),
    putEvent: (request) => putEvent(stamps, ingress, request),
    awaitEvent: (awaited) => awaitEvent(log, awaited),
    position: () => JSON.stringify(log.end()),
    publish: (news) => publish(ingress, news),
  }
}

/** The same news told again is the same event: it is put once within the window of de-duplication. */
async function publish(ingress: Delivery['ingress'], news: readonly WorkflowNews[]): Promise<void> {
  const events = news.map(({ id, what, at, detail }) => ({
    id,
    busKey: busKeyOf(undefined),
    record: storePutEvent({
      ...ORIGIN,
      busKey: busKeyOf(undefined),
      id,
      source: SOURCE,
      detailType: `${SOURCE}.${what}`,
      time: formatSeconds(at),
      resources: [],
      detail: JSON.stringify(detail),
    }),
    dedupeKey: `workflow/${id}`,
  }))
  await ingress.accept('internal', events)
}

/** `with`: `{ bus, source, detailType, detail, resources }`. */
async function putEvent(
  { clock, random }: Pick<AppOptions, 'clock' | 'random'>,
  ingress: Delivery['ingress'],
  { with: given, idempotencyKey }: CallRequest,
): Promise<ActionResult> {
  const { bus, source = SOURCE, detailType = 'Workflow step', detail = {}, resources = [] } = given
  const busKey = busKeyOf(typeof bus === 'string' ? bus : undefined)
  const id = createUuid(random)
  const record = storePutEvent({
    ...ORIGIN,
    busKey,
    id,
    source: asText(source),
    detailType: asText(detailType),
    time: formatSeconds(clock.now()),
    resources: Array.isArray(resources) ? resources.map(String) : [],
    detail: JSON.stringify(detail),
  })
  const [result] = await ingress.accept('internal', [
    { id, busKey, record, dedupeKey: `workflow/${idempotencyKey}` },
  ])
  if (result?.kind === 'refused')
    return { kind: 'failed', message: result.faults.join('; '), isFinal: true }
  return { kind: 'done', output: { eventId: result?.id ?? id } }
}

async function awaitEvent(
  log: State['log'],
  { pattern, bus, since, signal }: AwaitedEvent,
): Promise<ActionResult> {
  const busKey = busKeyOf(bus)
  let cursor = JSON.parse(since) as Cursor
  try {
    const wanted = parsePattern(JSON.stringify(pattern))
    while (!signal.aborted) {
      const reading = { recordsMax: READ_RECORDS_MAX, signal }
      const { records, cursor: next } = await readPastDamage(log, cursor, reading)
      cursor = next
      for (const { kind, payload } of records) {
        if (kind !== 'event') continue
        const event = decodeStoredEvent(payload)
        if (event.busKey !== busKey || !matchesPattern(wanted, event.envelope)) continue
        const output = JSON.parse(Buffer.from(event.envelope).toString()) as object
        return { kind: 'done', output: { event: output as Json } }
      }
    }
    return { kind: 'failed', message: 'the wait was ended', isFinal: false }
  } catch (error) {
    return { kind: 'failed', message: describeError(error), isFinal: true }
  }
}

const ORIGIN = { account: DEFAULT_ACCOUNT, region: REGION }

function busKeyOf(bus: string | undefined): string {
  return formatBusKey({ ...ORIGIN, name: bus ?? DEFAULT_BUS })
}

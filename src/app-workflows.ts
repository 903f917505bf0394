// Workflows in this server: the room over its objects, and what steps reach of the other rooms.

import { createHash } from 'node:crypto'
import type { Machines } from './app-machines.ts'
import type { Delivery } from './app-delivery.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { EventWaits } from './app-event-waits.ts'
import { callFunction, callHttp } from './app-workflow-calls.ts'
import { createAwsApi } from './connect/index.ts'
import { formatSeconds } from './base/index.ts'
import { checkJson, EVENT_DEPTH_MAX, formatBusKey, storePutEvent } from './event/index.ts'
import type { Cursor } from './log/index.ts'
import { DEFAULT_ACCOUNT, DEFAULT_BUS } from './model/index.ts'
import type { KubeObjects } from './objects/index.ts'
import { parseGoTemplate } from './transform/index.ts'
import {
  type ActionResult,
  asText,
  type CallRequest,
  createAwsProvider,
  openWorkflows,
  type Outside,
  type WorkflowNews,
} from './workflow/index.ts'

const REGION = 'us-east-1'
const SOURCE = 'io.signalbox.workflow'

export interface WorkflowRoomParts {
  readonly state: Pick<State, 'log' | 'outgoing'>
  readonly delivery: Pick<Delivery, 'ingress' | 'sinks'>
  readonly objects: KubeObjects
  readonly machines: Machines
}

export interface WorkflowRoom {
  /** Nothing more is begun. */
  close(): Promise<void>
}

export async function openWorkflowRoom(
  { clock, random, logger, onFatal }: AppOptions,
  parts: WorkflowRoomParts,
  closers: Closers,
): Promise<WorkflowRoom> {
  const { objects, machines } = parts
  const client = objects.client()
  const waits = new EventWaits({ log: parts.state.log, clock, onFatal })
  const aws = createAwsApi({ guard: parts.state.outgoing.guard, clock })
  closers.add(() => aws.close())
  const roomLogger = logger.child({ room: 'workflow' })
  const workflows = await openWorkflows({
    client,
    clock,
    random,
    logger: roomLogger,
    outside: createOutside({ clock }, parts, waits),
    renderText: (text, parameters) =>
      parseGoTemplate(text, { name: 'template' }).render(parameters),
    isNamespaced: (of) => objects.types.find(of)?.namespaced,
    providers: { aws: createAwsProvider(aws) },
  })
  await machines.open(client, { clock, logger: roomLogger })
  const room: WorkflowRoom = {
    async close() {
      await machines.close()
      await workflows.close()
      await waits.close()
    },
  }
  closers.add(() => room.close())
  return room
}

function createOutside(
  stamps: Pick<AppOptions, 'clock'>,
  { state: { log }, delivery: { ingress, sinks } }: WorkflowRoomParts,
  waits: EventWaits,
): Outside {
  return {
    callFunction: (request) => callFunction(sinks, request),
    callHttp: (request) => callHttp(sinks, request),
    putEvent: (request) => putEvent(stamps, ingress, request),
    awaitEvent: ({ bus, pattern, since, signal }) =>
      waits.next({
        busKey: busKeyOf(bus),
        pattern,
        since: JSON.parse(since) as Cursor,
        signal,
      }),
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
    dedupeKey: `workflow/news/${id}`,
  }))
  await ingress.accept('internal', events)
}

const DETAIL_EXPECTED = `expected \`detail\` to be an object, at most ${EVENT_DEPTH_MAX} levels deep`

/** `with`: `{ bus, source, detailType, detail, resources }`. */
async function putEvent(
  { clock }: Pick<AppOptions, 'clock'>,
  ingress: Delivery['ingress'],
  { with: given, idempotencyKey }: CallRequest,
): Promise<ActionResult> {
  const { bus, source = SOURCE, detailType = 'Workflow step', detail = {}, resources = [] } = given
  const busKey = busKeyOf(typeof bus === 'string' ? bus : undefined)
  const detailBytes = Buffer.from(JSON.stringify(detail))
  const check = checkJson(detailBytes, { depthMax: EVENT_DEPTH_MAX })
  if (check.kind !== 'object') return { kind: 'failed', message: DETAIL_EXPECTED, isFinal: true }
  // A crash may forget that it was put: what is put again is the same event then, by its id.
  const id = uuidOf(idempotencyKey)
  const record = storePutEvent({
    ...ORIGIN,
    busKey,
    id,
    source: asText(source),
    detailType: asText(detailType),
    time: formatSeconds(clock.now()),
    resources: Array.isArray(resources) ? resources.map(String) : [],
    detail: detailBytes,
    hasPlainNames: check.hasPlainNames === true,
  })
  const [result] = await ingress.accept('internal', [
    { id, busKey, record, dedupeKey: `workflow/step/${idempotencyKey}` },
  ])
  if (result?.kind === 'refused')
    return { kind: 'failed', message: result.faults.join('; '), isFinal: true }
  return { kind: 'done', output: { eventId: result?.id ?? id } }
}

/** The same for the same text; version 8 of RFC 9562, which is made of a hash. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex')
  const [a, b, c, d, e] = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ]
  return `${a}-${b}-${c}-${d}-${e}`
}

const ORIGIN = { account: DEFAULT_ACCOUNT, region: REGION }

function busKeyOf(bus: string | undefined): string {
  return formatBusKey({ ...ORIGIN, name: bus ?? DEFAULT_BUS })
}

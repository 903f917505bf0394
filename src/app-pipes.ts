// The pipes of this process: what they read, and that they send and ask through the sinks of the deliverer.

import type { Delivery } from './app-delivery.ts'
import type { AppOptions, Closers } from './app-options.ts'
import { openStreamPlaces } from './app-stream-places.ts'
import { awsTargets } from './app-targets.ts'
import type { State } from './app-state.ts'
import type { PipeQuery, PipeStateView } from './api/index.ts'
import { AppError } from './base/index.ts'
import {
  createAwsApi,
  createKafkaSourceKind,
  createNatsSourceKind,
  createStreamSourceKind,
  STREAM_ANSWER_BYTES_MAX,
} from './connect/index.ts'
import { createPipeUses, openPipeKeeper, type PipeUses, type PipeView } from './control/index.ts'
import { pipeArn, type ResourceOf } from './model/index.ts'
import { decodeResource, Objects } from './objects/index.ts'
import { Pipes } from './pipe/index.ts'
import { createDeadLetterSender, createQueueSourceKind } from './queue/index.ts'
import { listAllRows } from './store/index.ts'

export interface PipeRoom {
  readonly pipes: Pipes
  readonly uses: PipeUses
}

export async function openPipes(
  options: AppOptions,
  { store, queues, brokers, outgoing }: State,
  { sinks, closers }: { readonly sinks: Delivery['sinks']; readonly closers: Closers },
): Promise<PipeRoom> {
  const { config, clock, random, logger, onFatal } = options
  const roomLogger = logger.child({ room: 'pipe' })
  const { endpointOf, credentials } = awsTargets({ config, ownUrl: () => undefined })
  const { guard } = outgoing
  const api = createAwsApi({ guard, clock, answerBytesMax: STREAM_ANSWER_BYTES_MAX })
  closers.add(() => api.close())
  const sendDeadLetter = createDeadLetterSender({ queues, clock, random })
  const pipes = new Pipes({
    sources: [
      createQueueSourceKind({ queues, clock, logger: roomLogger }),
      createKafkaSourceKind({
        findBroker: brokers.directory.find,
        accessTo: (broker) => brokers.directory.accessTo(broker),
        clock,
      }),
      createStreamSourceKind({
        api,
        endpointOf,
        ...(credentials === undefined ? {} : { credentials }),
        clock,
        places: await openStreamPlaces(store.rows, await readersIn(store.rows)),
        bury: ({ queueArn, body }) =>
          sendDeadLetter(queueArn, { body: Buffer.from(body), attributes: {} }),
      }),
      createNatsSourceKind({
        findBroker: brokers.directory.find,
        clock,
        random,
        logger: roomLogger,
      }),
    ],
    sinkAt: (address) => sinks.at(address),
    invoker: sinks,
    clock,
    random,
    logger: roomLogger,
  })
  closers.add(() => pipes.close(AbortSignal.abort()))
  const keeper = await openPipeKeeper({ rows: store.rows, decode: decodeResource, pipes, onFatal })
  closers.add(() => keeper.close())
  const resources = new Objects({ rows: store.rows, clock, random })
  const settled = (): Promise<void> => keeper.settled()
  return { pipes, uses: createPipeUses({ resources, pipes, settled, clock }) }
}

async function readersIn(rows: State['store']['rows']): Promise<ReadonlySet<string>> {
  const { rows: pipes } = await listAllRows(rows, { kind: 'Pipe' })
  return new Set(
    pipes.flatMap((row) => {
      const pipe = decodeResource(row)
      if (pipe?.kind !== 'Pipe') return []
      // The kind says what its spec is: decoding has checked it.
      const { spec } = pipe as ResourceOf<'Pipe'>
      return [pipeArn(spec, spec.name)]
    }),
  )
}

/** The pipes that our own API shows. */
export async function viewPipes(
  uses: PipeUses,
  { pipe }: PipeQuery,
): Promise<readonly PipeStateView[]> {
  const views = (await uses.listEverywhere()).map(viewPipe)
  const wanted =
    pipe === undefined ? views : views.filter(({ name, arn }) => name === pipe || arn === pipe)
  return wanted.sort((one, other) => (one.arn < other.arn ? -1 : 1))
}

export async function setPipeState(
  uses: PipeUses,
  pipe: string,
  state: PipeStateView['desiredState'],
): Promise<PipeStateView> {
  const [found, ...others] = await viewPipes(uses, { pipe })
  if (found === undefined) {
    throw new AppError('RESOURCE_NOT_FOUND', `pipe \`${pipe}\` does not exist`)
  }
  if (others.length > 0) {
    const arns = [found, ...others].map(({ arn }) => `\`${arn}\``).join(', ')
    throw new AppError(
      'REQUEST_INVALID',
      `several pipes are named \`${pipe}\`, expected one of ${arns}`,
    )
  }
  return viewPipe(await uses.setState(found, found.name, state))
}

function viewPipe({ arn, spec, status, createdAt }: PipeView): PipeStateView {
  const { description, sourceParameters, enrichment, enrichmentParameters, targetParameters } = spec
  return {
    name: spec.name,
    account: spec.account,
    region: spec.region,
    arn,
    desiredState: spec.state,
    state: status.state,
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(description === undefined ? {} : { description }),
    source: spec.source,
    ...(sourceParameters === undefined ? {} : { sourceParameters }),
    ...(enrichment === undefined ? {} : { enrichment }),
    ...(enrichmentParameters === undefined ? {} : { enrichmentParameters }),
    target: spec.target,
    ...(targetParameters === undefined ? {} : { targetParameters }),
    createdAt,
  }
}

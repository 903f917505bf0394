// The way of an event: ingress, the router, the deliverer and every kind of sink.

import type { NatsHub, SnsOperationsOptions } from './api/index.ts'
import { type LaneMemory, loadBreakers, loadDisablements } from './app-lane-memory.ts'
import type { CloudMetrics } from './app-metrics.ts'
import { type AppOptions, type Closers, READER } from './app-options.ts'
import type { Machines } from './app-machines.ts'
import { createLocalNatsKind } from './app-nats.ts'
import { awsTargets, selectText } from './app-targets.ts'
import {
  createTopics,
  createTopicSigner,
  topicKinds,
  type TopicKindsOptions,
  type TopicSigner,
} from './app-topics.ts'
import { Sinks } from './app-sinks.ts'
import type { State } from './app-state.ts'
import { isAppError } from './base/index.ts'
import type { Config } from './config/index.ts'
import { createFunctionEnvironment, createSinkKinds, type SinkKind } from './connect/index.ts'
import { createBusSinkKind, createLetters } from './control/index.ts'
import { Deliverer, type DelivererOptions, type Disablement } from './deliver/index.ts'
import { type Ingress, type IngressState, openIngress } from './ingress/index.ts'
import { createDeadLetterSender, createQueueSinkKind } from './queue/index.ts'
import { createWorkflowSinkKind } from './workflow/index.ts'
import { createInputs, openRouter, type Router } from './route/index.ts'
import { Ledger } from './store/index.ts'

/** How long settled positions may wait for company before the cursor is committed, milliseconds. */
const COMMIT_DELAY_MS = 20

export interface Delivery {
  readonly ingress: Ingress & IngressState
  readonly router: Router
  readonly deliverer: Deliverer
  readonly ledger: Ledger
  readonly sinks: Sinks
  /** Targets to which nothing is sent, by rule key and target id. */
  readonly disablements: LaneMemory<Disablement>
  readonly topics: SnsOperationsOptions
  readonly signer: TopicSigner
}

export interface DeliveryOptions extends AppOptions {
  /** Where this server can be called, once it listens. */
  readonly ownUrl: () => string | undefined
  /** Who subscribes at our own NATS listener. */
  readonly natsHub: NatsHub
  /** Workflow templates that rules start. */
  readonly machines: Machines
  /** Is given each line that a function prints. */
  readonly takeLine: CloudMetrics['takeLine']
}

export async function openDelivery(
  options: DeliveryOptions,
  state: State,
  closers: Closers,
): Promise<Delivery> {
  const { clock, logger, onFatal } = options
  const { store, log, publisher } = state
  let kinds: readonly SinkKind[] = []
  let router: Router | undefined
  const sinks = new Sinks(() => kinds)
  closers.add(() => sinks.close())
  const ledger = new Ledger({ store: store.deliveries, clock, delayMs: COMMIT_DELAY_MS, onFatal })
  const disablements = await loadDisablements(store.rows, logger)
  const signer = createTopicSigner(options, state.outgoing.connections.keyring)
  const deliverer = await openDeliverer(options, state, { ledger, sinks, disablements, signer })
  closers.add(async () => {
    await deliverer.close(AbortSignal.abort())
    await ledger.close()
  })
  const ingress = await openIngress({
    log,
    dedupe: { store: store.dedupe, clock, windowMs: options.config.dedupe.windowMs, onFatal },
    clock,
    backlog: () => router?.unread() ?? 0,
    pendingBytesMax: options.config.limits.backlogSizeBytesMax,
    gate: state.schemas.keeper.gate,
  })
  closers.add(() => ingress.close())
  const topics = createTopics(options, state, ingress)
  kinds = createKinds(options, state, { ingress, topics, signer, kinds: () => kinds })
  await deliverer.start()
  publisher.onPublished(() => deliverer.targetsChanged())
  const opened = await openRouter({
    reader: READER,
    log,
    store: store.deliveries,
    ledger,
    rulesetAt: (generation) => publisher.rulesetAt(generation),
    deliver: deliverer,
    clock,
    logger: logger.child({ room: 'route' }),
    onFatal,
  })
  router = opened
  closers.add(() => opened.close(AbortSignal.abort()))
  return { ingress, router, deliverer, ledger, sinks, disablements, topics, signer }
}

async function openDeliverer(
  { config, clock, random, logger }: DeliveryOptions,
  { store, publisher, queues }: State,
  {
    ledger,
    sinks,
    disablements,
    signer,
  }: Pick<Delivery, 'ledger' | 'sinks' | 'disablements' | 'signer'>,
): Promise<Deliverer> {
  const sendDeadLetter = createDeadLetterSender({ queues, clock, random })
  return new Deliverer({
    store: store.deliveries,
    reader: READER,
    ledger,
    openSink: (address) => sinks.at(address),
    prepare: createInputs(),
    busDeadLetterArn: (busKey) => publisher.findBus(busKey)?.deadLetterArn,
    findTarget: (ruleKey, targetId) => publisher.findTarget(ruleKey, targetId),
    async sendDeadLetter(queueArn, letter) {
      try {
        await sendDeadLetter(queueArn, letter)
        return true
      } catch (error) {
        if (isAppError(error, 'QUEUE_NOT_FOUND')) return false
        throw error
      }
    },
    letterOf: createLetters(signer),
    breakers: await loadBreakers(store.rows, logger),
    disablements,
    clock,
    random,
    logger: logger.child({ room: 'deliver' }),
    ...policyOf(config),
  })
}

function policyOf({
  delivery,
  breaker,
}: Config): Pick<DelivererOptions, 'backoff' | 'defaults' | 'breakerOptions'> {
  const { delayMsMin, delayMsMax, jitter } = delivery
  return {
    backoff: { delayMsMin, delayMsMax, jitter },
    defaults: { attemptsMax: delivery.retriesMax, ageSecondsMax: delivery.ageMsMax / 1000 },
    breakerOptions: {
      consecutiveMax: breaker.consecutiveFailures,
      windowMs: breaker.windowMs,
      attemptsMin: breaker.requestsMin,
      failureRatio: breaker.failureRatio,
      openMsMin: breaker.openMsMin,
      openMsMax: breaker.openMsMax,
    },
  }
}

function createKinds(
  options: DeliveryOptions,
  { publisher, queues, functions, control, outgoing, busAccess, functionKeys, brokers }: State,
  {
    ingress,
    topics,
    kinds,
    signer,
  }: { ingress: Ingress } & Pick<TopicKindsOptions, 'topics' | 'kinds' | 'signer'>,
): readonly SinkKind[] {
  const { config, env, clock, random, logger, ownUrl } = options
  return createSinkKinds({
    guard: outgoing.guard,
    clock,
    logger: logger.child({ room: 'connect' }),
    local: [
      {
        kind: createQueueSinkKind({ queues, clock, random }),
        isHere: (address) => queues.registry.find(address) !== undefined,
      },
      {
        kind: createBusSinkKind({
          ingress,
          hasBus: (busKey) => publisher.hasBus(busKey),
          access: busAccess,
        }),
        isHere: () => true,
      },
      { kind: createLocalNatsKind(options.natsHub), isHere: () => true },
      {
        kind: createWorkflowSinkKind({ client: () => options.machines.client }),
        isHere: (address) => options.machines.has(address),
      },
      ...topicKinds({ topics, publisher, kinds, ownUrl, signer }),
    ],
    functions: {
      find: (address) => functions.find(address),
      environment: createFunctionEnvironment({
        host: env,
        endpointUrl: ownUrl,
        // Under `dev` any key will do, and the account is one.
        ...(config.mode === 'dev'
          ? {}
          : { credentials: (account: string) => functionKeys.of(account) }),
      }),
      clock,
      random,
      logger: logger.child({ room: 'functions' }),
      onLine: options.takeLine,
    },
    aws: awsTargets(options),
    brokers: { findBroker: brokers.directory.find, select: selectText, threads: brokers.threads },
    destinations: {
      find: (arn) => control.apiDestinations.resolve(arn),
      tokens: outgoing.connections.tokens,
    },
    http: {
      timeoutMs: config.delivery.timeoutMs,
      concurrencyMax: config.delivery.concurrencyMax,
    },
  })
}

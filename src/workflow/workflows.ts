// The whole room at work: the kinds are installed, and a controller runs for each.

import type { Clock, Logger, Random } from '../base/index.ts'
import {
  Controller,
  EventRecorder,
  installKinds,
  type KubeClient,
  type KubeType,
} from '../objects/index.ts'
import { CRDS, MANAGED_KINDS } from './crds.ts'
import { EventController } from './event-controller.ts'
import { isObject } from './json-tree.ts'
import { createLocalProvider } from './kinds/local/local-provider.ts'
import { ManagedController } from './managed-controller.ts'
import { API_VERSION } from './names.ts'
import type { Outside } from './outside.ts'
import type { Provider } from './provider.ts'
import { usesSecret } from './provider-configs.ts'
import type { SecretReader, SecretRef } from './secrets.ts'
import type { RenderText } from './template.ts'
import { createTemplateController } from './template-controller.ts'
import { WorkflowController, type WorkflowControllerOptions } from './workflow-controller.ts'

export interface WorkflowsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly outside: Outside
  readonly renderText: RenderText
  readonly isNamespaced: WorkflowControllerOptions['isNamespaced']
  /** Beside `local`, which is always there. */
  readonly providers: Readonly<Record<string, Provider>>
  /** How long one call of a provider may take; half a minute when absent. */
  readonly providerTimeoutMs?: number
}

export interface Workflows {
  /** Nothing waits to be looked at. */
  readonly isIdle: boolean
  close(): Promise<void>
}

interface Part {
  readonly isIdle: boolean
  start(): Promise<void>
  close(): Promise<void>
}

/** Resolves when the kinds are served and everything that is there is looked after. */
export async function openWorkflows(options: WorkflowsOptions): Promise<Workflows> {
  const { client, clock, random, logger, outside, renderText, isNamespaced } = options
  const stop = new AbortController()
  await installKinds({ client, clock, signal: stop.signal }, CRDS)
  const recorderOf = (component: string): EventRecorder =>
    new EventRecorder({ client, clock, random, component })
  const readSecret = createSecretReader(client)
  const shared = { client, clock, logger, readSecret }
  const providers = { local: createLocalProvider(), ...options.providers }
  const { providerTimeoutMs } = options
  const timeout = providerTimeoutMs === undefined ? {} : { providerTimeoutMs }
  const making = { ...shared, ...timeout, providers, recorder: recorderOf('provider') }
  const managed = MANAGED_KINDS.map((type) => new ManagedController({ ...making, type }))
  const recorder = recorderOf('workflow-controller')
  const parts: readonly Part[] = [
    ...managed,
    ...(['WorkflowTemplate', 'XWorkflowTemplate'] as const).map((kind) =>
      createTemplateController({ ...shared, kind }),
    ),
    ...(['Workflow', 'XWorkflow'] as const).map(
      (kind) => new WorkflowController({ ...shared, kind, recorder, outside, isNamespaced }),
    ),
    ...(['Event', 'XEvent'] as const).map(
      (kind) =>
        new EventController({
          ...shared,
          kind,
          renderText,
          recorder: recorderOf('event-controller'),
        }),
    ),
    createConfigController(options, managed),
  ]
  await Promise.all(parts.map((part) => part.start()))
  return {
    get isIdle() {
      return parts.every((part) => part.isIdle)
    },
    async close() {
      stop.abort()
      await Promise.all(parts.map((part) => part.close()))
    },
  }
}

/** A Secret with credentials that changes is a reason to try again what failed without. */
function createConfigController(
  { client, clock, logger }: WorkflowsOptions,
  managed: readonly ManagedController[],
): Controller {
  const type: KubeType = { apiVersion: API_VERSION, kind: 'ProviderConfig' }
  return new Controller({
    name: 'providerconfig-controller',
    client,
    clock,
    logger,
    type,
    related: [
      {
        type: { apiVersion: 'v1', kind: 'Secret' },
        concerns: (secret, all) =>
          all
            .filter((config) => usesSecret(config, secret))
            .map(({ metadata }) => ({ namespace: undefined, name: metadata.name })),
      },
    ],
    reconcile: async ({ name }) => {
      for (const controller of managed) controller.configChanged(name)
      return Promise.resolve(undefined)
    },
  })
}

function createSecretReader(client: KubeClient): SecretReader {
  return async ({ namespace, name, key }: SecretRef) => {
    const found = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name })
    const data = isObject(found?.['data']) ? found['data'] : {}
    const value = Object.hasOwn(data, key) ? data[key] : undefined
    if (typeof value === 'string') return Buffer.from(value, 'base64').toString()
    throw new Error(`key \`${key}\` of Secret \`${namespace}/${name}\` is not there`)
  }
}

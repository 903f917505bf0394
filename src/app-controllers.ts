// Controllers of this server under the names at which people look for them in a cluster: a Deployment each, with one pod
// whose log is what the room has to say. They can be read; nothing follows from changing them.

import type { AppOptions } from './app-options.ts'
import { createLogger, type Logger, formatSeconds } from './base/index.ts'
import type { JobRoom } from './app-jobs.ts'
import {
  createOnce,
  type KubeClient,
  type KubeObject,
  type KubeObjects,
  keyOf,
} from './objects/index.ts'

interface ShownController {
  readonly room: 'trigger' | 'workflow'
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const SHOWN: readonly ShownController[] = [
  {
    room: 'workflow',
    namespace: 'crossplane-system',
    name: 'crossplane',
    labels: { app: 'crossplane' },
  },
  {
    room: 'trigger',
    namespace: 'projectsveltos',
    name: 'sc-manager',
    labels: { 'control-plane': 'sc-manager' },
  },
]

/** Not the node that runs pods: these are this very process. */
const NODE = 'signalbox-server'
const CONTAINER = 'manager'

/** Loggers of rooms, whose lines can be read as logs of pods too. */
export type RoomLoggers = (room: ShownController['room']) => Logger

export async function showControllers(
  { config, clock, logger, version }: AppOptions,
  { objects, output }: { readonly objects: KubeObjects; readonly output: JobRoom['output'] },
): Promise<RoomLoggers> {
  const client = objects.client()
  const loggers = new Map<string, Logger>()
  const now = clock.now()
  const pods = await Promise.all(
    SHOWN.map((shown) => showController(client, shown, { version, now })),
  )
  for (const [index, shown] of SHOWN.entries()) {
    const pod = pods[index]!
    const writer = output.createWriter(pod.metadata.uid!, CONTAINER, 0)
    writer.begin()
    const lines = createLogger({
      // Who asks for a log wants to read something, however little the server itself prints.
      level: config.logLevel === 'debug' ? 'debug' : 'info',
      destination: { write: (line) => writer.write('stdout', Buffer.from(line)) },
    })
    lines.child({ room: shown.room }).info('the controller has started', { version })
    loggers.set(shown.room, both(logger, lines))
  }
  return (room) => loggers.get(room)!
}

async function showController(
  client: KubeClient,
  { namespace, name, labels }: ShownController,
  { version, now }: { readonly version: string; readonly now: number },
): Promise<KubeObject> {
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: CONTAINER, image: `signalbox:${version}` }] },
  }
  await ensure(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const deployment = await ensure(client, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  })
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  await client.update({ ...deployment, status: counts }, { subresource: 'status' })
  const pod = await ensure(client, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-0`,
      namespace,
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name,
          uid: deployment.metadata.uid!,
          controller: true,
        },
      ],
    },
    spec: { ...template.spec, nodeName: NODE },
  })
  const startedAt = formatSeconds(now)
  const { image } = template.spec.containers[0]!
  const status = {
    phase: 'Running',
    startTime: startedAt,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
    containerStatuses: [
      {
        name: CONTAINER,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
        lastState: {},
      },
    ],
  }
  return client.update({ ...pod, status }, { subresource: 'status' })
}

async function ensure(client: KubeClient, wanted: KubeObject): Promise<KubeObject> {
  await createOnce(client, wanted)
  return (await client.get(keyOf(wanted))) ?? ensure(client, wanted)
}

function both(one: Logger, other: Logger): Logger {
  const to =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (message, fields) => {
      one[level](message, fields)
      other[level](message, fields)
    }
  return {
    debug: to('debug'),
    info: to('info'),
    warn: to('warn'),
    error: to('error'),
    child: (fields) => both(one.child(fields), other.child(fields)),
  }
}

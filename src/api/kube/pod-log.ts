// `kubectl logs`: what a container said, as text, as long as the client wants to hear it.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod

import { type KubeObject, notFound, type PodLogQuery, type PodLogs } from '../../objects/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { allow } from './access.ts'
import { isTrue, type Query } from './query.ts'
import type { Call } from './reads.ts'
import { badRequest } from './status.ts'

const SECOND_MS = 1000

export async function answerPodLog(
  call: Call,
  name: string,
  podLogs: PodLogs,
): Promise<HttpResponse> {
  const { access, user, type, of, query, request, clock } = call
  const namespace = call.namespace ?? ''
  await allow(access, {
    user,
    verb: 'get',
    group: type.group,
    resource: type.plural,
    subresource: 'log',
    namespace,
    name,
  })
  const pod = await call.everything.get({ ...of, namespace, name })
  if (pod === undefined) throw notFound(type, name)
  const body = await podLogs.read({
    pod,
    container: containerOf(pod, query.get('container') ?? ''),
    ...logOptionsOf(query, clock.now()),
    signal: request.signal,
  })
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body, operation: 'log' }
}

function logOptionsOf(
  query: Query,
  now: number,
): Omit<PodLogQuery, 'pod' | 'container' | 'signal'> {
  const tailLines = countOf(query, 'tailLines')
  const limitBytes = countOf(query, 'limitBytes')
  const sinceMs = sinceOf(query, now)
  return {
    previous: isTrue(query, 'previous'),
    follow: isTrue(query, 'follow'),
    timestamps: isTrue(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  }
}

function sinceOf(query: Query, now: number): number | undefined {
  const seconds = countOf(query, 'sinceSeconds')
  if (seconds !== undefined) return now - seconds * SECOND_MS
  const time = query.get('sinceTime')
  if (time === null || time === '') return undefined
  const at = Date.parse(time)
  if (Number.isNaN(at)) throw badRequest(`expected \`sinceTime\` as RFC 3339, got \`${time}\``)
  return at
}

function countOf(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,12}$/.test(text)) return Number(text)
  throw badRequest(`expected \`${name}\` as a whole number that is not negative, got \`${text}\``)
}

/** The one that is named, or the only one. */
function containerOf({ metadata, spec }: KubeObject, wanted: string): string {
  const { containers = [], initContainers = [] } = spec as {
    readonly containers?: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string }[]
  }
  const names = [...initContainers, ...containers].map(({ name }) => name)
  if (wanted === '' && names.length === 1) return names[0]!
  if (wanted === '') {
    const main = containers.map(({ name }) => name).join(' ')
    const first = initContainers.map(({ name }) => name).join(' ')
    const also = first === '' ? '' : ` or one of the init containers: [${first}]`
    throw badRequest(
      `a container name must be specified for pod ${metadata.name}, choose one of: [${main}]${also}`,
    )
  }
  if (names.includes(wanted)) return wanted
  throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`)
}

// What a trigger asks for: the whole form, whose data says everything, and the short one, whose target is in the
// event's extensions or its subject.

import { AppError } from '../base/index.ts'
import type { Event } from '../event/index.ts'
import type { Json } from '../structure/index.ts'
import { type TriggerKind, triggerKindOf } from './event-types.ts'
import { extensionOf, EXTENSIONS } from './lifecycle-event.ts'
import { dataOf } from './record-event.ts'

export type TriggerTarget =
  | { readonly kind: 'one'; readonly namespace: string; readonly name: string }
  /** All that match, in one namespace or in all. */
  | { readonly kind: 'selected'; readonly namespace?: string; readonly selector: string }

export interface Trigger {
  readonly kind: TriggerKind
  readonly target: TriggerTarget
  readonly reason?: string
  readonly requestedBy?: string
  readonly correlationId?: string
  /** Of a scale. */
  readonly replicas?: number
  /** Of an update: what is merged into the spec. */
  readonly fields?: Readonly<Record<string, Json>>
}

type Tree = Readonly<Record<string, unknown>>

const REPLICAS_MAX = 10_000
/** What a trigger may change; where a chart comes from and whose a roost is stay with who may write roosts. */
const FIELDS = ['chart', 'replicas', 'healthChecks', 'teardownPolicy', 'metadata']
const CHART_FIELDS = ['version', 'values']
const ENVELOPE = ['type', 'target', 'action', 'reason', 'parameters', 'requestedBy']

/** Undefined for an event that is no trigger. Throws `EVENT_INVALID` naming every fault of one that is. */
export function parseTrigger(event: Event): Trigger | undefined {
  const kind = triggerKindOf(event.type)
  if (kind === undefined) return undefined
  const faults: string[] = []
  const data = dataOf(event) ?? {}
  if (!isTree(data)) throw invalid(['expected `data` to be an object'])
  const isWhole = isTree(data['target']) || isTree(data['parameters'])
  const parameters = isWhole ? treeAt(data, 'parameters', faults) : data
  checkSays(data, kind, faults)
  const target = targetOf(event, data, faults)
  const reason = textAt(data, 'reason', faults) ?? textAt(parameters, 'reason', faults)
  const requestedBy = textAt(data, 'requestedBy', faults)
  const replicas = kind === 'scale' ? replicasOf(parameters, faults) : undefined
  const fields = kind === 'update' ? fieldsOf(parameters, faults) : undefined
  if (faults.length > 0 || target === undefined) throw invalid(faults)
  const correlationId = extensionOf(event, EXTENSIONS.correlation)
  return {
    kind,
    target,
    ...(reason === undefined ? {} : { reason }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(fields === undefined ? {} : { fields }),
  }
}

/** `type` and `action` of the data, where they are given, say the same as the event. */
function checkSays(data: Tree, kind: TriggerKind, faults: string[]): void {
  for (const name of ['type', 'action']) {
    const said = data[name]
    if (said === undefined) continue
    if (typeof said === 'string' && said.split('.').at(-1)?.toLowerCase() === kind) continue
    faults.push(
      `expected \`data.${name}\` to be \`${kind}\`, as the event's type says, got \`${show(said)}\``,
    )
  }
}

function targetOf(event: Event, data: Tree, faults: string[]): TriggerTarget | undefined {
  const target = treeAt(data, 'target', faults)
  const [, ofNamespace, ofName] = /^roost\/([^/]+)\/([^/]+)$/.exec(event.subject ?? '') ?? []
  const name = textAt(target, 'name', faults) ?? extensionOf(event, EXTENSIONS.name) ?? ofName
  const namespace =
    textAt(target, 'namespace', faults) ?? extensionOf(event, EXTENSIONS.namespace) ?? ofNamespace
  const selector = selectorOf(target['selector'], faults)
  const given = textAt(target, 'name', faults)
  if (selector !== undefined) {
    if (given !== undefined)
      faults.push('expected `data.target` to have a `name` or a `selector`, got both')
    const within = textAt(target, 'namespace', faults)
    return { kind: 'selected', selector, ...(within === undefined ? {} : { namespace: within }) }
  }
  if (name !== undefined && namespace !== undefined) return { kind: 'one', namespace, name }
  faults.push(
    'expected a target: `data.target {namespace, name}`, `data.target.selector`, the extensions of a roost, or a subject `roost/NAMESPACE/NAME`',
  )
  return undefined
}

/** Text as kubectl has it, or `matchLabels`. */
function selectorOf(value: unknown, faults: string[]): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value.trim() !== '') return value
  const labels = isTree(value) && isTree(value['matchLabels']) ? value['matchLabels'] : value
  const entries = isTree(labels) ? Object.entries(labels) : []
  const isWell = entries.length > 0 && entries.every(([, one]) => typeof one === 'string')
  if (isWell) return entries.map(([name, one]) => `${name}=${String(one)}`).join(',')
  // An empty selector would be everything, which nobody should ask for by mistake.
  faults.push('expected `data.target.selector` to be a label selector that is not empty')
  return undefined
}

function replicasOf(parameters: Tree, faults: string[]): number | undefined {
  const { replicas } = parameters
  const isWell =
    typeof replicas === 'number' &&
    Number.isInteger(replicas) &&
    replicas >= 0 &&
    replicas <= REPLICAS_MAX
  if (isWell) return replicas
  faults.push(
    `expected \`replicas\` to be an integer from 0 to ${REPLICAS_MAX}, got \`${show(replicas)}\``,
  )
  return undefined
}

function fieldsOf(parameters: Tree, faults: string[]): Readonly<Record<string, Json>> | undefined {
  const spec = isTree(parameters['spec']) ? parameters['spec'] : parameters
  const entries = Object.entries(spec).filter(([name]) => !ENVELOPE.includes(name))
  if (entries.length === 0) faults.push(`expected an update to have one of ${quoted(FIELDS)}`)
  for (const [name, value] of entries) {
    if (!FIELDS.includes(name)) {
      faults.push(`expected an update of ${quoted(FIELDS)}, got \`${name}\``)
    } else if (name === 'chart') {
      for (const inner of Object.keys(isTree(value) ? value : { '': 0 })) {
        if (CHART_FIELDS.includes(inner)) continue
        faults.push(
          `expected an update of \`chart\` to have ${quoted(CHART_FIELDS)}, got \`${inner}\``,
        )
      }
    } else if (name === 'replicas') replicasOf(spec, faults)
  }
  return Object.fromEntries(entries) as Record<string, Json>
}

function treeAt(tree: Tree, name: string, faults: string[]): Tree {
  const value = tree[name]
  if (value === undefined || value === null) return {}
  if (isTree(value)) return value
  faults.push(`expected \`data.${name}\` to be an object`)
  return {}
}

function textAt(tree: Tree, name: string, faults: string[]): string | undefined {
  const value = tree[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= 4096) return value
  faults.push(`expected \`${name}\` to be a text that is not empty`)
  return undefined
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 100)
}

function invalid(faults: readonly string[]): AppError {
  return new AppError(
    'EVENT_INVALID',
    `the trigger is malformed: ${[...new Set(faults)].join('; ')}`,
  )
}

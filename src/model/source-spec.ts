// Sources: what is read of a broker, how it becomes events, and on which bus they are put.

import { isTargetAddress, TARGET_ADDRESS_FORMS } from './address.ts'
import { CONNECTOR_NAME } from './broker-spec.ts'
import type { FaultList, Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

/**
 * What the attributes of an event are made of when a record is no CloudEvent. A text, in which `{topic}`, `{key}`,
 * `{broker}` and `{header.NAME}` stand for what they name of the record, or a path into its JSON, `$.order.id`.
 */
export interface SourceMapping {
  /** `{topic}` when absent, which of NATS is the subject. */
  readonly type?: string
  readonly source?: string
  readonly subject?: string
  /** The place and time of the record when absent, so that the same record is the same event. */
  readonly id?: string
}

export interface SourceSpec extends Scope {
  readonly name: string
  readonly description?: string
  readonly state?: 'RUNNING' | 'STOPPED'
  readonly broker: string
  /** Of Kafka. */
  readonly topics?: readonly string[]
  /** Of NATS. */
  readonly subjects?: readonly string[]
  /** A stream of JetStream; without one what is published while nobody listens is not seen. */
  readonly stream?: string
  /** The consumer group, the queue group or the durable consumer; `signalbox-NAME` when absent. */
  readonly group?: string
  /** `default` when absent; of the spec's account and region. */
  readonly bus?: string
  /** `auto` takes what says it is a CloudEvent as one, and maps all else. */
  readonly format?: 'auto' | 'cloudevents' | 'plain'
  readonly mapping?: SourceMapping
  /** Readers side by side; 1 when absent. */
  readonly instances?: number
  /** Where a group begins that has read nothing yet; `earliest` when absent. */
  readonly from?: 'earliest' | 'latest'
  /** Where records go that are no events; an event `io.signalbox.source.rejected` on the bus when absent. */
  readonly deadLetter?: string
}

export interface SourceCondition {
  readonly type: 'Connected'
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** RFC 3339. */
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

export interface SourceStatus {
  readonly conditions: readonly SourceCondition[]
}

const SUBSCRIPTIONS_MAX = 100
const INSTANCES_MAX = 64
const TOPIC = { lengthMax: 249, pattern: /^[A-Za-z0-9._-]+$/ }
const SUBJECT = { lengthMax: 255, pattern: /^[^\s.]+(\.[^\s.]+)*$/ }
const BUS = { lengthMax: 256, pattern: /^[/.\-_A-Za-z0-9]+$/, isOptional: true }

export function checkSource(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 63, pattern: CONNECTOR_NAME })
  const optional = { lengthMax: 512, isOptional: true }
  faults.text('spec.description', spec['description'], { ...optional, lengthMin: 0 })
  if (spec['state'] !== undefined) faults.oneOf('spec.state', spec['state'], ['RUNNING', 'STOPPED'])
  faults.text('spec.broker', spec['broker'], { lengthMax: 63, pattern: CONNECTOR_NAME })
  checkSubscriptions(faults, spec)
  faults.text('spec.stream', spec['stream'], { lengthMax: 255, isOptional: true })
  faults.text('spec.group', spec['group'], { lengthMax: 249, isOptional: true })
  faults.text('spec.bus', spec['bus'], BUS)
  if (spec['format'] !== undefined)
    faults.oneOf('spec.format', spec['format'], ['auto', 'cloudevents', 'plain'])
  if (spec['from'] !== undefined) faults.oneOf('spec.from', spec['from'], ['earliest', 'latest'])
  const instances = { min: 1, max: INSTANCES_MAX, isOptional: true }
  faults.integer('spec.instances', spec['instances'], instances)
  checkMapping(faults, spec['mapping'])
  const { deadLetter } = spec
  if (deadLetter === undefined) return
  if (typeof deadLetter !== 'string' || !isTargetAddress(deadLetter))
    faults.add('spec.deadLetter', TARGET_ADDRESS_FORMS, deadLetter)
}

function checkSubscriptions(faults: FaultList, spec: Fields): void {
  const lists = { topics: TOPIC, subjects: SUBJECT } as const
  let count = 0
  for (const [name, rule] of Object.entries(lists)) {
    if (spec[name] === undefined) continue
    const items = faults.items(`spec.${name}`, spec[name], SUBSCRIPTIONS_MAX)
    count += items.length
    for (const [index, item] of items.entries()) faults.text(`spec.${name}[${index}]`, item, rule)
  }
  if (count === 0 && spec['stream'] === undefined)
    faults.add('spec.topics', 'a topic of Kafka, or `subjects` or a `stream` of NATS', undefined)
}

function checkMapping(faults: FaultList, value: unknown): void {
  if (value === undefined) return
  const mapping = faults.fields('spec.mapping', value)
  if (mapping === undefined) return
  for (const [name, text] of Object.entries(mapping)) {
    const isKnown = ['type', 'source', 'subject', 'id'].includes(name)
    if (isKnown) faults.text(`spec.mapping.${name}`, text, { lengthMax: 512 })
    else faults.add(`spec.mapping.${name}`, 'one of `type`, `source`, `subject`, `id`', name)
  }
}

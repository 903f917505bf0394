// What tests of the keeper need: a cluster that takes what it is given, or fails when told to, and a roost to change.

import { AppError } from '../base/index.ts'
import type { KafkaProducer, ProducerRecord, RecordOutcome } from '../connect/index.ts'
import type { KubeObject } from '../objects/index.ts'
import { readSettings } from './read-settings.ts'
import type { RoostSettings } from './settings.ts'

/** A topic for everything, in memory. */
export class TestProducer implements KafkaProducer {
  readonly records: ProducerRecord[] = []
  /** How the next sends end; `written` when there is no more. */
  readonly endings: ('failed' | 'refused' | 'written')[] = []
  isDown = false

  async send(records: readonly ProducerRecord[]): Promise<readonly RecordOutcome[]> {
    return records.map((record) => {
      const ending = this.isDown ? 'failed' : (this.endings.shift() ?? 'written')
      if (ending !== 'written')
        return { kind: ending, error: new AppError('BROKER_LOST', `broker \`test\`: ${ending}`) }
      this.records.push(record)
      return { kind: 'written', partition: 2, offset: this.records.length - 1 }
    })
  }

  async close(): Promise<void> {}
}

export function testSettings(content: unknown = {}): RoostSettings {
  return readSettings({ layers: [{ name: 'the test', content }], env: {} }).settings
}

export function testRoost(
  parts: {
    readonly name?: string
    readonly uid?: string
    readonly version?: string
    readonly spec?: Readonly<Record<string, unknown>>
    readonly status?: Readonly<Record<string, unknown>>
    readonly metadata?: Readonly<Record<string, unknown>>
  } = {},
): KubeObject {
  const { name = 'my-roost', uid = '550e8400-e29b-41d4-a716-446655440000', version = '1' } = parts
  return {
    apiVersion: 'roost.birb.party/v1alpha1',
    kind: 'ManagedRoost',
    metadata: { name, namespace: 'default', uid, resourceVersion: version, ...parts.metadata },
    spec: {
      chart: {
        name: 'my-app',
        version: '1.0.0',
        repository: { url: 'https://charts.example.com', type: 'http' },
      },
      ...parts.spec,
    },
    ...(parts.status === undefined ? {} : { status: parts.status }),
  }
}

const DEADLINE_MS = 20_000

/** The disk and the object machinery take moments that no fake clock has; `turn` may move one on meanwhile. */
export async function untilTrue(
  isTrue: () => boolean,
  turn: () => Promise<unknown> = nextTurn,
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms`)
    await turn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

// The rule of the simulation, changed while events flow: which side it matches, and which targets it has.
// What was live when is read back from the store, by revision, at the end.

import { API_VERSION, type Resource, type RuleSpec, type Target } from '../../src/model/index.ts'
import type { RowStore } from '../../src/store/index.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export type Side = 'a' | 'b' | 'any'

const ROW = { kind: 'Rule', namespace: 'default', name: 'sim' } as const
export const RULE_KEY = 'rule-uid'

export class RuleBook {
  readonly #world: World
  readonly #scenario: Scenario
  #rows: RowStore | undefined
  #publish: (() => Promise<void>) | undefined
  #isWritten = false

  constructor(world: World, scenario: Scenario) {
    this.#world = world
    this.#scenario = scenario
  }

  /** A process is up: changes go to it from now on. */
  opened(rows: RowStore, publish: () => Promise<void>): void {
    this.#rows = rows
    this.#publish = publish
    if (!this.#isWritten) this.#write(this.#resource('any', this.#scenario.targets.length))
  }

  change(): void {
    const side = this.#world.pick<Side>(['a', 'b', 'any'])
    this.#write(this.#resource(side, this.#world.integer(1, this.#scenario.targets.length)))
  }

  #write(value: Resource<RuleSpec>): void {
    this.#rows?.write([{ ...ROW, value }]).then(
      () => {
        this.#isWritten = true
        return this.#publish?.()
      },
      () => {},
    )
  }

  #resource(side: Side, targets: number): Resource<RuleSpec> {
    return {
      apiVersion: API_VERSION,
      kind: 'Rule',
      metadata: {
        name: ROW.name,
        namespace: ROW.namespace,
        uid: RULE_KEY,
        resourceVersion: '',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: {
        account: '000000000000',
        region: 'us-east-1',
        bus: 'sim',
        name: 'sim',
        state: 'ENABLED',
        pattern: JSON.stringify({ detail: { side: side === 'any' ? ['a', 'b'] : [side] } }),
        targets: this.#scenario.targets.slice(0, targets).map(targetOf),
      },
    }
  }
}

export interface LiveRule {
  readonly side: Side
  readonly targetIds: readonly string[]
}

/** The rule as it was at a generation; undefined when there was none. */
export async function ruleAt(rows: RowStore, generation: number): Promise<LiveRule | undefined> {
  const page = await rows.list({ kind: 'Rule', revision: generation })
  const resource = page.rows[0]?.value as Resource<RuleSpec> | undefined
  if (resource === undefined) return undefined
  const { side } = (JSON.parse(resource.spec.pattern!) as { detail: { side: string[] } }).detail
  return {
    side: side.length === 2 ? 'any' : (side[0] as Side),
    targetIds: resource.spec.targets.map((target) => target.id),
  }
}

function targetOf(plan: Scenario['targets'][number]): Target {
  return {
    id: plan.id,
    address: plan.address,
    retry: {
      ...(plan.attemptsMax === undefined ? {} : { attemptsMax: plan.attemptsMax }),
      ...(plan.ageSecondsMax === undefined ? {} : { ageSecondsMax: plan.ageSecondsMax }),
    },
    ...(plan.hasDeadLetterQueue ? { deadLetterArn: `dlq:${plan.id}` } : {}),
  }
}

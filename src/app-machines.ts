// The workflow templates that ARNs of state machines name, as they were last told: whether a rule's target is here is
// asked at each send, long after rooms were opened, and not before objects are served.

import type { Clock, Logger } from './base/index.ts'
import { Informer, type KubeClient } from './objects/index.ts'
import { machineOf } from './workflow/index.ts'

const API_VERSION = 'elemental.aws.livewyer.io/v1alpha1'

export class Machines {
  #client: KubeClient | undefined
  #templates: readonly Informer[] = []

  /** Undefined until objects are served. */
  get client(): KubeClient | undefined {
    return this.#client
  }

  /** Whether a template of the name is there. */
  has(address: string): boolean {
    const machine = machineOf(address)
    if (machine === undefined) return false
    const { namespace, template: name } = machine
    return this.#templates.some(
      (informer) =>
        informer.get({ namespace, name }) !== undefined || informer.get({ name }) !== undefined,
    )
  }

  async open(client: KubeClient, parts: { clock: Clock; logger: Logger }): Promise<void> {
    this.#templates = ['WorkflowTemplate', 'XWorkflowTemplate'].map(
      (kind) =>
        new Informer({
          ...parts,
          client,
          type: { apiVersion: API_VERSION, kind },
          onChange: () => undefined,
        }),
    )
    await Promise.all(this.#templates.map((informer) => informer.start()))
    this.#client = client
  }

  async close(): Promise<void> {
    this.#client = undefined
    await Promise.all(this.#templates.map((informer) => informer.close()))
    this.#templates = []
  }
}

// Who listens to what: the subscriptions of all connections, and the way of a message to them. Of each queue group
// one member gets it, drawn at random.
//
// Core NATS remembers nothing: who is not there does not get it.

import type { Random } from '../../base/index.ts'
import type { ClientMessage } from './parser.ts'
import { SubjectTree } from './subjects.ts'

export interface Subscription {
  readonly subject: string
  readonly queue?: string
  readonly sid: string
  readonly owner: Subscriber
}

export interface Subscriber {
  /** Whether it wants to hear what it said itself. */
  readonly hearsItself: boolean
  send(subscription: Subscription, message: ClientMessage): void
}

export class NatsHub {
  readonly #tree = new SubjectTree<Subscription>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  subscribe(subscription: Subscription): void {
    this.#tree.add(subscription.subject, subscription)
  }

  unsubscribe(subscription: Subscription): void {
    this.#tree.remove(subscription.subject, subscription)
  }

  /** To how many it went. */
  publish(message: ClientMessage, from?: Subscriber): number {
    const groups = new Map<string, Subscription[]>()
    let count = 0
    for (const subscription of this.#tree.match(message.subject)) {
      const { owner, queue } = subscription
      if (owner === from && !owner.hearsItself) continue
      if (queue === undefined) {
        owner.send(subscription, message)
        count += 1
        continue
      }
      const group = groups.get(queue)
      if (group === undefined) groups.set(queue, [subscription])
      else group.push(subscription)
    }
    for (const group of groups.values()) {
      const chosen = group[Math.floor(this.#random.next() * group.length)]!
      chosen.owner.send(chosen, message)
    }
    return count + groups.size
  }
}

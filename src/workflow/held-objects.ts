// Whether objects are still as the workflow applied them. Whoever changes a field takes it from the workflow, which
// shows in the fields that are its own; so what a server writes differently (`1000m` as `1`) is not taken for a change.

import type { KubeObject } from '../objects/index.ts'
import { HELD_MAX } from './limits.ts'
import { hashOf } from './names.ts'
import { appliedHash, fieldsOwned } from './apply-object.ts'

export class HeldObjects {
  /** By uid: which form was applied, and the fields that it gave. */
  readonly #held = new Map<string, { readonly form: string; readonly fields: string }>()

  /** Keeps how an object was left by the workflow. */
  keep(object: KubeObject): void {
    const form = appliedHash(object)
    const fields = fieldsOwned(object)
    const { uid } = object.metadata
    if (uid !== undefined && form !== undefined && fields !== undefined)
      this.#remember(uid, { form, fields: hashOf(fields) })
  }

  /** False after a restart too: applying once more shows, and changes nothing where nothing was changed. */
  isHeld(object: KubeObject): boolean {
    const held = this.#held.get(object.metadata.uid ?? '')
    return held?.form === appliedHash(object) && held?.fields === hashOf(fieldsOwned(object) ?? '')
  }

  /** The oldest goes where there are too many: it is applied once more then, like after a restart. */
  #remember(uid: string, held: { readonly form: string; readonly fields: string }): void {
    this.#held.delete(uid)
    this.#held.set(uid, held)
    const [oldest] = this.#held.size > HELD_MAX ? this.#held.keys() : []
    if (oldest !== undefined) this.#held.delete(oldest)
  }
}

// Dead letters of the roost keeper, redriven as an operation: at a pace, looked at and cancelled.

import { AppError } from './base/index.ts'
import type { OperationWork } from './operation/index.ts'
import type { LetterHead, RoostEvents } from './roost/index.ts'

type Letters = Pick<RoostEvents['deadLetters'], 'list' | 'redrive'>

/** Of the keeper that runs just now, if one does. */
export function overRoostLetters(current: () => Letters | undefined): OperationWork {
  return {
    async count({ filter }) {
      const letters = current()
      if (letters === undefined)
        throw new AppError('RESOURCE_NOT_FOUND', 'no roost keeper runs, so there are no letters')
      return letters.list().filter((head) => isChosen(head, filter)).length
    },
    async step({ filter, after = '', startedAt }, limit) {
      const letters = current()
      // After a restart it begins a little later than operations do.
      if (letters === undefined) throw new AppError('BROKER_LOST', 'the roost keeper does not run')
      const heads = letters
        .list()
        // What dies again comes later in time; it is not tried twice.
        .filter((head) => head.id > after && head.failedAt <= startedAt && isChosen(head, filter))
        .slice(0, limit)
      if (heads.length === 0) return { seen: 0, changed: 0 }
      const ids = heads.map(({ id }) => id)
      const { redriven } = await letters.redrive({ ids })
      return { seen: heads.length, changed: redriven, after: ids.at(-1)! }
    },
  }
}

function isChosen(head: LetterHead, { id, type }: Readonly<Record<string, string>>): boolean {
  const wanted = type?.replace(/^io\.roost-keeper\./, '').replace(/^roost\./, '')
  return head.id === (id ?? head.id) && head.type === (wanted ?? head.type)
}

// Changes that a program tells of itself, rather than the watcher.

import { diffRoosts, type RoostChange } from './differ.ts'
import type { KubeObject } from '../objects/index.ts'
import { viewRoost } from './roost-view.ts'

export function toldCreated(roost: KubeObject): RoostChange {
  return diffRoosts(undefined, { ...viewRoost(roost), isDeleting: false })[0]!
}

export function toldDeleted(roost: KubeObject): RoostChange {
  return diffRoosts(viewRoost(roost), undefined)[0]!
}

/** Without `previous` nobody knows what changed. */
export function toldUpdated(roost: KubeObject, previous: KubeObject | undefined): RoostChange {
  const view = viewRoost(roost)
  const before = previous === undefined ? view : { ...viewRoost(previous), uid: view.uid }
  const change = diffRoosts(before, view).find(({ kind }) => kind === 'updated')
  return change ?? { kind: 'updated', roost: view, data: { changed: [], previous: {} } }
}

export function told(
  kind: 'phase' | 'health' | 'teardown',
  roost: KubeObject,
  data: RoostChange['data'],
): RoostChange {
  return { kind, roost: viewRoost(roost), data }
}

// What templates of event triggers have beside Sprig: the objects that the trigger refers to, and their fields.
// https://projectsveltos.github.io/sveltos/main/template/template/

import { fixed, type GoFunction } from './go-function.ts'
import { GoFault } from './go-template-error.ts'
import { fromJson, GoMap, type GoValue } from './go-value.ts'
import { formatGoYaml } from './go-yaml.ts'
import { deepCopy } from './sprig-lists.ts'
import type { Work } from './work.ts'

/** `objects` is by identifier. */
export function objectFunctions(
  objects: Readonly<Record<string, unknown>>,
): Readonly<Record<string, GoFunction>> {
  const find = (identifier: string): GoMap => {
    const object = Object.hasOwn(objects, identifier) ? fromJson(objects[identifier]) : null
    return object instanceof GoMap ? object : new GoMap()
  }
  return {
    getResource: fixed(['string'], ([identifier]) => find(identifier)),
    copy: fixed(['string'], ([identifier], work) => formatGoYaml(find(identifier), work)),
    getField: fixed(['string', 'string'], ([identifier, path]) => fieldOf(find(identifier), path)),
    setField: fixed(['string', 'string', 'any'], ([identifier, path, value], work) =>
      formatGoYaml(withField(find(identifier), path, value, work), work),
    ),
    removeField: fixed(['string', 'string'], ([identifier, path], work) =>
      formatGoYaml(withoutField(find(identifier), path, work), work),
    ),
    chainSetField: fixed(['map', 'string', 'any'], ([object, path, value], work) =>
      withField(object, path, value, work),
    ),
    chainRemoveField: fixed(['map', 'string'], ([object, path], work) =>
      withoutField(object, path, work),
    ),
  }
}

function fieldOf(object: GoMap, path: string): GoValue {
  let value: GoValue = object
  for (const name of path.split('.')) {
    if (!(value instanceof GoMap) || !value.entries.has(name)) {
      throw new GoFault(`field ${path} not found`)
    }
    value = value.entries.get(name)
  }
  return value
}

function withField(object: GoMap, path: string, value: GoValue, work: Work): GoMap {
  const copy = deepCopy(object, work) as GoMap
  const names = path.split('.')
  let at = copy
  for (const name of names.slice(0, -1)) {
    const inner = at.entries.get(name) ?? new GoMap()
    if (!(inner instanceof GoMap)) throw new GoFault(`field ${path}: ${name} is not a map`)
    at.entries.set(name, inner)
    at = inner
  }
  at.entries.set(names.at(-1)!, value)
  return copy
}

function withoutField(object: GoMap, path: string, work: Work): GoMap {
  const copy = deepCopy(object, work) as GoMap
  const names = path.split('.')
  let at: GoValue = copy
  for (const name of names.slice(0, -1)) at = at instanceof GoMap ? at.entries.get(name) : undefined
  if (at instanceof GoMap) at.entries.delete(names.at(-1)!)
  return copy
}

// JSON Patch. https://www.rfc-editor.org/rfc/rfc6902

import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../structure/index.ts'
import { OPERATIONS_MAX } from './limits.ts'
import { PatchError } from './patch-error.ts'
import { isList, isMap, mapOf, membersOf } from './tree.ts'

interface Operation {
  readonly op: string
  readonly path: readonly string[]
  readonly from?: readonly string[]
  readonly value?: Json
}

export function applyJsonPatch(value: Json, patch: Json): Json {
  if (!isList(patch)) throw new PatchError('malformed', 'expected a list of operations')
  if (patch.length > OPERATIONS_MAX)
    throw new PatchError('malformed', `expected at most ${OPERATIONS_MAX} operations`)
  return patch.map((one) => parseOperation(one)).reduce((now, one) => operate(now, one), value)
}

function parseOperation(operation: Json): Operation {
  if (!isMap(operation) || typeof operation['op'] !== 'string')
    throw new PatchError('malformed', 'expected an operation with an `op`')
  const { op, path, from, value } = operation as typeof operation & { readonly op: string }
  return {
    op,
    path: parsePointer(path),
    ...(from === undefined ? {} : { from: parsePointer(from) }),
    ...(value === undefined ? {} : { value }),
  }
}

function parsePointer(pointer: Json | undefined): readonly string[] {
  if (pointer === '') return []
  if (typeof pointer !== 'string' || !pointer.startsWith('/'))
    throw new PatchError('malformed', `expected a JSON pointer, got \`${JSON.stringify(pointer)}\``)
  const parts = pointer.slice(1).split('/')
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function operate(value: Json, { op, path, from, value: given }: Operation): Json {
  switch (op) {
    case 'add':
      return put(value, path, needed(given, op), 'add')
    case 'replace':
      return put(value, path, needed(given, op), 'replace')
    case 'remove':
      return remove(value, path)
    case 'test':
      if (isDeepStrictEqual(read(value, path), given ?? null)) return value
      throw new PatchError('unfit', `the test of \`/${path.join('/')}\` failed`)
    case 'copy':
      return put(value, path, read(value, needed(from, op)), 'add')
    case 'move': {
      const source = needed(from, op)
      const moved = read(value, source)
      return put(remove(value, source), path, moved, 'add')
    }
    default:
      throw new PatchError('malformed', `unexpected operation \`${op.slice(0, 100)}\``)
  }
}

function needed<T>(member: T | undefined, op: string): T {
  if (member !== undefined) return member
  throw new PatchError('malformed', `the operation \`${op}\` lacks a member`)
}

function read(value: Json, path: readonly string[]): Json {
  let at: Json | undefined = value
  for (const part of path) {
    if (isList(at)) at = at[indexOf(at, part)]
    else at = isMap(at) && Object.hasOwn(at, part) ? at[part] : undefined
    if (at === undefined) throw absent(path)
  }
  return at
}

function put(value: Json, path: readonly string[], given: Json, how: 'add' | 'replace'): Json {
  const [part, ...rest] = path
  if (part === undefined) return given
  if (isList(value)) {
    if (rest.length === 0 && how === 'add') {
      const index = part === '-' ? value.length : indexOf(value, part, value.length)
      return value.toSpliced(index, 0, given)
    }
    const index = indexOf(value, part)
    return value.with(index, put(value[index]!, rest, given, how))
  }
  if (!isMap(value)) throw absent(path)
  const old = Object.hasOwn(value, part) ? value[part] : undefined
  if (old === undefined && (rest.length > 0 || how === 'replace')) throw absent(path)
  const next = rest.length === 0 ? given : put(old!, rest, given, how)
  return mapOf([...membersOf(value).filter(([name]) => name !== part), [part, next]])
}

function remove(value: Json, path: readonly string[]): Json {
  const [part, ...rest] = path
  if (part === undefined) return null
  if (isList(value)) {
    const index = indexOf(value, part)
    if (rest.length === 0) return value.toSpliced(index, 1)
    return value.with(index, remove(value[index]!, rest))
  }
  if (!isMap(value) || !Object.hasOwn(value, part)) throw absent(path)
  const others = membersOf(value).filter(([name]) => name !== part)
  return rest.length === 0 ? mapOf(others) : mapOf([...others, [part, remove(value[part]!, rest)]])
}

function indexOf(list: readonly Json[], part: string, last: number = list.length - 1): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : Number.NaN
  if (index <= last) return index
  throw new PatchError('unfit', `there is no item \`${part.slice(0, 100)}\``)
}

function absent(path: readonly string[]): PatchError {
  return new PatchError('unfit', `there is nothing at \`/${path.join('/').slice(0, 200)}\``)
}

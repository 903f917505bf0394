// What of a thing is said and changed by calls of its own, beside those that make and change the thing itself: tags, the
// outputs of a flow, the settings of a bucket. Each is compared with what is there at every look, and set right.

import type { AwsReply } from '../../../connect/index.ts'
import type { Json } from '../../../structure/index.ts'
import { asText, isList, isObject, type JsonObject } from '../../json-tree.ts'
import type { Ask, Naming } from './aws-kinds.ts'
import { contains } from './drift.ts'

/** The thing, and how its service is asked. */
export interface PartAt {
  readonly id: string
  readonly arn: string | undefined
  readonly thing: JsonObject
  readonly naming: Naming
  /** Whatever was answered. */
  readonly look: (ask: Ask) => Promise<AwsReply>
  /** Rejects for what is refused. */
  readonly call: (ask: Ask) => Promise<JsonObject>
}

export interface Part {
  readonly name: string
  /** Members of `forProvider` that are its. */
  readonly members: readonly string[]
  /** What is wanted of it; undefined when nothing is. */
  wanted(wanted: JsonObject): Json | undefined
  /** The names of what it has several of: those that are wanted no more are taken away. */
  names(wanted: Json): readonly string[]
  isAgreed(at: PartAt, wanted: Json): Promise<boolean>
  /** `before` are the names that were wanted before; `wanted` is undefined when nothing is any more. */
  write(at: PartAt, wanted: Json | undefined, before: readonly string[]): Promise<void>
}

export interface TagsPath {
  /** In front of `tags/ARN`. */
  readonly path: readonly string[]
  /** The thing itself shows its tags. */
  readonly isShown: boolean
}

export function tagsOf({ path, isShown }: TagsPath): Part {
  const at = (arn: string | undefined): readonly string[] => [...path, 'tags', arn ?? '']
  return {
    name: 'tags',
    members: ['tags'],
    wanted: ({ tags }) => tags,
    names: (wanted) => (isObject(wanted) ? Object.keys(wanted) : []),
    async isAgreed({ arn, thing, look }, wanted) {
      if (isShown) return contains(thing['tags'] ?? thing['Tags'] ?? {}, wanted)
      const { status, text } = await look({ method: 'GET', path: at(arn) })
      return status === 200 && contains((JSON.parse(text) as JsonObject)['tags'], wanted)
    },
    async write({ arn, call }, wanted, before) {
      const tags = isObject(wanted) ? wanted : {}
      for (const key of before.filter((one) => tags[one] === undefined))
        await call({ method: 'DELETE', path: at(arn), query: { tagKeys: key } })
      if (Object.keys(tags).length > 0)
        await call({ method: 'POST', path: at(arn), body: { tags } })
    },
  }
}

export interface NamedList {
  /** Of `forProvider`, and of what is shown. */
  readonly member: string
  /** What may be said instead where there is one only. */
  readonly single?: string
  /** Behind the thing's own path. */
  readonly path: string
  /** What an item is called by in a path. */
  readonly key: string
  /** Items can be changed; else they are made anew. */
  readonly isChangeable: boolean
}

/** Things below a thing, each with a name: made, changed and taken away one by one. */
export function listOf(list: NamedList, base: (id: string) => readonly string[]): Part {
  const { member, single, path, key, isChangeable } = list
  const shown = ({ thing }: PartAt): readonly JsonObject[] => {
    const one = single === undefined ? undefined : thing[single]
    return itemsOf(thing[member] ?? (one === undefined ? [] : [one]))
  }
  return {
    name: member,
    members: single === undefined ? [member] : [member, single],
    wanted(wanted) {
      const one = single === undefined ? undefined : wanted[single]
      return wanted[member] ?? (one === undefined ? undefined : [one])
    },
    names: (wanted) => itemsOf(wanted).map((item) => asText(item['name'])),
    isAgreed: (at, wanted) =>
      Promise.resolve(
        itemsOf(wanted).every((item) => {
          const found = shown(at).find(({ name }) => name === item['name'])
          return found !== undefined && contains(found, item)
        }),
      ),
    async write(at, wanted, before) {
      const there = new Map(shown(at).map((item) => [asText(item['name']), item]))
      const items = itemsOf(wanted)
      const below = [...base(at.id), path]
      const remove = (item: JsonObject): Promise<JsonObject> =>
        at.call({ method: 'DELETE', path: [...below, asText(item[key])] })
      for (const item of items) {
        const found = there.get(asText(item['name']))
        if (found !== undefined && contains(found, item)) continue
        if (found !== undefined && isChangeable) {
          const { name: _, ...rest } = item
          await at.call({ method: 'PUT', path: [...below, asText(found[key])], body: rest })
        } else {
          if (found !== undefined) await remove(found)
          await at.call({ method: 'POST', path: below, body: { [member]: [item] } })
        }
      }
      const names = new Set(items.map(({ name }) => name))
      for (const name of before) {
        const found = there.get(name)
        if (found !== undefined && !names.has(name)) await remove(found)
      }
    },
  }
}

function itemsOf(value: Json | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter((item) => isObject(item)) : []
}

// The use cases of tags: on buses and rules, by ARN. Tags route nothing, but a bus's change publishes like any.

import type { Scope, Tags } from '../model/index.ts'
import { changeBus, findBus, serialKey } from './buses.ts'
import { type NamedResource, resolveArn } from './names.ts'
import type { ControlParts } from './resources.ts'
import { changeRule, findRule } from './rule-store.ts'
import { checkTags, type Tag, tagSet } from './tag-set.ts'

export interface TagUses {
  list(scope: Scope, arn: string): Promise<Tags>
  /** Adds tags; one of a key that is there replaces it. */
  add(scope: Scope, arn: string, tags: readonly Tag[]): Promise<void>
  remove(scope: Scope, arn: string, keys: readonly string[]): Promise<void>
}

export function createTagUses(parts: ControlParts): TagUses {
  return {
    async list(scope, arn) {
      const named = resolveArn(scope, arn)
      if (named.kind === 'bus') return (await findBus(parts, scope, named.bus)).spec.tags ?? {}
      await findBus(parts, scope, named.bus)
      return (await findRule(parts.resources, scope, named)).spec.tags ?? {}
    },
    async add(scope, arn, tags) {
      const added = tagSet(tags)
      await changeTags(parts, scope, resolveArn(scope, arn), (before) => {
        const after = { ...before, ...added }
        checkTags(after, arn)
        return after
      })
    },
    async remove(scope, arn, keys) {
      const gone = new Set(keys)
      await changeTags(parts, scope, resolveArn(scope, arn), (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))),
      )
    },
  }
}

async function changeTags(
  parts: ControlParts,
  scope: Scope,
  named: NamedResource,
  change: (tags: Tags) => Tags,
): Promise<void> {
  if (named.kind === 'bus') {
    await changeBus(parts, scope, named.bus, (spec) => ({ ...spec, tags: change(spec.tags ?? {}) }))
    return
  }
  await findBus(parts, scope, named.bus)
  await parts.serial.run(serialKey(scope, named.bus), () =>
    changeRule(parts, scope, named, (spec) => ({ ...spec, tags: change(spec.tags ?? {}) })),
  )
}

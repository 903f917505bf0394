// The resources of one step: each is made when what it needs has its values, all that can be at the same time.

import type { KubeObject } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { appliedHash } from './apply-object.ts'
import { findSources } from './graph.ts'
import { injectInto } from './inject.ts'
import { judge } from './judge.ts'
import { asText, type JsonObject, valueAt } from './json-tree.ts'
import type { Effect, Plan, Seen } from './plan.ts'
import type { ResourceState, RunState } from './run.ts'
import type { Injection, ResourceWish, Source } from './steps.ts'

/** Where values are found. */
export interface World {
  readonly run: RunState
  readonly plan: Plan
  readonly seen: Seen
}

export interface LookedAt {
  readonly resources: readonly ResourceState[]
  readonly effects: readonly Effect[]
}

export function lookAtResources(wishes: readonly ResourceWish[], world: World): LookedAt {
  const looked = wishes.map((wish) => lookAtResource(wish, world))
  return {
    resources: looked.map(({ state }) => state),
    effects: looked.flatMap(({ effect }) => (effect === undefined ? [] : [effect])),
  }
}

interface LookedAtOne {
  readonly state: ResourceState
  readonly effect?: Effect
}

function lookAtResource(wish: ResourceWish, world: World): LookedAtOne {
  const { plan, seen } = world
  const of = { name: wish.name, kind: asText(wish.object['kind']) }
  const injected = injectAll(wish, world)
  if (injected.kind === 'waiting')
    return { state: { ...of, phase: 'Waiting', message: injected.message } }
  const wanted = plan.build({ ...wish, object: injected.object })
  const found = seen.object(wanted)
  const isApplied =
    found !== undefined && appliedHash(found) === appliedHash(wanted) && seen.isHeld(found)
  if (!isApplied) {
    const isAllowed = found === undefined ? plan.mayCreate : plan.mayUpdate
    if (isAllowed) {
      const refusal = seen.refusal(wanted)
      const state: ResourceState =
        refusal === undefined
          ? { ...of, phase: 'Applied' }
          : { ...of, phase: 'Failing', message: refusal }
      return { state, effect: { kind: 'apply', object: wanted } }
    }
    if (found === undefined) {
      const message = 'it is not there, and the managementPolicies do not let it be made'
      return { state: { ...of, phase: 'Failing', message } }
    }
  }
  return { state: { ...of, ...phaseOf(found) } }
}

function phaseOf(object: KubeObject): Pick<ResourceState, 'phase' | 'message'> {
  const judgement = judge(object)
  if (judgement.kind === 'ready') return { phase: 'Ready' }
  const phase = judgement.kind === 'failing' ? 'Failing' : 'Applied'
  return { phase, message: judgement.message }
}

type Injected =
  | { readonly kind: 'done'; readonly object: JsonObject }
  | { readonly kind: 'waiting'; readonly message: string }

function injectAll({ object, injections }: ResourceWish, world: World): Injected {
  let result = object
  for (const injection of injections) {
    const found = findValue(injection, world)
    if (found.kind === 'waiting') return found
    if (found.value !== undefined) result = injectInto(result, injection, found.value)
  }
  return { kind: 'done', object: result }
}

export type Found =
  | { readonly kind: 'found'; readonly value: Json | undefined }
  | { readonly kind: 'waiting'; readonly message: string }

/** The value of an injection's source; waiting until it has one, or until the source is ready where no value is meant. */
export function findValue({ source }: Injection, { run, plan, seen }: World): Found {
  if (source.step !== undefined) return { kind: 'found', value: outputAt(run, source) }
  const text = describe(source)
  const [wish] = plan.steps.flatMap(({ resources }) => findSources(source, resources))
  const object = wish === undefined ? undefined : seen.resource(wish)
  if (object === undefined) return { kind: 'waiting', message: `waiting for ${text}` }
  if (source.key === undefined) {
    const isReady = judge(object).kind === 'ready'
    return isReady
      ? { kind: 'found', value: undefined }
      : { kind: 'waiting', message: `waiting for ${text} to be ready` }
  }
  const value = valueAt(object, source.key)
  if (value === undefined || value === null || value === '')
    return { kind: 'waiting', message: `waiting for ${source.key.join('.')} of ${text}` }
  return { kind: 'found', value }
}

/** A step that has no such output gives null, which a choice can ask for. */
function outputAt(run: RunState, { step: name, key = ['output'] }: Source): Json {
  const step = run.steps.find((one) => one.name === name)
  return valueAt({ output: step?.output }, key) ?? null
}

function describe({ kind, name }: Source): string {
  return kind === undefined ? `\`${name}\`` : `${kind} \`${name}\``
}

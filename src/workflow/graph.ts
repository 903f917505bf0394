// Which resource needs which: sources are found, cycles are named, and steps are put in an order that can be walked.
//
// Invariant: what `checkGraph` finds no fault with can be run: every source is made before it is asked for.

import { asText } from './json-tree.ts'
import type { FieldFault } from '../structure/index.ts'
import { invalid } from './faults.ts'
import { hasPlaceholder } from './placeholders.ts'
import type { Injection, ResourceWish, Source, Step } from './steps.ts'

/** Where a resource stands: its step and its place in it. */
interface Place {
  readonly step: number
  readonly index: number
  readonly resource: ResourceWish
}

export function checkGraph(steps: readonly Step[], path: string): readonly FieldFault[] {
  const places = placesOf(steps)
  return [
    ...checkNames(steps, path),
    ...checkSources(steps, places, path),
    ...checkCycles(steps, places, path),
  ]
}

/** The objects that a source of this step may mean; none when it is a step's output or unknown. */
export function findSources(
  source: Source,
  resources: readonly ResourceWish[],
): readonly ResourceWish[] {
  return resources.filter((resource) => isMeant(source, resource))
}

function placesOf(steps: readonly Step[]): readonly Place[] {
  return steps.flatMap(({ resources }, step) =>
    resources.map((resource, index) => ({ step, index, resource })),
  )
}

function checkNames(steps: readonly Step[], path: string): readonly FieldFault[] {
  const faults: FieldFault[] = []
  const names = new Set<string>()
  const objects = new Set<string>()
  for (const [step, { name, resources }] of steps.entries()) {
    if (names.has(name))
      faults.push(invalid(`${path}[${step}].name`, name, 'another step has this name'))
    names.add(name)
    for (const [index, resource] of resources.entries()) {
      const { kind, apiVersion } = resource.object
      const key = JSON.stringify([apiVersion, kind, resource.name])
      const text = `another resource is a ${asText(kind)} of this name`
      if (objects.has(key))
        faults.push(invalid(`${path}[${step}].resources[${index}].name`, resource.name, text))
      objects.add(key)
    }
  }
  return faults
}

function checkSources(
  steps: readonly Step[],
  places: readonly Place[],
  path: string,
): readonly FieldFault[] {
  return eachInjection(steps, path).flatMap(({ injection, step, at }) => {
    const { source } = injection
    if (source.step !== undefined) return checkStepSource(steps, { source, step, at })
    const found = places.filter(({ resource }) => mayBeMeant(source, resource))
    if (found.length === 0) {
      const names = places.map(({ resource }) => resource.name).join(', ')
      return [invalid(at, source.name, `no resource of this workflow is meant; there are ${names}`)]
    }
    if (found.some((place) => place.step <= step)) return []
    const later = steps[found[0]!.step]!.name
    return [invalid(at, source.name, `it is made in the later step \`${later}\``)]
  })
}

function checkStepSource(
  steps: readonly Step[],
  { source, step, at }: { readonly source: Source; readonly step: number; readonly at: string },
): readonly FieldFault[] {
  const index = steps.findIndex(({ name }) => name === source.step)
  if (index === -1) return [invalid(at, source.step, 'there is no step of this name')]
  if (index >= step) return [invalid(at, source.step, 'only an earlier step has an output by then')]
  return []
}

function checkCycles(
  steps: readonly Step[],
  places: readonly Place[],
  path: string,
): readonly FieldFault[] {
  return steps.flatMap(({ resources }, step) => {
    const own = places.filter((place) => place.step === step)
    const cycle = findCycle(resources, (resource) =>
      resource.injections.flatMap(({ source }) =>
        own.filter((place) => mayBeMeant(source, place.resource)).map((place) => place.index),
      ),
    )
    if (cycle === undefined) return []
    const names = cycle.map((index) => resources[index]!.name).join(' → ')
    return [
      invalid(`${path}[${step}].resources`, names, 'these wait for each other; break the cycle'),
    ]
  })
}

/** Indexes that form a cycle, the first one again at the end. */
function findCycle(
  resources: readonly ResourceWish[],
  needs: (resource: ResourceWish) => readonly number[],
): readonly number[] | undefined {
  const done = new Set<number>()
  const walk = (index: number, trail: readonly number[]): readonly number[] | undefined => {
    if (trail.includes(index)) return [...trail.slice(trail.indexOf(index)), index]
    if (done.has(index)) return undefined
    for (const next of needs(resources[index]!)) {
      const cycle = walk(next, [...trail, index])
      if (cycle !== undefined) return cycle
    }
    done.add(index)
    return undefined
  }
  for (const index of resources.keys()) {
    const cycle = walk(index, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

interface Located {
  readonly injection: Injection
  readonly step: number
  /** The path of its source. */
  readonly at: string
}

function eachInjection(steps: readonly Step[], path: string): readonly Located[] {
  return steps.flatMap(({ resources, action }, step) => [
    ...resources.flatMap(({ injections }, resource) =>
      injections.map((injection, index) => ({
        injection,
        step,
        at: `${path}[${step}].resources[${resource}].dependsOn[${index}].source`,
      })),
    ),
    ...(action?.injections ?? []).map((injection, index) => ({
      injection,
      step,
      at: `${path}[${step}].dependsOn[${index}].source`,
    })),
  ])
}

function isMeant({ name, kind, apiVersion }: Source, { name: own, object }: ResourceWish): boolean {
  return (
    name === own &&
    (kind === undefined || kind === object['kind']) &&
    (apiVersion === undefined || apiVersion === object['apiVersion'])
  )
}

/** Before a template is filled in, names that are yet to be filled in may be any. */
function mayBeMeant(source: Source, resource: ResourceWish): boolean {
  if (source.name === undefined) return false
  if (isMeant(source, resource)) return true
  if (source.name === resource.name) return false
  const isOpen = hasPlaceholder(source.name) !== hasPlaceholder(resource.name)
  return isOpen && isMeant({ ...source, name: resource.name }, resource)
}

// Templates looked at without a server: what is wrong with them, and what they would make of parameters.

import type { FieldFault, Json } from '../structure/index.ts'
import { parseManifests } from '../base/index.ts'
import type { KubeObject } from '../objects/index.ts'
import { specOf } from './desired.ts'
import type { Checking } from './check-actions.ts'
import { missing } from './faults.ts'
import { asText, isObject, type JsonObject } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import { checkTemplate, type RenderText, renderTemplate, type Template } from './template.ts'

export interface OfflineTemplate {
  readonly name: string
  readonly faults: readonly FieldFault[]
  readonly steps: number
  readonly resources: number
}

export interface OfflineRender {
  /** Objects that would be made, in the order of their steps; empty when there are faults. */
  readonly steps: readonly { readonly name: string; readonly objects: readonly JsonObject[] }[]
  readonly faults: readonly FieldFault[]
  /** Parameters that no template asks for. */
  readonly unknown: readonly string[]
}

/** Every template of a manifest, checked. Throws `YamlError`. */
export function lintTemplates(manifest: string, checking?: Checking): readonly OfflineTemplate[] {
  const objects = readObjects(manifest)
  return templatesIn(objects).map((object) => {
    const { template, faults } = withText(object, objects)
    const report = checkTemplate(template, checking)
    return {
      name: object.metadata.name,
      faults: [...faults, ...report.faults],
      steps: report.steps,
      resources: report.resources,
    }
  })
}

export interface OfflineWish {
  readonly manifest: string
  /** The only one of the manifest when absent. */
  readonly template?: string | undefined
  readonly parameters: JsonObject
  readonly renderText: RenderText
}

/** Undefined when the manifest has no such template. Throws `YamlError`. */
export function renderOffline(wish: OfflineWish): OfflineRender | undefined {
  const objects = readObjects(wish.manifest)
  const found = templatesIn(objects).find(
    ({ metadata }) => wish.template === undefined || metadata.name === wish.template,
  )
  if (found === undefined) return undefined
  const { template, faults } = withText(found, objects)
  const rendered = renderTemplate({
    template,
    given: wish.parameters,
    masks: {},
    path: 'parameters',
    renderText: wish.renderText,
  })
  if (rendered.kind === 'refused')
    return { steps: [], faults: [...faults, ...rendered.faults], unknown: [] }
  const steps = rendered.steps.map(({ name, resources, ...rest }) => ({
    name,
    objects:
      resources.length > 0
        ? resources.map(({ name: called, object }) => named(object, called))
        : [rest as unknown as JsonObject],
  }))
  return { steps, faults, unknown: rendered.unknown }
}

function readObjects(manifest: string): readonly KubeObject[] {
  return parseManifests(manifest).flatMap((value): readonly KubeObject[] => {
    if (!isObject(value) || !isObject(value['metadata'])) return []
    const { kind, items } = value
    if (kind === 'List' && Array.isArray(items)) return items
    return [value as unknown as KubeObject]
  })
}

function templatesIn(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.filter(
    ({ apiVersion, kind }) => apiVersion === API_VERSION && /^X?WorkflowTemplate$/.test(kind),
  )
}

/** The template with its text, which may be in a ConfigMap of the same manifest. */
function withText(
  object: KubeObject,
  objects: readonly KubeObject[],
): { readonly template: Template; readonly faults: readonly FieldFault[] } {
  const { name, annotations = {} } = object.metadata
  const spec = specOf(object)
  const template = { name, annotations, spec }
  if (typeof spec['template'] === 'string')
    return { template: { ...template, text: spec['template'] }, faults: [] }
  const ref = spec['templateRef']
  if (!isObject(ref)) return { template, faults: [] }
  const map = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === ref['name'],
  )
  const key = typeof ref['key'] === 'string' ? ref['key'] : 'template'
  const text = isObject(map?.['data']) ? map['data'][key] : undefined
  if (typeof text === 'string') return { template: { ...template, text }, faults: [] }
  const what = `\`data.${key}\` of ConfigMap \`${asText(ref['name'])}\`, beside the template in the same file`
  return { template, faults: [missing('spec.templateRef', what)] }
}

function named(object: JsonObject, name: string): JsonObject {
  const metadata: Json = isObject(object['metadata']) ? object['metadata'] : {}
  const { apiVersion, kind, ...rest } = object
  return { apiVersion, kind, metadata: { name, ...metadata }, ...rest }
}

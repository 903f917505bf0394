// From an Event to the workflow it wants: the template is found, the parameters are checked, the steps are rendered.

import type { KubeClient, KubeObject } from '../objects/index.ts'
import type { FieldFault, Json } from '../structure/index.ts'
import { ownerOf, specOf } from './desired.ts'
import { formatFaults } from './faults.ts'
import { findTemplate, readParameters, readTemplate } from './find-template.ts'
import { asText, isObject, type JsonObject, mergeJson } from './json-tree.ts'
import {
  API_VERSION,
  APPLIED_ANNOTATION,
  EVENT_LABEL,
  hashOf,
  labelOf,
  TEMPLATE_LABEL,
  WORKFLOW_LABEL,
} from './names.ts'
import { type RenderText, renderTemplate } from './template.ts'

const PARAMETERS = 'spec.workflowTemplate.parameters'
const COMMON = [
  'forProvider',
  'deletionPolicy',
  'managementPolicies',
  'providerConfigRef',
  'publishConnectionDetailsTo',
  'writeConnectionSecretsToNamespace',
] as const

export type Wanted =
  | {
      readonly kind: 'workflow'
      readonly workflow: KubeObject
      /** Parameters that no template asks for. */
      readonly unknown: readonly string[]
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

export interface RenderParts {
  readonly client: KubeClient
  readonly renderText: RenderText
}

/** The workflow of an Event under a name: its own, or that of one time of its schedule. */
export async function renderEvent(
  { client, renderText }: RenderParts,
  event: KubeObject,
  name: string,
): Promise<Wanted> {
  const { namespace } = event.metadata
  const reference = specOf(event)['workflowTemplate']
  const id = isObject(reference) ? asText(reference['id']) : ''
  const object = await findTemplate(client, { namespace, id })
  if (object === undefined) {
    const where =
      namespace === undefined
        ? ''
        : ` WorkflowTemplate \`${id}\` in namespace \`${namespace}\` and no`
    const message = `there is no${where} XWorkflowTemplate \`${id}\`; create it, or correct spec.workflowTemplate.id`
    return { kind: 'refused', reason: 'TemplateNotFound', message }
  }
  const read = await readTemplate(client, object)
  if (read.faults.length > 0) return refusal('TemplateInvalid', read.faults)
  const { given, masks, faults } = await readParameters(client, event)
  const rendered = renderTemplate({
    template: read.template,
    given,
    masks,
    path: PARAMETERS,
    renderText,
  })
  const all = [...faults, ...(rendered.kind === 'refused' ? rendered.faults : [])]
  if (rendered.kind === 'refused' || all.length > 0) return refusal(reasonOf(all), all)
  const spec = { ...commonOf(specOf(object), specOf(event)), steps: rendered.value }
  return {
    kind: 'workflow',
    workflow: workflowOf(event, { name, template: id, spec }),
    unknown: rendered.unknown,
  }
}

function refusal(reason: string, faults: readonly FieldFault[]): Wanted {
  return { kind: 'refused', reason, message: formatFaults(faults) }
}

/** Parameters are the Event's to correct, all else is the template's. */
function reasonOf(faults: readonly FieldFault[]): string {
  const isGiven = faults.every(({ field }) => field.startsWith('spec.workflowTemplate.'))
  return isGiven ? 'ParametersInvalid' : 'TemplateInvalid'
}

/** What the template says of all resources, and the Event says otherwise or besides. */
function commonOf(template: JsonObject, event: JsonObject): JsonObject {
  return Object.fromEntries(
    COMMON.flatMap((name): readonly (readonly [string, Json])[] => {
      const own = event[name]
      const other = template[name]
      if (own === undefined && other === undefined) return []
      if (name === 'forProvider') return [[name, mergeJson(other, own ?? {})]]
      return [[name, (own ?? other) as Json]]
    }),
  )
}

function workflowOf(
  event: KubeObject,
  {
    name,
    template,
    spec,
  }: { readonly name: string; readonly template: string; readonly spec: JsonObject },
): KubeObject {
  const { namespace, name: eventName } = event.metadata
  return {
    apiVersion: API_VERSION,
    kind: namespace === undefined ? 'XWorkflow' : 'Workflow',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        [EVENT_LABEL]: labelOf(eventName),
        [WORKFLOW_LABEL]: labelOf(name),
        [TEMPLATE_LABEL]: labelOf(template),
      },
      annotations: { [APPLIED_ANNOTATION]: hashOf(spec) },
      ownerReferences: [ownerOf(event)],
    },
    spec,
  }
}

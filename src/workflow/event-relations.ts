// What an Event depends on beside itself: its template, the texts and values in ConfigMaps and Secrets, and its workflow.
// A change of one of them is a reason to look at the Event again.

import type { ControllerOptions, KubeObject, ObjectName } from '../objects/index.ts'
import { referencesOf } from './find-template.ts'
import { valueAt } from './json-tree.ts'
import { API_VERSION } from './names.ts'

type Relation = NonNullable<ControllerOptions['related']>[number]

export function eventRelations(
  kind: 'Event' | 'XEvent',
  templates: () => readonly KubeObject[],
): readonly Relation[] {
  const isClaim = kind === 'Event'
  return [
    ...(isClaim ? [templateRelation(false)] : []),
    templateRelation(true),
    valueRelation('Secret', templates),
    valueRelation('ConfigMap', templates),
    {
      type: { apiVersion: API_VERSION, kind: isClaim ? 'Workflow' : 'XWorkflow' },
      concerns: ({ metadata }) =>
        (metadata.ownerReferences ?? [])
          .filter((owner) => owner.apiVersion === API_VERSION && owner.kind === kind)
          .map(({ name }) => ({ namespace: metadata.namespace, name })),
    },
  ]
}

function templateRelation(isX: boolean): Relation {
  return {
    type: { apiVersion: API_VERSION, kind: isX ? 'XWorkflowTemplate' : 'WorkflowTemplate' },
    concerns: (changed, all) => eventsOf(changed, all),
  }
}

function valueRelation(
  of: 'Secret' | 'ConfigMap',
  templates: () => readonly KubeObject[],
): Relation {
  return {
    type: { apiVersion: 'v1', kind: of },
    concerns(changed, all) {
      const { namespace, name } = changed.metadata
      const reference = `${of}/${namespace}/${name}`
      const named = all.filter((event) => referencesOf(event).includes(reference)).map(nameOf)
      if (of === 'Secret') return named
      const texts = templates().filter((template) => isTextOf(template, changed))
      return [...named, ...texts.flatMap((template) => eventsOf(template, all))]
    },
  }
}

/** Whether the template's text is in this ConfigMap. */
function isTextOf(template: KubeObject, { metadata }: KubeObject): boolean {
  const at = (member: string): unknown => valueAt(template, ['spec', 'templateRef', member])
  const namespace = at('namespace') ?? template.metadata.namespace ?? 'default'
  return at('name') === metadata.name && namespace === metadata.namespace
}

/** The Events that name a template. */
function eventsOf(
  { kind, metadata }: KubeObject,
  all: readonly KubeObject[],
): readonly ObjectName[] {
  return all
    .filter(
      (event) =>
        valueAt(event, ['spec', 'workflowTemplate', 'id']) === metadata.name &&
        (kind === 'XWorkflowTemplate' || event.metadata.namespace === metadata.namespace),
    )
    .map(nameOf)
}

function nameOf({ metadata }: KubeObject): ObjectName {
  return { namespace: metadata.namespace, name: metadata.name }
}

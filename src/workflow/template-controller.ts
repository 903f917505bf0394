// Says of each template whether it can be used.

import type { Clock, Logger } from '../base/index.ts'
import { Controller, type KubeClient, type KubeObject, type ObjectName } from '../objects/index.ts'
import { specOf } from './desired.ts'
import { formatFaults } from './faults.ts'
import { readTemplate } from './find-template.ts'
import { isObject } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import { condition, statusOf, writeStatus } from './status.ts'
import { checkTemplate } from './template.ts'

export interface TemplateControllerOptions {
  readonly kind: 'WorkflowTemplate' | 'XWorkflowTemplate'
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
}

const VERSION_ANNOTATION = 'template.version'

export function createTemplateController(options: TemplateControllerOptions): Controller {
  const { kind, client, clock, logger } = options
  return new Controller({
    name: `${kind.toLowerCase()}-controller`,
    client,
    clock,
    logger,
    type: { apiVersion: API_VERSION, kind },
    related: [{ type: { apiVersion: 'v1', kind: 'ConfigMap' }, concerns: templatesOf }],
    reconcile: async (_, template) => {
      if (template?.metadata.deletionTimestamp === undefined && template !== undefined)
        await reconcile(options, template)
      return undefined
    },
  })
}

async function reconcile(options: TemplateControllerOptions, object: KubeObject): Promise<void> {
  const { template, faults: unread } = await readTemplate(options.client, object)
  const report = checkTemplate(template)
  const faults = [...unread, ...report.faults]
  const message = formatFaults(faults)
  const isValid = faults.length === 0
  const { annotations = {}, generation = 1 } = object.metadata
  await writeStatus(options, object, {
    conditions: [
      condition('Synced', isValid, isValid ? 'ReconcileSuccess' : 'TemplateInvalid', message),
      condition('Ready', isValid, isValid ? 'TemplateValidated' : 'TemplateInvalid', message),
    ],
    rest: {
      ...statusOf(object),
      atProvider: {
        stepsValidated: isValid ? report.steps : 0,
        resourcesValidated: isValid ? report.resources : 0,
        templateVersion: annotations[VERSION_ANNOTATION] ?? `v${generation}`,
      },
    },
  })
}

/** Those whose text is in the ConfigMap. */
function templatesOf({ metadata }: KubeObject, all: readonly KubeObject[]): readonly ObjectName[] {
  return all
    .filter((template) => {
      const ref = specOf(template)['templateRef']
      return isObject(ref) && ref['name'] === metadata.name
    })
    .map((template) => ({
      namespace: template.metadata.namespace,
      name: template.metadata.name,
    }))
}

// Workflows as our own API shows and drives them.

import type { FlowDeps } from './api/index.ts'
import type { AppOptions } from './app-options.ts'
import type { KubeObjects } from './objects/index.ts'
import type { Json } from './structure/index.ts'
import { createFlows } from './workflow/index.ts'

export function createFlowDeps(
  { random }: Pick<AppOptions, 'random'>,
  objects: KubeObjects,
): FlowDeps {
  const flows = createFlows({ client: objects.client(), random })
  return {
    ...flows,
    start: ({ parameters, ...flow }) =>
      flows.start({ ...flow, parameters: parameters as { readonly [name: string]: Json } }),
  }
}

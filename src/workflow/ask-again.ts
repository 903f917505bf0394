// A retry is for now, also where a provider has failed so often that it would be asked in a minute only: what fails is
// marked with the wish, and whoever looks after it sees a change.

import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import { RETRY_ANNOTATION } from './names.ts'
import type { Plan } from './plan.ts'
import type { RunState } from './run.ts'

export async function askAgain(client: KubeClient, { run, plan, workflow }: Asking): Promise<void> {
  const wish = workflow.metadata.annotations?.[RETRY_ANNOTATION]
  if (wish === undefined) return
  for (const [index, { phase, resources }] of run.steps.entries()) {
    if (phase !== 'Running') continue
    const failing = new Set(
      resources.filter((one) => one.phase === 'Failing').map(({ name, kind }) => `${kind}/${name}`),
    )
    for (const resource of plan.steps[index]?.resources ?? []) {
      const { apiVersion, kind, metadata } = plan.keyOf(resource)
      if (failing.has(`${kind}/${resource.name}`))
        await mark(client, { apiVersion, kind, metadata }, wish)
    }
  }
}

interface Asking {
  readonly run: RunState
  readonly plan: Plan
  readonly workflow: KubeObject
}

async function mark(
  client: KubeClient,
  { apiVersion, kind, metadata: { namespace, name } }: KubeObject,
  wish: string,
): Promise<void> {
  const annotations = { [RETRY_ANNOTATION]: wish }
  try {
    const key = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
    await client.patch(key, 'merge', { metadata: { annotations } })
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error
  }
}

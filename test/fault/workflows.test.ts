// kill -9 in the middle of workflows of ten resources, at moments drawn anew each time: each ends as it would have without,
// makes nothing twice, and says each step once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/base/index.ts'
import type { KubeObject } from '../../src/objects/index.ts'
import { applyManifest, findObject } from '../support/manifests.ts'
import { Signalbox, until } from '../support/signalbox.ts'
import { cycles } from './harness/scratch.ts'

const PATIENCE_MS = 60_000
/** A workflow takes about so long: later moments would mostly find it done. */
const MOMENT_MS_MAX = 900
const API_VERSION = 'elemental.aws.livewyer.io/v1alpha1'
const CHANNEL = 'mediapackage.aws.livewyer.io/v1alpha1'
const STEPS = [0, 1, 2, 3, 4]

/** Two resources a step, each of which needs the id of one of the step before; and an event behind each. */
const TEMPLATE = `
apiVersion: ${API_VERSION}
kind: WorkflowTemplate
metadata: { name: ten, namespace: default }
spec:
  steps:
${STEPS.map(
  (step) => `
    - name: make-${step}
      resources:
${['a', 'b']
  .map(
    (which) => `
        - name: '{{ run }}-${step}${which}'
          spec:
            apiVersion: ${CHANNEL}
            kind: Channel
            spec: { forProvider: { step: ${step} } }
${
  step === 0
    ? ''
    : `
          dependsOn:
            - key: before
              source:
                name: '{{ run }}-${step - 1}${which}'
                apiVersion: ${CHANNEL}
                kind: Channel
                key: status.atProvider.id
`
}`,
  )
  .join('')}
    - name: say-${step}
      uses: event
      with: { detailType: Step, detail: { run: '{{ run }}', step: ${step} } }
`,
).join('')}
`

const event = (run: string): string => `
apiVersion: ${API_VERSION}
kind: Event
metadata: { name: ${run}, namespace: default }
spec: { workflowTemplate: { id: ten, parameters: { run: ${run} } } }
`

interface Said {
  readonly id: string
  readonly detail: { readonly run: string; readonly step: number }
}

async function phaseOf(signalbox: Signalbox, run: string): Promise<string | undefined> {
  const found = await findObject(signalbox, {
    apiVersion: API_VERSION,
    kind: 'Workflow',
    namespace: 'default',
    name: run,
  }).catch(() => undefined)
  const { run: state } = (found?.['status'] ?? {}) as { readonly run?: { readonly phase: string } }
  return state?.phase
}

async function channels(signalbox: Signalbox): Promise<readonly KubeObject[]> {
  const path = `/apis/${CHANNEL}/namespaces/default/channels`
  const answer = await fetch(new URL(path, signalbox.url))
  return ((await answer.json()) as { readonly items: readonly KubeObject[] }).items
}

test('a workflow that kill -9 interrupts ends as if it had not, and makes nothing twice', async (context) => {
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  const random = seededRandom(23)
  await signalbox.python(
    `
sqs.create_queue(QueueName='said')
route('said', {'detail-type': ['Step']}, {'Id': 'queue', 'Arn': given})
`,
    signalbox.queueArn('said'),
  )
  await applyManifest(signalbox, TEMPLATE)
  const runs = Array.from({ length: cycles(6, 100) }, (_, index) => `run-${index}`)
  /** The uid of each thing, as it was first seen. */
  const made = new Map<string, string>()
  let interrupted = 0
  for (const run of runs) {
    await applyManifest(signalbox, event(run))
    await delay(random.next() * MOMENT_MS_MAX)
    for (const { metadata } of await channels(signalbox)) {
      const known = made.get(metadata.name) ?? metadata.uid!
      assert.equal(metadata.uid, known, `${metadata.name} was made again`)
      made.set(metadata.name, known)
    }
    if ((await phaseOf(signalbox, run)) !== 'Completed') interrupted += 1
    await signalbox.end('SIGKILL')
    await signalbox.start()
    await until(`${run} is completed`, PATIENCE_MS, async () => {
      return (await phaseOf(signalbox, run)) === 'Completed'
    })
  }
  const things = await channels(signalbox)
  const wanted = runs.flatMap((run) =>
    STEPS.flatMap((step) => [`${run}-${step}a`, `${run}-${step}b`]),
  )
  assert.deepEqual(things.map(({ metadata }) => metadata.name).toSorted(), wanted.toSorted())
  for (const { metadata } of things)
    assert.equal(metadata.uid, made.get(metadata.name) ?? metadata.uid)
  const said = await signalbox.python<readonly Said[]>(
    `
result = []
while len({(one['detail']['run'], one['detail']['step']) for one in result}) < given:
    result += bodies('said', 1)
`,
    runs.length * STEPS.length,
  )
  // A delivery may come again after a kill; the event that it brings is the same.
  const ids = new Map<string, Set<string>>()
  for (const { id, detail } of said) {
    const name = `${detail.run}/${detail.step}`
    ids.set(name, (ids.get(name) ?? new Set()).add(id))
  }
  assert.equal(ids.size, runs.length * STEPS.length)
  const twice = [...ids].filter(([, each]) => each.size > 1).map(([name]) => name)
  assert.deepEqual(twice, [])
  assert.ok(interrupted > 0, 'some were killed in the middle')
  context.diagnostic(JSON.stringify({ runs: runs.length, interrupted }))
})

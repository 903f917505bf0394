// kill -9 between an event and what its trigger makes: every event has exactly one job, although the template draws a
// name by chance, and would draw another if it were rendered again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { Signalbox, until } from '../support/signalbox.ts'
import { cycles } from './harness/scratch.ts'

const PATIENCE_MS = 60_000
const EVENTS_PER_RUN = 5

const MANIFESTS = `
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventSource
metadata: { name: any }
spec: { messagingMatchCriteria: [{ cloudEventType: ^work$ }] }
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventTrigger
metadata: { name: any }
spec:
  sourceClusterSelector: { matchLabels: { role: deploy } }
  eventSourceName: any
  oneForEvent: true
  policyRefs: [{ kind: ConfigMap, namespace: default, name: template }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: template, namespace: default, annotations: { projectsveltos.io/instantiate: ok } }
data:
  job.yaml: |
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: "work-{{ .CloudEvent.subject }}-{{ randAlphaNum 8 | lower }}"
      namespace: work
      labels: { of: "{{ .CloudEvent.subject }}" }
    spec:
      suspend: true
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: work, image: work }]
`

async function publish(url: string, subject: string): Promise<boolean> {
  const attributes = { specversion: '1.0', id: subject, source: 'fault', type: 'work', subject }
  try {
    const { ok } = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ ...attributes, data: {} }),
    })
    return ok
  } catch {
    // Killed in the middle: it is published again, under the same id.
    return false
  }
}

test(
  'a server that is killed again and again makes one job of each event',
  { skip: kubectlLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const kubectl = new Kubectl(signalbox)
    await kubectl.apply(MANIFESTS)
    const random = seededRandom(11)
    const runs = cycles(8, 60)
    const wanted: string[] = []
    for (let run = 0; run < runs; run += 1) {
      const subjects = Array.from({ length: EVENTS_PER_RUN }, (_, index) => `r${run}-${index}`)
      const sent = subjects.map((subject) => publish(signalbox.url, subject))
      await new Promise((resolve) => setTimeout(resolve, 120 * random.next()))
      await signalbox.end('SIGKILL')
      const acknowledged = await Promise.all(sent)
      await signalbox.start()
      for (const [index, subject] of subjects.entries()) {
        if (!acknowledged[index]) assert.ok(await publish(signalbox.url, subject))
        wanted.push(subject)
      }
    }
    let made: readonly string[] = []
    await until('every event has a job', PATIENCE_MS, async () => {
      const path = 'jsonpath={range .items[*]}{.metadata.labels.of}{"\\n"}{end}'
      const { stdout } = await kubectl.run(['get', 'jobs', '-n', 'work', '-o', path])
      made = stdout.split('\n').filter((line) => line !== '')
      return new Set(made).size === wanted.length
    })
    assert.deepEqual([...made].sort(), [...wanted].sort())
  },
)

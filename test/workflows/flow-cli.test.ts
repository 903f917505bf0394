// `signalbox flow` against a server: a template is run, watched, cancelled, tried again.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { parseManifests } from '../../src/base/index.ts'
import { runFlow as flow } from '../support/flow.ts'
import { DEADLINE_MS, shareSignalbox, type Signalbox, until } from '../support/signalbox.ts'

const TEMPLATES = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: stream, namespace: default }
spec:
  parameters: { type: object, required: [name], properties: { name: { type: string } } }
  steps:
    - name: packaging
      resources:
        - name: '{{ name }}-package'
          spec:
            apiVersion: mediapackage.aws.livewyer.io/v1alpha1
            kind: Channel
            spec: { forProvider: { id: '{{ name }}' } }
    - name: told
      uses: event
      with: { detailType: Ready, detail: { name: '{{ name }}' } }
---
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: waiting, namespace: default }
spec:
  steps:
    - name: go
      uses: wait
      with: { event: { pattern: { source: [shop], detail-type: [Go] } } }
`

const BAD_EVENT = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: bad-event, namespace: default }
spec:
  steps:
    - name: told
      uses: event
      with: { detailType: Ready, detail: ${'{ a: '.repeat(70)}1${' }'.repeat(70)} }
`

async function apply(signalbox: Signalbox, manifest: string): Promise<void> {
  for (const object of parseManifests(manifest)) {
    const path = '/apis/elemental.aws.livewyer.io/v1alpha1/namespaces/default/workflowtemplates'
    const answer = await fetch(new URL(path, signalbox.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(object),
    })
    assert.equal(answer.status, 201, await answer.text())
  }
}

describe('signalbox flow', () => {
  const shared = shareSignalbox()
  const signalbox = (): Signalbox => shared().as('000000000000')
  before(() => apply(signalbox(), TEMPLATES))

  test('a workflow is run and watched to its end, and listed', async () => {
    const run = await flow(signalbox(), 'run', 'stream', '--name', 'news', '-p', 'name=news', '-w')
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stdout, /default\/news {2}Completed {2}stream {2}2 of 2 steps {2}1 resources/)
    const { stdout } = await flow(signalbox(), 'ls', '--output', 'json')
    const { flows } = JSON.parse(stdout) as { flows: { name: string; phase: string }[] }
    assert.ok(flows.some(({ name, phase }) => name === 'news' && phase === 'Completed'))
    assert.match((await flow(signalbox(), 'logs', 'news')).stdout, /step.completed {2}told/)
  })

  test('what a step would publish is checked as what comes by PutEvents is', async () => {
    await apply(signalbox(), BAD_EVENT)
    const run = await flow(signalbox(), 'run', 'bad-event', '--name', 'bad-event', '-w')
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /expected `detail` to be an object, at most 64 levels deep/)
  })

  test('parameters that do not fit are told, and the command fails', async () => {
    const { code, stdout } = await flow(signalbox(), 'run', 'stream', '-w')
    assert.equal(code, 1)
    assert.match(stdout, /Refused.*parameters\.name: Required value/)
  })

  test('one that waits is cancelled, tried again, and goes on with its event', async () => {
    const start = await flow(signalbox(), 'run', 'waiting', '--name', 'patient')
    assert.equal(start.code, 0, start.stderr)
    const shows = (text: RegExp): (() => Promise<boolean>) => {
      return async () => text.test((await flow(signalbox(), 'show', 'patient')).stdout)
    }
    await until('it waits', DEADLINE_MS, shows(/▶ go/))
    const cancelled = await flow(signalbox(), 'cancel', 'patient')
    assert.equal(cancelled.code, 0, cancelled.stderr)
    await until('it is cancelled', DEADLINE_MS, shows(/patient {2}Cancelled/))
    const watched = flow(signalbox(), 'retry', 'patient', '--watch')
    await until('it waits again', DEADLINE_MS, shows(/▶ go/))
    await signalbox().python(`put('shop', 'Go', {})`)
    const { code, stdout } = await watched
    assert.equal(code, 0, stdout)
    assert.match(stdout, /Completed/)
  })

  test('who asks for what is not there is told so', async () => {
    const { code, stderr } = await flow(signalbox(), 'show', 'nothing')
    assert.equal(code, 3)
    assert.match(stderr, /there is no workflow `nothing`/)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lintTemplates, renderOffline } from './index.ts'

const TEMPLATE = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: stream }
spec:
  parameters:
    type: object
    required: [name]
    properties: { name: { type: string }, bitrate: { type: integer, minimum: 1000, default: 3000 } }
  steps:
    - name: packaging
      resources:
        - name: '{{ name }}-package'
          spec:
            apiVersion: mediapackage.aws.livewyer.io/v1alpha1
            kind: Channel
            spec: { forProvider: { bitrate: '{{ bitrate }}' } }
    - name: told
      uses: event
      with: { detailType: Ready, detail: { name: '{{ name }}' } }
`
const FAULTY = TEMPLATE.replace('uses: event', 'uses: magic')
const TEXTUAL = `
apiVersion: v1
kind: ConfigMap
metadata: { name: texts }
data:
  template: |
    steps:
      - name: one
        resources:
          - name: {{ .name }}
            spec: { apiVersion: v1, kind: ConfigMap }
---
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: XWorkflowTemplate
metadata: { name: textual, annotations: { parameters.required: name } }
spec: { templateRef: { name: texts } }
`

function render(manifest: string, parameters: Readonly<Record<string, string | number>>) {
  return renderOffline({
    manifest,
    parameters,
    renderText: (text, given) => text.replace('{{ .name }}', JSON.stringify(given['name'])),
  })
}

test('a template of a file is counted, and all that is wrong with one is said', () => {
  const [good] = lintTemplates(TEMPLATE)
  assert.deepEqual(good, { name: 'stream', faults: [], steps: 2, resources: 1 })
  const [bad] = lintTemplates(FAULTY)
  assert.match(bad!.faults.map(({ message }) => message).join(), /magic/)
  assert.deepEqual(lintTemplates('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n'), [])
})

test('what a template would make is shown, with its defaults and their types', () => {
  const rendered = render(TEMPLATE, { name: 'news' })!
  assert.deepEqual(rendered.faults, [])
  const [packaging, told] = rendered.steps
  assert.deepEqual(packaging!.objects, [
    {
      apiVersion: 'mediapackage.aws.livewyer.io/v1alpha1',
      kind: 'Channel',
      metadata: { name: 'news-package' },
      spec: { forProvider: { bitrate: 3000 } },
    },
  ])
  assert.equal(told!.name, 'told')
})

test('parameters that do not fit are refused, every one; those that nobody asks for are told', () => {
  const refused = render(TEMPLATE, { bitrate: 1 })!
  assert.deepEqual(refused.faults.map(({ field }) => field).toSorted(), [
    'parameters.bitrate',
    'parameters.name',
  ])
  assert.deepEqual(render(TEMPLATE, { name: 'a', colour: 'red' })!.unknown, ['colour'])
})

test('the text of a template may be in a ConfigMap of the same file', () => {
  const { steps } = render(TEXTUAL, { name: 'made' })!
  assert.deepEqual(steps[0]!.objects, [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } },
  ])
  const alone = TEXTUAL.slice(TEXTUAL.indexOf('---'))
  assert.match(lintTemplates(alone)[0]!.faults[0]!.message, /beside the template in the same file/)
})

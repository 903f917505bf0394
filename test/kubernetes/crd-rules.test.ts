// CEL rules of CRDs as kubectl meets them: compiled with the definition, held against objects, and warned of where an
// object was wrong before.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, shareSignalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false

/** `rules` below the spec of a kind. */
function definition(plural: string, kind: string, rules: string): string {
  return `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.gold.test }
spec:
  group: gold.test
  scope: Namespaced
  names: { plural: ${plural}, kind: ${kind} }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [replicas, maxReplicas]
              x-kubernetes-validations: ${rules}
              properties:
                replicas: { type: integer }
                maxReplicas: { type: integer }
                zone: { type: string }
`
}

function object(kind: string, name: string, spec: string): string {
  return `
apiVersion: gold.test/v1
kind: ${kind}
metadata: { name: ${name} }
spec: ${spec}
`
}

describe('rules of CRDs are what kubectl expects', { skip }, () => {
  const shared = shareSignalbox()
  let kubectl: Kubectl
  before(() => {
    kubectl = new Kubectl(shared())
  })

  const established = async (plural: string): Promise<void> => {
    const name = `crd/${plural}.gold.test`
    await kubectl.get('wait', '--for=condition=Established', name, '--timeout=10s')
  }

  test('a rule about a field that is not there is refused with the definition', async () => {
    const bad = definition('bads', 'Bad', '[{ rule: self.nonExistingField > 0 }]')
    const refused = await kubectl.refused(['apply', '-f', '-'], bad)
    assert.match(refused, /The CustomResourceDefinition "bads\.gold\.test" is invalid/)
    assert.match(refused, /properties\[spec\]\.x-kubernetes-validations\[0\]\.rule: Invalid value/)
    assert.match(refused, /ERROR: <input>:1:5: undefined field 'nonExistingField'/)
  })

  test('an object that breaks rules is refused, each with its place', async () => {
    const rules = `
                - rule: self.replicas <= self.maxReplicas
                  messageExpression: "'replicas may be ' + string(self.maxReplicas) + ' at most'"
                  fieldPath: .replicas
                - { rule: self.zone == oldSelf.zone, message: zone is immutable, reason: FieldValueForbidden }
`
    await kubectl.apply(definition('fleets', 'Fleet', rules))
    await established('fleets')
    assert.equal(
      await kubectl.refused(
        ['create', '-f', '-'],
        object('Fleet', 'a', '{ replicas: 20, maxReplicas: 10, zone: north }'),
      ),
      'The Fleet "a" is invalid: spec.replicas: Invalid value: "object": replicas may be 10 at most\n',
    )
    await kubectl.apply(object('Fleet', 'a', '{ replicas: 2, maxReplicas: 10, zone: north }'))
    assert.equal(
      await kubectl.refused(
        ['apply', '-f', '-'],
        object('Fleet', 'a', '{ replicas: 20, maxReplicas: 10, zone: south }'),
      ),
      'The Fleet "a" is invalid: \n' +
        '* spec.replicas: Invalid value: "object": replicas may be 10 at most\n' +
        '* spec: Forbidden: zone is immutable\n',
    )
    assert.match(
      await kubectl.refused(['create', '-f', '-'], object('Fleet', 'b', '{ replicas: 20 }')),
      /spec\.maxReplicas: Required value\n\* <nil>: Invalid value: null: some validation rules were not checked/,
    )
  })

  test('an object that a stricter definition would refuse is only warned of until it is touched there', async () => {
    await kubectl.apply(definition('olds', 'Old', '[]'))
    await established('olds')
    await kubectl.apply(object('Old', 'a', '{ replicas: 20, maxReplicas: 10 }'))
    await kubectl.apply(definition('olds', 'Old', '[{ rule: self.replicas <= self.maxReplicas }]'))
    const probe = object('Old', 'probe', '{ replicas: 20, maxReplicas: 10 }')
    await until('the new rule holds', DEADLINE_MS, async () => {
      const { code } = await kubectl.run(['create', '--dry-run=server', '-f', '-'], probe)
      return code !== 0
    })
    const labelled = await kubectl.run(['label', 'old', 'a', 'team=x'])
    assert.equal(labelled.code, 0)
    assert.match(
      labelled.stderr,
      /Warning: spec: Invalid value: "object": failed rule: self\.replicas <= self\.maxReplicas/,
    )
    const patch = ['patch', 'old', 'a', '--type=merge', '-p', '{"spec":{"zone":"south"}}']
    assert.match(await kubectl.refused(patch), /failed rule: self\.replicas <= self\.maxReplicas/)
  })
})

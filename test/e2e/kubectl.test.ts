// kubectl against a server: what it prints is what it prints of a cluster.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, shareSignalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false

const WIDGETS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.gold.test }
spec:
  group: gold.test
  names: { plural: widgets, kind: Widget, shortNames: [wd] }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      additionalPrinterColumns: [{ name: Size, type: integer, jsonPath: .spec.size }]
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: { type: integer, minimum: 1, description: How big it is. }
                parts:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties: { name: { type: string }, v: { type: string } }
            status: { type: object, properties: { phase: { type: string } } }
`

const widget = (name: string, spec: string): string => `
apiVersion: gold.test/v1
kind: Widget
metadata: { name: ${name}, labels: { app: x } }
spec: ${spec}
`

const watched = (value: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: seen, labels: { watched: 'yes' } }
data: { ${value} }
`

const job = (name: string, spec: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec: { suspend: true, template: { spec: ${spec} } }
`

describe('kubectl', { skip }, () => {
  const signalbox = shareSignalbox()
  let kubectl: Kubectl
  before(() => {
    kubectl = new Kubectl(signalbox())
  })

  test('says which server it speaks to, and what that serves', async () => {
    assert.match(await kubectl.get('version'), /Server Version: v1\.32/)
    const resources = await kubectl.get('api-resources')
    assert.match(resources, /^jobs +batch\/v1 +true +Job$/m)
    assert.match(await kubectl.get('api-versions'), /^rbac\.authorization\.k8s\.io\/v1$/m)
  })

  test('creates by name, in the protobuf of its own structs', async () => {
    const said = [
      await kubectl.get('create', 'namespace', 'made'),
      await kubectl.get('create', 'configmap', 'c', '-n', 'made', '--from-literal=colour=blue'),
      await kubectl.get('create', 'secret', 'generic', 's', '-n', 'made', '--from-literal=k=v'),
      await kubectl.get('create', 'serviceaccount', 'me', '-n', 'made'),
      await kubectl.get('create', 'role', 'r', '-n', 'made', '--verb=get', '--resource=pods'),
      await kubectl.get('create', 'rolebinding', 'b', '-n', 'made', '--role=r', '--user=ann'),
      await kubectl.get('create', 'clusterrole', 'cr', '--verb=get', '--resource=namespaces'),
      await kubectl.get('create', 'clusterrolebinding', 'cb', '--clusterrole=cr', '--user=ann'),
    ]
    assert.deepEqual(said, [
      'namespace/made created\n',
      'configmap/c created\n',
      'secret/s created\n',
      'serviceaccount/me created\n',
      'role.rbac.authorization.k8s.io/r created\n',
      'rolebinding.rbac.authorization.k8s.io/b created\n',
      'clusterrole.rbac.authorization.k8s.io/cr created\n',
      'clusterrolebinding.rbac.authorization.k8s.io/cb created\n',
    ])
    const path = 'jsonpath={.data}'
    assert.equal(await kubectl.get('get', 'cm', 'c', '-n', 'made', '-o', path), '{"colour":"blue"}')
    assert.equal(await kubectl.get('get', 'secret', 's', '-n', 'made', '-o', path), '{"k":"dg=="}')
    assert.match(await kubectl.get('describe', 'rolebinding', 'b', '-n', 'made'), /User +ann/)
    assert.equal(await kubectl.get('delete', 'namespace', 'made'), 'namespace "made" deleted\n')
    const gone = await kubectl.refused(['get', 'namespace', 'made'])
    assert.equal(gone, 'Error from server (NotFound): namespaces "made" not found\n')
  })

  test('applies, shows the difference, patches, labels and deletes what a CRD describes', async () => {
    await kubectl.apply(WIDGETS)
    await kubectl.get('wait', '--for=condition=Established', 'crd/widgets.gold.test')
    const first = widget('w', '{ size: 3, parts: [{ name: a, v: "1" }] }')
    assert.equal(await kubectl.apply(first), 'widget.gold.test/w created\n')
    assert.equal(await kubectl.apply(first), 'widget.gold.test/w unchanged\n')
    const second = first.replace('size: 3', 'size: 4')
    const { code, stdout } = await kubectl.run(['diff', '-f', '-'], second)
    assert.equal(code, 1)
    assert.match(stdout, /^-  size: 3\n\+  size: 4$/m)
    assert.equal(await kubectl.apply(second), 'widget.gold.test/w configured\n')
    assert.match(await kubectl.get('get', 'wd'), /^NAME +SIZE\nw +4\n$/)
    assert.match(await kubectl.get('explain', 'widgets.spec.size'), /How big it is\./)
    assert.match(await kubectl.get('describe', 'wd', 'w'), /Size: +4/)
    const merge = ['patch', 'wd', 'w', '--type=merge', '-p', '{"spec":{"size":9}}']
    assert.equal(await kubectl.get(...merge), 'widget.gold.test/w patched\n')
    const strategic = await kubectl.refused(['patch', 'wd', 'w', '-p', '{"spec":{"size":9}}'])
    assert.match(strategic, /strategic-merge-patch\+json is not supported by gold\.test\/v1/)
    const status = '{"status":{"phase":"Good"}}'
    await kubectl.get('patch', 'wd', 'w', '--subresource=status', '--type=merge', '-p', status)
    await kubectl.get('wait', 'wd/w', '--for=jsonpath={.status.phase}=Good')
    await kubectl.get('label', 'wd', 'w', 'tier=front')
    assert.equal(
      await kubectl.get('get', 'wd', '-l', 'tier=front', '-o', 'name'),
      'widget.gold.test/w\n',
    )
    const conflict = await kubectl.run(['apply', '--server-side', '-f', '-'], second)
    assert.match(
      conflict.stderr,
      /conflict with "kubectl-patch" using gold\.test\/v1.*: \.spec\.size/,
    )
    const forced = await kubectl.apply(second, '--server-side', '--force-conflicts')
    assert.equal(forced, 'widget.gold.test/w serverside-applied\n')
    assert.equal(await kubectl.get('delete', 'wd', 'w'), 'widget.gold.test "w" deleted\n')
    await kubectl.get('delete', 'crd', 'widgets.gold.test')
    assert.match(await kubectl.refused(['get', 'wd']), /the server (could not find|doesn't have)/)
  })

  test('watches, with rows as they change', async (context) => {
    const printed = kubectl.follow(context, 'get', 'cm', '-w', '-l', 'watched=yes')
    await kubectl.apply(watched('a: "1"'))
    await until('the object is seen', DEADLINE_MS, () => /^seen +1 /m.test(printed()))
    await kubectl.apply(watched('a: "1", b: "2"'))
    await until('the change is seen', DEADLINE_MS, () => /^seen +2 /m.test(printed()))
  })

  test('asks who may do what', async () => {
    assert.equal(await kubectl.get('auth', 'can-i', 'create', 'jobs'), 'yes\n')
    assert.match(await kubectl.get('auth', 'whoami'), /Username +signalbox:dev/)
    assert.match(await kubectl.get('auth', 'can-i', '--list'), /\*\.\*/)
  })

  test('tells a newcomer what is wrong with a manifest, as a cluster does', async () => {
    const one = 'containers: [{ name: a, image: x'
    const cases: readonly (readonly [manifest: string, told: string | RegExp])[] = [
      [
        'apiVersion: v1\nkind: Nope\nmetadata: { name: a }\n',
        'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Nope" in version "v1"\nensure CRDs are installed first\n',
      ],
      [
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: nowhere }\n',
        'Error from server (NotFound): error when creating "STDIN": namespaces "nowhere" not found\n',
      ],
      [
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\nbogus: 1\n',
        'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"\n',
      ],
      [
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: B_ }\n',
        /^The ConfigMap "B_" is invalid: metadata\.name: Invalid value: "B_": a lowercase RFC 1123 subdomain must consist of/,
      ],
      [
        job('a', `{ restartPolicy: Never, ${one}, env: [{ name: A, value: true }] }] }`),
        'Error from server (BadRequest): error when creating "STDIN": Job in version "v1" cannot be handled as a Job: json: cannot unmarshal bool into Go struct field EnvVar.spec.template.spec.containers.env.value of type string\n',
      ],
      [
        job('a', `{ ${one} }] }`),
        'The Job "a" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"\n',
      ],
      [
        job('a', `{ restartPolicy: Never, ${one} }] }`).replace('suspend', 'suspended'),
        'Error from server (BadRequest): error when creating "STDIN": Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.suspended"\n',
      ],
      [
        job('a'.repeat(64), `{ restartPolicy: Never, ${one} }] }`),
        /is invalid: spec\.template\.labels: Invalid value: "a{64}": must be no more than 63 characters/,
      ],
    ]
    for (const [manifest, told] of cases) {
      const said = await kubectl.refused(['apply', '-f', '-'], manifest)
      if (typeof told === 'string') assert.equal(said, told)
      else assert.match(said, told)
    }
  })
})

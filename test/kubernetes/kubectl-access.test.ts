// Who may do what, as kubectl shows it.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { shareSignalbox } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false

describe('kubectl and rights', { skip }, () => {
  const signalbox = shareSignalbox()
  let kubectl: Kubectl
  before(() => {
    kubectl = new Kubectl(signalbox())
  })

  test('a binding lets somebody in, and its deletion shuts him out at once', async () => {
    const bob = ['--as', 'bob']
    assert.equal(
      await kubectl.refused(['get', 'configmaps', ...bob]),
      'Error from server (Forbidden): configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"\n',
    )
    await kubectl.get('create', 'rolebinding', 'bob', '--clusterrole=edit', '--user=bob')
    await kubectl.get('create', 'configmap', 'his', '--from-literal=a=b', ...bob)
    assert.equal(await kubectl.get('auth', 'can-i', 'create', 'jobs.batch', ...bob), 'yes\n')
    const { stdout } = await kubectl.run(['auth', 'can-i', 'create', 'roles', ...bob])
    assert.equal(stdout, 'no\n')
    await kubectl.get('delete', 'configmaps', '--all', ...bob)
    await kubectl.get('delete', 'rolebinding', 'bob')
    assert.match(await kubectl.refused(['get', 'configmaps', ...bob]), /bob" cannot list/)
  })

  test('nobody gives away what he does not hold', async () => {
    await kubectl.get('create', 'rolebinding', 'ann', '--clusterrole=admin', '--user=ann')
    const grant = ['create', 'rolebinding', 'up', '--clusterrole=cluster-admin', '--user=ann']
    assert.match(
      await kubectl.refused([...grant, '--as', 'ann']),
      /"up" is forbidden: user "ann" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:/,
    )
    await kubectl.get('create', 'role', 'r', '--verb=get', '--resource=pods', '--as', 'ann')
    assert.match(await kubectl.get('auth', 'can-i', '--list', '--as', 'ann'), /roles\.rbac\.auth/)
  })

  test('who comes without credentials to a server under dev is somebody who may do everything', async () => {
    assert.match(await kubectl.get('auth', 'whoami'), /signalbox:dev/)
  })
})

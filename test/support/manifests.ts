// Manifests applied as kubectl would, without kubectl: server-side apply over plain HTTP.

import assert from 'node:assert/strict'
import { parseManifests } from '../../src/base/index.ts'
import type { KubeObject } from '../../src/objects/index.ts'
import type { Signalbox } from './signalbox.ts'

function pathOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `${group}${place}/${kind.toLowerCase()}s/${name}`
}

/** Every object of a manifest, those of namespaced kinds with their namespace. */
export async function applyManifest(signalbox: Signalbox, manifest: string): Promise<void> {
  for (const object of parseManifests(manifest) as readonly KubeObject[]) {
    const answer = await fetch(
      new URL(`${pathOf(object)}?fieldManager=test&force=true`, signalbox.url),
      {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/apply-patch+yaml' },
        body: JSON.stringify(object),
      },
    )
    const text = await answer.text()
    assert.ok(answer.ok, text)
  }
}

/** Undefined when it is not there. */
export async function findObject(
  signalbox: Signalbox,
  key: {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly namespace?: string
  },
): Promise<KubeObject | undefined> {
  const { apiVersion, kind, ...metadata } = key
  const answer = await fetch(new URL(pathOf({ apiVersion, kind, metadata }), signalbox.url))
  if (answer.status === 404) return undefined
  return (await answer.json()) as KubeObject
}

export async function deleteObject(
  signalbox: Signalbox,
  key: Parameters<typeof findObject>[1],
): Promise<void> {
  const { apiVersion, kind, ...metadata } = key
  const url = new URL(pathOf({ apiVersion, kind, metadata }), signalbox.url)
  const answer = await fetch(url, { method: 'DELETE' })
  assert.ok(answer.ok, await answer.text())
}

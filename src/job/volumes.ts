// The volumes of a pod, as folders on this machine: ConfigMaps and Secrets written out, empty ones made. They are the
// pod's own and go with it.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { EnvironmentError, missing, readData } from './environment.ts'
import type { Mount } from './executor.ts'
import { type Container, podSpecOf, type ProjectedVolume, type Volume } from './objects.ts'

const OWNER_ONLY = 0o700
const OWNER_READS = 0o600

/** Writes what the pod's volumes hold below `directory`; rejects with an `EnvironmentError`. */
export async function writeVolumes(
  client: KubeClient,
  pod: KubeObject,
  directory: string,
): Promise<void> {
  for (const volume of podSpecOf(pod).volumes ?? []) {
    const root = volumeFolder(directory, volume.name)
    await mkdir(root, { recursive: true, mode: OWNER_ONLY })
    if (volume.secret !== undefined) {
      const { secretName = '' } = volume.secret
      await writeData({ client, pod, kind: 'Secret', name: secretName, root }, volume.secret)
    } else if (volume.configMap !== undefined) {
      const { name = '' } = volume.configMap
      await writeData({ client, pod, kind: 'ConfigMap', name, root }, volume.configMap)
    } else if (volume.emptyDir === undefined) throw notServed(volume)
  }
}

export function mountsOf(
  { volumeMounts = [] }: Container,
  pod: KubeObject,
  directory: string,
): readonly Mount[] {
  const volumes = podSpecOf(pod).volumes ?? []
  return volumeMounts.map(({ name, mountPath, subPath = '', readOnly = false }) => {
    const volume = volumes.find((one) => one.name === name)
    if (volume === undefined) throw new EnvironmentError(`volume \`${name}\` is not in the pod`)
    const source = join(volumeFolder(directory, name), inside(subPath))
    return { source, path: mountPath, isReadOnly: readOnly || volume.emptyDir === undefined }
  })
}

function volumeFolder(directory: string, name: string): string {
  return join(directory, 'volumes', inside(name))
}

interface DataWish {
  readonly client: KubeClient
  readonly pod: KubeObject
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly root: string
}

async function writeData(
  { client, pod, kind, name, root }: DataWish,
  { items, optional = false }: ProjectedVolume,
): Promise<void> {
  const data = await readData(client, pod, kind, name)
  if (data === undefined) {
    if (optional) return
    throw missing(kind, name)
  }
  const wanted = items ?? Array.from(data.keys(), (key) => ({ key, path: key }))
  for (const { key, path } of wanted) {
    const value = data.get(key)
    if (value === undefined) {
      if (optional) continue
      throw new EnvironmentError(`references non-existent config key: ${key}`)
    }
    const file = join(root, inside(path))
    await mkdir(dirname(file), { recursive: true, mode: OWNER_ONLY })
    await writeFile(file, value, { mode: OWNER_READS })
  }
}

/** A path of a manifest's can name nothing outside. */
function inside(path: string): string {
  const plain = normalize(path)
  if (plain.startsWith('/') || plain === '..' || plain.startsWith('../'))
    throw new EnvironmentError(`path \`${path}\` leads out of its volume`)
  return plain
}

function notServed({ name, ...rest }: Volume): EnvironmentError {
  const [sort = 'none'] = Object.keys(rest)
  return new EnvironmentError(
    `volume \`${name}\` is of a sort that is not served, \`${sort}\`; served are configMap, secret and emptyDir`,
  )
}

// Runs images with podman: each container without capabilities, with a bound on its processes, on the host's network so
// that it reaches this server on loopback. A container outlives the server; the next one finds it by its name.

import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expand } from './environment.ts'
import {
  type ContainerExit,
  type ContainerStart,
  type Executor,
  type RunningContainer,
  StartError,
} from './executor.ts'
import { PODMAN_PULL_MS } from './limits.ts'
import type { Podman } from './podman.ts'
import { PodmanError } from './podman.ts'
import { parseQuantity } from './quantity.ts'

export interface PodmanExecutorOptions {
  readonly podman: Podman
  /** Images may be fetched from their registries. */
  readonly mayPull: boolean
}

/** Podman's own exit code for what it could not do itself. */
const OWN_FAILURE = 125
const PIDS_MAX = 512
const FILES_MAX = 1024
const PROCESSES_MAX = 4096
const WAIT_FOREVER_MS = 0
const SECOND_MS = 1000

export class PodmanExecutor implements Executor {
  readonly name = 'podman'
  readonly #podman: Podman
  readonly #mayPull: boolean

  constructor({ podman, mayPull }: PodmanExecutorOptions) {
    this.#podman = podman
    this.#mayPull = mayPull
  }

  serves(image: string): boolean {
    return image !== ''
  }

  async start(start: ContainerStart): Promise<RunningContainer> {
    await this.#fetch(start)
    try {
      await this.#podman.call(['run', '--detach', ...runArgs(start)])
    } catch (error) {
      await this.#remove([start.id])
      if (!(error instanceof PodmanError)) throw error
      throw new StartError('CreateContainerError', error.message)
    } finally {
      rmSync(envFile(start), { force: true })
    }
    return this.#running(start)
  }

  async adopt(start: ContainerStart): Promise<RunningContainer | undefined> {
    return (await this.#exists('container', start.id)) ? this.#running(start) : undefined
  }

  async remove(podUid: string): Promise<void> {
    const filter = `label=signalbox.uid=${podUid}`
    const found = await this.#podman.call(['ps', '--all', '--quiet', '--filter', filter])
    const ids = found.split('\n').filter((id) => id !== '')
    if (ids.length > 0) await this.#remove(ids)
  }

  async #remove(ids: readonly string[]): Promise<void> {
    await this.#podman.call(['rm', '--force', '--ignore', '--time', '0', ...ids])
  }

  async #fetch({ container }: ContainerStart): Promise<void> {
    const { image = '', imagePullPolicy = 'IfNotPresent' } = container
    const isHere = await this.#exists('image', image)
    if (imagePullPolicy === 'Never' || !this.#mayPull) {
      if (isHere) return
      if (imagePullPolicy === 'Never')
        throw new StartError(
          'ErrImageNeverPull',
          `Container image "${image}" is not present with pull policy of Never`,
        )
      throw new StartError(
        'ErrImagePull',
        `failed to pull image "${image}": it is not on this machine, and \`podman: local\` fetches none`,
      )
    }
    if (isHere && imagePullPolicy === 'IfNotPresent') return
    try {
      await this.#podman.call(['pull', '--quiet', image], PODMAN_PULL_MS)
    } catch (error) {
      if (!(error instanceof PodmanError)) throw error
      throw new StartError('ErrImagePull', `failed to pull image "${image}": ${error.message}`)
    }
  }

  async #exists(sort: 'image' | 'container', name: string): Promise<boolean> {
    try {
      await this.#podman.call([sort, 'exists', name])
      return true
    } catch (error) {
      if (error instanceof PodmanError && error.code === 1) return false
      if (error instanceof PodmanError && error.code === OWN_FAILURE && sort === 'image')
        throw new StartError(
          'InvalidImageName',
          `failed to parse image "${name}": ${error.message}`,
        )
      throw error
    }
  }

  #running(start: ContainerStart): RunningContainer {
    const { id } = start
    const left = new AbortController()
    const said = this.#listen(start, left.signal)
    return {
      containerId: `podman://${id}`,
      ended: this.#ended(id, said, left.signal),
      leave: () => left.abort(),
      stop: (graceMs) => {
        const seconds = String(Math.ceil(graceMs / SECOND_MS))
        const timeoutMs = graceMs + PODMAN_PULL_MS
        // What fails here is told by the container that goes on, or by the next look at it.
        this.#podman.call(['stop', '--time', seconds, id], timeoutMs).catch(() => undefined)
      },
    }
  }

  /** Resolves when all has been said. */
  #listen({ id, onOutput }: ContainerStart, signal: AbortSignal): Promise<void> {
    const child = spawn('podman', this.#podman.args('logs', '--follow', id), {
      env: this.#podman.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    })
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (bytes: Buffer) => onOutput(stream, bytes))
    return new Promise((resolve) => {
      child.once('error', () => resolve())
      child.once('close', () => resolve())
    })
  }

  async #ended(id: string, said: Promise<void>, signal: AbortSignal): Promise<ContainerExit> {
    const exitCode = Number(await this.#podman.call(['wait', id], WAIT_FOREVER_MS, signal))
    await said
    const isStarved = await this.#podman
      .call(['inspect', '--format', '{{.State.OOMKilled}}', id])
      .then((text) => text.trim() === 'true')
      .catch(() => false)
    if (exitCode === 0) return { exitCode, reason: 'Completed' }
    return { exitCode, reason: isStarved ? 'OOMKilled' : 'Error' }
  }
}

function runArgs(start: ContainerStart): readonly string[] {
  const { id, podUid, podName, namespace, container, mounts, hostname, env } = start
  const { image = '', command = [], args = [], workingDir, resources = {} } = container
  const { memory, cpu } = resources.limits ?? {}
  const [entry, ...rest] = command.map((one) => expand(one, env))
  return [
    '--name',
    id,
    '--label',
    `signalbox.pod=${namespace}/${podName}`,
    '--label',
    `signalbox.uid=${podUid}`,
    '--network',
    'host',
    '--log-driver',
    'k8s-file',
    '--pull',
    'never',
    '--cap-drop',
    'all',
    '--security-opt',
    'no-new-privileges',
    // Without these podman asks for more than a user without CAP_SYS_RESOURCE can have.
    '--ulimit',
    `nofile=${FILES_MAX}:${FILES_MAX}`,
    '--ulimit',
    `nproc=${PROCESSES_MAX}:${PROCESSES_MAX}`,
    '--pids-limit',
    String(PIDS_MAX),
    ...(memory === undefined ? [] : ['--memory', String(Math.ceil(parseQuantity(memory)))]),
    ...(cpu === undefined ? [] : ['--cpus', String(parseQuantity(cpu))]),
    '--env',
    `HOSTNAME=${hostname}`,
    ...envArgs(start),
    ...mounts.flatMap(({ source, path, isReadOnly }) => [
      '--volume',
      `${source}:${path}${isReadOnly ? ':ro' : ''}`,
    ]),
    ...(workingDir === undefined ? [] : ['--workdir', workingDir]),
    ...(entry === undefined ? [] : ['--entrypoint', JSON.stringify([entry])]),
    image,
    ...rest,
    ...args.map((one) => expand(one, env)),
  ]
}

/** By a file that only we can read: a command line can be read by everybody. */
function envArgs(start: ContainerStart): readonly string[] {
  const broken = Array.from(start.env).find(([, value]) => /[\n\r]/.test(value))
  if (broken !== undefined)
    throw new StartError(
      'CreateContainerError',
      `variable \`${broken[0]}\` has more than one line, which podman cannot be told`,
    )
  const lines = Array.from(start.env, ([name, value]) => `${name}=${value}\n`)
  writeFileSync(envFile(start), lines.join(''), { mode: 0o600 })
  return ['--env-file', envFile(start)]
}

function envFile({ directory }: ContainerStart): string {
  return join(directory, 'environment')
}

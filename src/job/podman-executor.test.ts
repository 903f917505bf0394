// Containers that podman runs, where it is there.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test, type TestContext } from 'node:test'
import { type ContainerStart, StartError } from './executor.ts'
import type { Container } from './objects.ts'
import { Podman } from './podman.ts'
import { PodmanExecutor } from './podman-executor.ts'

const BUSYBOX = '/bin/busybox'
const IMAGE = 'localhost/signalbox-test:1'
const options = { path: process.env['PATH'] ?? '', home: process.env['HOME'] ?? '/' }

/** Why these cannot run here; undefined when they can. */
function lacks(): string | undefined {
  if (spawnSync('podman', ['--version']).status !== 0) return 'podman is not installed'
  return existsSync(BUSYBOX) ? undefined : 'busybox-static is not installed'
}

let executor: PodmanExecutor

/** An image made of one program, with no registry. */
function importImage(podman: Podman): void {
  const root = mkdtempSync(join(tmpdir(), 'signalbox-image-'))
  try {
    for (const folder of ['bin', 'tmp', 'etc']) mkdirSync(join(root, folder))
    copyFileSync(BUSYBOX, join(root, 'bin/sh'))
    copyFileSync(BUSYBOX, join(root, 'bin/busybox'))
    const archive = join(root, '..', `${root.split('/').at(-1)}.tar`)
    execFileSync('tar', ['-C', root, '-cf', archive, '.'])
    execFileSync('podman', podman.args('import', '--quiet', archive, IMAGE), { stdio: 'ignore' })
    rmSync(archive)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

interface Said {
  readonly start: ContainerStart
  readonly text: () => string
}

function startOf(context: TestContext, container: Partial<Container>, more: object = {}): Said {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-podman-'))
  const podUid = `test-${directory.split('-').at(-1)!.toLowerCase()}`
  context.after(async () => {
    await executor.remove(podUid)
    rmSync(directory, { recursive: true, force: true })
  })
  let text = ''
  return {
    text: () => text,
    start: {
      id: `signalbox-${podUid}-main-0`,
      podUid,
      podName: 'p',
      namespace: 'default',
      container: { name: 'main', image: IMAGE, ...container },
      env: new Map(),
      mounts: [],
      directory,
      hostname: 'p',
      onOutput: (_, bytes) => (text += Buffer.from(bytes).toString()),
      ...more,
    },
  }
}

const shell = (script: string): Partial<Container> => ({ command: ['/bin/sh', '-c', script] })

describe('podman', { skip: lacks() ?? false, concurrency: false }, () => {
  before(async () => {
    const podman = await Podman.probe(options, (reason) => assert.fail(reason))
    executor = new PodmanExecutor({ podman: podman!, mayPull: false })
    importImage(podman!)
  })

  test('runs a container with its variables and volumes, and hears what it says', async (context) => {
    const source = mkdtempSync(join(tmpdir(), 'signalbox-volume-'))
    context.after(() => rmSync(source, { recursive: true }))
    writeFileSync(join(source, 'a'), 'from the volume')
    const script = 'echo "$COLOUR $HOSTNAME"; busybox cat /data/a; exit 4'
    const { start, text } = startOf(context, shell(script), {
      env: new Map([['COLOUR', 'blue']]),
      mounts: [{ source, path: '/data', isReadOnly: true }],
    })
    const running = await executor.start(start)
    assert.deepEqual(await running.ended, { exitCode: 4, reason: 'Error' })
    assert.equal(text(), 'blue p\nfrom the volume')
  })

  test('stops a container when it is asked to', async (context) => {
    const { start } = startOf(context, shell('trap "" TERM; while true; do busybox sleep 1; done'))
    const running = await executor.start(start)
    running.stop(1000)
    assert.equal((await running.ended).exitCode, 137)
  })

  test('goes on with a container that another server started', async (context) => {
    const { start } = startOf(context, shell('echo one; busybox sleep 1; echo two'))
    const first = await executor.start(start)
    first.leave()
    first.ended.catch(() => undefined)
    let text = ''
    const second = await executor.adopt({
      ...start,
      onOutput: (_, bytes) => (text += Buffer.from(bytes).toString()),
    })
    assert.equal((await second!.ended).exitCode, 0)
    assert.equal(text, 'one\ntwo\n')
    assert.equal(await executor.adopt({ ...start, id: `${start.id}-other` }), undefined)
  })

  test('says why an image is not run', async (context) => {
    const reasonOf = async (container: Partial<Container>): Promise<string> => {
      const { start } = startOf(context, container)
      try {
        await executor.start(start)
      } catch (error) {
        assert.ok(error instanceof StartError, String(error))
        return error.reason
      }
      return 'started'
    }
    assert.equal(await reasonOf({ image: 'localhost/nowhere:1' }), 'ErrImagePull')
    const never = { image: 'localhost/nowhere:1', imagePullPolicy: 'Never' } as const
    assert.equal(await reasonOf(never), 'ErrImageNeverPull')
    assert.equal(await reasonOf({ command: ['/no/such/program'] }), 'CreateContainerError')
  })
})

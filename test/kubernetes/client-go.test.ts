// Programs in Go do with this server what they do with a cluster, over HTTPS, by the libraries that kubectl and all
// controllers are made of.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from '../../tools/services/process.ts'
import { BUILD_MS, goLacks, goProgram } from '../support/go-program.ts'
import { HTTPS, Https } from '../support/https.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('client-go', import.meta.url))

describe('client-go works against it', { skip: goLacks() ?? false, timeout: BUILD_MS }, () => {
  let program: string
  before(
    async () => {
      program = await goProgram(FOLDER)
    },
    { timeout: BUILD_MS },
  )

  async function found(context: TestContext, command: string): Promise<Record<string, unknown>> {
    const signalbox = await Signalbox.open(context, { config: HTTPS })
    const args = [command, await kubeconfigOf(signalbox)]
    const { stdout } = await run(program, args, { timeout: DEADLINE_MS })
    return JSON.parse(stdout) as Record<string, unknown>
  }

  test('it lists in pages, patches in every way, deletes many, and knows each refusal', async (context) => {
    assert.deepEqual(await found(context, 'objects'), {
      pages: [['a', 'b'], ['c', 'd'], ['e']],
      'application/json-patch+json': { data: { k: 'json' }, labels: { of: 'go' } },
      'application/merge-patch+json': { data: { merged: 'yes' }, labels: { of: 'go' } },
      'application/strategic-merge-patch+json': {
        data: { merged: 'yes' },
        labels: { of: 'go', strategic: 'yes' },
      },
      refused: [true, true, true, true],
      precondition: true,
      left: 0,
    })
  })

  test('it watches on from where its list ended, and what is no longer selected is deleted', async (context) => {
    assert.deepEqual(await found(context, 'watch'), [
      'ADDED between',
      'DELETED between',
      'DELETED before',
    ])
  })

  test('it applies, meets a conflict, takes by force, and finds what is its own', async (context) => {
    assert.deepEqual(await found(context, 'apply'), {
      conflict: true,
      data: { a: '2' },
      owned: { a: '2' },
    })
  })

  test('it discovers our own kinds and applies them', async (context) => {
    assert.deepEqual(await found(context, 'rules'), {
      pattern: '{"source":["go"]}',
      invalid: true,
      known: true,
      minor: '32',
    })
  })

  test('an informer goes on over kill -9 of the server, without a gap and without listing anew', async (context) => {
    const [port] = await freePorts(1)
    const config = `https: { listen: on, port: ${port} }\n`
    const signalbox = await Signalbox.open(context, { config })
    const informer = inform(context, await kubeconfigOf(signalbox))
    const https = new Https(signalbox)
    const kubectl = async (...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await https.kubectl(...args)
      assert.equal(code, 0, stderr)
    }
    const make = async (name: string): Promise<void> => {
      await kubectl('create', 'configmap', name, '--from-literal=k=0')
      await kubectl('label', 'configmap', name, 'of=go')
    }
    await informer.until('synced')
    await make('kept')
    await informer.until('add kept 0')
    await signalbox.end('SIGKILL')
    await signalbox.start()
    // It has not come back yet, and must be told of each change by then.
    for (const k of ['1', '2', '3'])
      await kubectl('patch', 'configmap', 'kept', '-p', JSON.stringify({ data: { k } }))
    await make('new')
    await kubectl('delete', 'configmap', 'kept')
    await informer.until('add new 0', 'delete kept 3')
    await signalbox.end('SIGTERM')
    await signalbox.start()
    await kubectl('patch', 'configmap', 'new', '-p', '{"data":{"k":"4"}}')
    await informer.until('update new 4')
    // The library hands on what happened object by object.
    const said = await informer.end()
    assert.deepEqual(
      said.filter((line) => line.includes(' kept ')),
      ['add kept 0', 'update kept 1', 'update kept 2', 'update kept 3', 'delete kept 3'],
    )
    assert.deepEqual(
      said.filter((line) => line.includes(' new ')),
      ['add new 0', 'update new 4'],
    )
    assert.equal(said.at(-1), '{"lists":1}')
  })

  interface Informing {
    until(...lines: readonly string[]): Promise<void>
    /** All that it said. */
    end(): Promise<readonly string[]>
  }

  function inform(context: TestContext, kubeconfig: string): Informing {
    const child = spawn(program, ['inform', kubeconfig])
    context.after(() => child.kill('SIGKILL'))
    let said = ''
    let complaints = ''
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()))
    const lines = (): readonly string[] => said.split('\n').slice(0, -1)
    return {
      until: (...wanted) =>
        until(`the informer says ${wanted.join(', ')}`, 3 * DEADLINE_MS, () => {
          if (child.exitCode !== null) throw new Error(`it ended: ${said}${complaints}`)
          return wanted.every((one) => lines().includes(one))
        }),
      async end() {
        child.stdin.end('end\n')
        await until('the informer ends', DEADLINE_MS, () => child.exitCode !== null)
        return lines()
      },
    }
  }
})

async function kubeconfigOf(signalbox: Signalbox): Promise<string> {
  const path = join(signalbox.folder, 'go.kubeconfig')
  await signalbox.ownCli('kubeconfig', '--write', path)
  return path
}

// What a person has in front of them: a checkout, a terminal with the server in it and one to type into. Pages
// of documentation are pasted here; only the port numbers are changed, so that it can run beside others.

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from '../../tools/tree.ts'

const DEADLINE_MS = 60_000

/** A folder that looks like the checkout and keeps what the README leaves behind out of it. */
export function makeCheckout(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-readme-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    cpSync(join(ROOT, name), join(folder, name))
  }
  for (const name of ['bin', 'src', 'node_modules', 'console', 'tools']) {
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(folder, name))
  }
  return folder
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Two terminals in one folder: one holds the server, the other is a shell that text is pasted into. */
export class Terminals {
  readonly #folder: string
  readonly #ports: { readonly server: number; readonly webhook: number }
  readonly #servers: ChildProcess[] = []
  readonly #shell: ChildProcess
  #printed = ''
  #pastes = 0

  static async open(context: TestContext, folder: string): Promise<Terminals> {
    const ports = { server: await freePort(), webhook: await freePort() }
    const terminals = new Terminals(folder, ports)
    context.after(() => terminals.close())
    return terminals
  }

  private constructor(
    folder: string,
    ports: { readonly server: number; readonly webhook: number },
  ) {
    this.#folder = folder
    this.#ports = ports
    this.#shell = this.#spawn(['-s'])
    const keep = (chunk: Buffer): void => void (this.#printed += chunk.toString())
    this.#shell.stdout!.on('data', keep)
    this.#shell.stderr!.on('data', keep)
    this.#shell.stdin!.write(`trap 'echo "failed: $BASH_COMMAND"' ERR\n`)
  }

  async startServer(text: string): Promise<void> {
    const child = this.#spawn(['-c', this.#localize(text)])
    this.#servers.push(child)
    let errors = ''
    child.stderr!.on('data', (chunk: Buffer) => void (errors += chunk.toString()))
    const deadline = Date.now() + DEADLINE_MS
    while (!(await isAnswering(`http://127.0.0.1:${this.#ports.server}/readyz`))) {
      assert.ok(child.exitCode === null && Date.now() < deadline, `no server:\n${errors}`)
      await delay(100)
    }
  }

  /** Answers what the text printed; a command that fails is a failure of the README. */
  async paste(text: string): Promise<string> {
    this.#pastes += 1
    const end = `--- end of paste ${this.#pastes}`
    this.#printed = ''
    this.#shell.stdin!.write(`${this.#localize(text)}\necho '${end}'\n`)
    const deadline = Date.now() + DEADLINE_MS
    while (!this.#printed.includes(end)) {
      assert.ok(Date.now() < deadline, `${text}\nstill runs:\n${this.#printed}`)
      await delay(50)
    }
    assert.doesNotMatch(this.#printed, /^failed: /m, text)
    return this.#printed
  }

  close(): void {
    for (const child of [this.#shell, ...this.#servers]) endGroup(child)
  }

  #spawn(options: readonly string[]): ChildProcess {
    return spawn('bash', options, {
      cwd: this.#folder,
      env: { ...plainEnvironment(), SIGNALBOX_PORT: String(this.#ports.server), AWS_PAGER: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
  }

  #localize(text: string): string {
    return text
      .replaceAll('4566', String(this.#ports.server))
      .replaceAll('8099', String(this.#ports.webhook))
  }
}

/** Without what is meant for the tests: a server refuses options it does not know. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('SIGNALBOX_')))
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

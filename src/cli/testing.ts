// What tests need to run commands in process: an io whose outputs are kept as text.

import { type Random, seededRandom, systemClock } from '../base/index.ts'
import type { CliIo, Output } from './io.ts'

export interface TestIo extends CliIo {
  readonly out: CapturedOutput
  readonly err: CapturedOutput
}

/** An output that keeps what was written, and lets a test wait for a text. */
export class CapturedOutput implements Output {
  readonly isTty: boolean
  text = ''
  #waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = []

  constructor(isTty: boolean) {
    this.isTty = isTty
  }

  write(text: string): undefined {
    this.text += text
    this.#waiting = this.#waiting.filter(({ pattern, resolve }) => {
      if (!pattern.test(this.text)) return true
      resolve()
      return false
    })
  }

  /** Resolves once what was written matches. */
  waitFor(pattern: RegExp): Promise<void> {
    if (pattern.test(this.text)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }))
  }
}

export function createTestIo(parts: Partial<CliIo> & { readonly isTty?: boolean } = {}): TestIo {
  const random: Random = seededRandom(7)
  const out = new CapturedOutput(parts.isTty ?? false)
  const err = new CapturedOutput(parts.isTty ?? false)
  return {
    stdin: noInput(),
    env: {},
    cwd: '/',
    clock: systemClock,
    random,
    signal: new AbortController().signal,
    serve: () => Promise.resolve(0),
    ...parts,
    out,
    err,
    stdout: out,
    stderr: err,
  }
}

async function* noInput(): AsyncGenerator<Uint8Array> {}

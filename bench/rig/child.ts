// A child process of the benchmark: started with its options, listened to, asked, and always ended.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export interface Child {
  readonly pid: number
  /** The next message of this kind. */
  message<T>(kind: string): Promise<T>
  ask<T>(question: string): Promise<T>
  end(): Promise<void>
}

interface Message {
  readonly kind: string
}

const MESSAGE_DEADLINE_MS = 180_000

export function startChild(file: URL, options: object): Child {
  const child = fork(file, [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting: Message[] = []
  const listeners = new Set<(message: Message | undefined) => void>()
  child.on('message', (message: Message) => {
    waiting.push(message)
    for (const listener of listeners) listener(message)
  })
  child.on('exit', () => {
    for (const listener of listeners) listener(undefined)
  })
  const message = async <T>(kind: string): Promise<T> =>
    (await next({ child, waiting, listeners }, kind)) as T
  return {
    pid: child.pid!,
    message,
    async ask<T>(question: string): Promise<T> {
      child.send(question)
      return message<T>('report')
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

interface Inbox {
  readonly child: ChildProcess
  readonly waiting: Message[]
  readonly listeners: Set<(message: Message | undefined) => void>
}

function next({ child, waiting, listeners }: Inbox, kind: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('said nothing in time')), MESSAGE_DEADLINE_MS)
    listeners.add(look)
    look()
    if (child.exitCode !== null) settle(new Error(`ended with ${child.exitCode}`))

    function look(message?: Message): void {
      const index = waiting.findIndex((candidate) => candidate.kind === kind)
      if (index !== -1) settle(waiting.splice(index, 1)[0]!)
      else if (message === undefined && child.exitCode !== null) settle(new Error('ended'))
    }

    function settle(outcome: Message | Error): void {
      clearTimeout(timer)
      listeners.delete(look)
      if (outcome instanceof Error) {
        reject(new Error(`${child.spawnargs[1]} while \`${kind}\` was awaited: ${outcome.message}`))
      } else resolve(outcome)
    }
  })
}

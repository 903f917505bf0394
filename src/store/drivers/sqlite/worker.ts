// Where both workers begin.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { postFatal } from './inbox.ts'
import type { WorkerOptions } from './protocol.ts'
import { startReader } from './reader.ts'
import { startWriter } from './writer.ts'

if (parentPort !== null) start(parentPort, workerData as WorkerOptions)

function start(port: MessagePort, options: WorkerOptions): void {
  try {
    if (options.role === 'writer') startWriter(port, options)
    else startReader(port, options)
  } catch (error) {
    postFatal(port, error, true)
  }
}

// Where both workers begin: they load side by side, and open the database when they are told to.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { postFatal } from './inbox.ts'
import type { ToWorker, WorkerOptions } from './protocol.ts'
import { startReader } from './reader.ts'
import { startWriter } from './writer.ts'

const port = parentPort
if (port === null) throw new Error('expected the store worker to be started as a worker thread')

port.once('message', (first: ToWorker) => {
  if (first.kind === 'open') start(port, workerData as WorkerOptions)
  else port.close()
})

function start(port: MessagePort, options: WorkerOptions): void {
  try {
    if (options.role === 'writer') startWriter(port, options)
    else startReader(port, options)
  } catch (error) {
    postFatal(port, error, true)
  }
}

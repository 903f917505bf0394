// Runs a Node function's handler(event, context) for its parent process, one event at a time.
//
// argv: handler file, exported names to try (comma-separated). The control pipe is file descriptor 3; its
// frames are described in frames.ts. A worker thread reads that pipe: when the parent is gone the pipe ends,
// and this process and all it started go at once, also while the handler keeps the main thread busy.

import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const CONTROL = 3
const ERROR_MESSAGE_LENGTH_MAX = 2048
const TRACE_LINES_MAX = 32
const TRACE_LINE_LENGTH_MAX = 512
const PREFIX_SIZE_BYTES = 8

if (isMainThread) await main()
else readRequests()

async function main() {
  const [file, names] = process.argv.slice(2)
  const reader = new Worker(new URL(import.meta.url), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8 },
  })
  let handler
  try {
    handler = await loadHandler(file, names.split(','))
  } catch (error) {
    console.error(error)
    reply({ kind: 'unloadable', error: describe(error) })
    process.exit(1)
  }
  let current
  // What a handler throws outside of its promise ends the process; say first why.
  process.on('uncaughtExceptionMonitor', (error) => {
    if (current !== undefined) {
      reply({ kind: 'error', requestId: current, error: describe(error) })
    }
  })
  reader.on('message', async ({ header, payload }) => {
    current = header.requestId
    await invoke(handler, header, payload)
    current = undefined
  })
  reply({ kind: 'ready' })
}

async function invoke(handler, header, payload) {
  const { requestId } = header
  if (header.traceHeader !== undefined) process.env._X_AMZN_TRACE_ID = header.traceHeader
  let result
  try {
    result = Buffer.from(JSON.stringify((await call(handler, header, payload)) ?? null))
  } catch (error) {
    console.error(error)
    await flushOutput()
    reply({ kind: 'error', requestId, error: describe(error) })
    return
  }
  await flushOutput()
  reply({ kind: 'result', requestId }, result)
}

/** What was printed is in its pipe before the reply is in the other. */
async function flushOutput() {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve))
  }
}

function call(handler, header, payload) {
  const event = parseEvent(payload)
  const context = createContext(header)
  if (handler.length < 3) return handler(event, context)
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, result) => {
      if (error === null || error === undefined) resolve(result)
      else reject(error)
    })
    if (typeof returned?.then === 'function') returned.then(resolve, reject)
  })
}

function createContext(header) {
  const deadline = performance.now() + header.timeoutMs
  return {
    awsRequestId: header.requestId,
    functionName: header.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: header.functionArn,
    memoryLimitInMB: String(header.memoryMb),
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  }
}

function parseEvent(payload) {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString()
  try {
    return JSON.parse(text)
  } catch {
    // A target's template may make text that is no JSON; the handler then gets that text.
    return text
  }
}

async function loadHandler(file, names) {
  const loaded = await import(pathToFileURL(file).href)
  for (const name of names) {
    const handler = loaded[name] ?? loaded.default?.[name]
    if (typeof handler === 'function') return handler
  }
  throw new TypeError(`no function \`${names.join('` or `')}\` in \`${file}\``)
}

function reply(header, payload = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX_SIZE_BYTES)
  prefix.writeUInt32BE(text.length, 0)
  prefix.writeUInt32BE(payload.length, 4)
  const frame = Buffer.concat([prefix, text, payload])
  let offset = 0
  while (offset < frame.length) offset += writeSome(frame, offset)
}

function writeSome(frame, offset) {
  try {
    return writeSync(CONTROL, frame, offset)
  } catch (error) {
    // The reader's socket made the pipe non-blocking, for this end as well.
    if (error.code !== 'EAGAIN') throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}

function describe(error) {
  const isError = error instanceof Error
  const message = isError ? error.message : String(error)
  return {
    name: isError ? error.name : typeof error,
    message: message.slice(0, ERROR_MESSAGE_LENGTH_MAX),
    trace: isError ? describeTrace(error) : [],
  }
}

function describeTrace(error) {
  const lines = String(error.stack).split('\n').slice(0, TRACE_LINES_MAX)
  return lines.map((line) => line.slice(0, TRACE_LINE_LENGTH_MAX))
}

function readRequests() {
  let rest = Buffer.alloc(0)
  // Not a blocking read: a thread inside one would keep the process from ending.
  const control = new Socket({ fd: CONTROL, readable: true, writable: false })
  control.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let size = frameSize(rest); rest.length >= size; size = frameSize(rest)) {
      const payloadStart = PREFIX_SIZE_BYTES + rest.readUInt32BE(0)
      const header = JSON.parse(rest.subarray(PREFIX_SIZE_BYTES, payloadStart).toString())
      const payload = Uint8Array.from(rest.subarray(payloadStart, size))
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not windows
      parentPort.postMessage({ header, payload })
      rest = rest.subarray(size)
    }
  })
  control.on('error', endWithParent)
  control.on('end', endWithParent)
}

function frameSize(bytes) {
  if (bytes.length < PREFIX_SIZE_BYTES) return Number.POSITIVE_INFINITY
  return PREFIX_SIZE_BYTES + bytes.readUInt32BE(0) + bytes.readUInt32BE(4)
}

function endWithParent() {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // Not the leader of a group: started by hand.
    process.kill(process.pid, 'SIGKILL')
  }
}

// The yardstick of ingest: what a plain Node program gets. Bare node:http, JSON.parse of the body and of the details
// in it (JSON inside JSON), each event stamped with the id that is answered and appended as a line to one file, one
// fdatasync for all that gathered while the last one ran, then the answers. No matching, no delivery, no limits.

import { fdatasync, openSync, write } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onQuestion, readOptions, startCpu, tell } from './parent.ts'

export interface RawIngestOptions {
  readonly folder: string
}

interface Entry {
  readonly Source: string
  readonly DetailType: string
  readonly Detail: string
}

interface Gathered {
  readonly chunks: Buffer[]
  readonly answers: { readonly response: ServerResponse; readonly text: string }[]
}

const { folder } = readOptions() as RawIngestOptions
const file = openSync(join(folder, 'raw'), 'w')
let gathering: Gathered = { chunks: [], answers: [] }
let position = 0
let isSyncing = false
let cpu = startCpu()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    accept(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), response)
  })
}).listen(0, '127.0.0.1', () => {
  tell({ kind: 'listening', port: (server.address() as AddressInfo).port })
})

onQuestion((question) => {
  if (question === 'clear') cpu = startCpu()
  return { kind: 'report', cpu: cpu() }
})

function accept(body: Buffer, response: ServerResponse): void {
  const { Entries: entries } = JSON.parse(body.toString()) as { Entries: readonly Entry[] }
  let ids = ''
  for (const { Source: source, DetailType: type, Detail: text } of entries) {
    const id = crypto.randomUUID()
    const event = { id, time: Date.now(), source, type, detail: JSON.parse(text) as unknown }
    gathering.chunks.push(Buffer.from(`${JSON.stringify(event)}\n`))
    ids += `${ids === '' ? '' : ','}{"EventId":"${id}"}`
  }
  gathering.answers.push({ response, text: `{"FailedEntryCount":0,"Entries":[${ids}]}` })
  if (!isSyncing) sync()
}

function sync(): void {
  const { chunks, answers } = gathering
  gathering = { chunks: [], answers: [] }
  isSyncing = true
  const bytes = Buffer.concat(chunks)
  write(file, bytes, 0, bytes.length, position, (writeError) => {
    if (writeError !== null) throw writeError
    position += bytes.length
    fdatasync(file, (syncError) => {
      if (syncError !== null) throw syncError
      isSyncing = false
      for (const { response, text } of answers) {
        response.writeHead(200, { 'Content-Length': text.length })
        response.end(text)
      }
      if (gathering.answers.length > 0) sync()
    })
  })
}

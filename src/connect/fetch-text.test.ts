import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/index.ts'
import { fetchText } from './fetch-text.ts'
import { createGuard } from './guard.ts'
import { onRequests, serveRaw } from './testing.ts'

const clock = systemClock
const guard = createGuard({ mode: 'dev', allow: [], clock })
const ask = (url: string) => fetchText({ url, guard, clock })

test('any status is an answer, and the headers given are sent', async (context) => {
  let request = ''
  const port = await serveRaw(context, (socket) =>
    onRequests(socket, (text) => {
      request = text
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone')
    }),
  )
  const url = `http://127.0.0.1:${port}/a?b=c`
  const answer = await fetchText({ url, headers: { authorization: 'Bearer t' }, guard, clock })
  assert.deepEqual(answer, { status: 404, text: 'none' })
  assert.match(request, /^GET \/a\?b=c HTTP\/1\.1\r\n/)
  assert.match(request, /authorization: Bearer t\r\n/i)
})

test('who does not answer, or says too much, cannot be reached; who must not be asked is refused', async (context) => {
  const port = await serveRaw(context, (socket) => socket.destroy())
  await assert.rejects(ask(`http://127.0.0.1:${port}/`), { code: 'SERVER_UNREACHABLE' })
  const long = await serveRaw(context, (socket) =>
    onRequests(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n')
      socket.write('x'.repeat(8 * 1024 * 1024))
    }),
  )
  await assert.rejects(ask(`http://127.0.0.1:${long}/`), /more than \d+ bytes/)
  await assert.rejects(ask('http://169.254.169.254/latest'), { code: 'TARGET_REFUSED' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, type Logger, type LogLevel, silentLogger } from './logger.ts'

function open(level: LogLevel = 'info'): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const write = (line: string): void => {
    assert.match(line, /^\{.*\}\n$/)
    lines.push(JSON.parse(line) as Record<string, unknown>)
  }
  return { logger: createLogger({ level, destination: { write } }), lines }
}

test('a line is one JSON object with level, time, message and fields', () => {
  const { logger, lines } = open()
  logger.warn('a breaker changed', { target: 'x', text: 'two\nlines' })
  const [{ time, ...line }, ...others] = lines as [Record<string, unknown>]
  assert.deepEqual(others, [])
  assert.deepEqual(line, {
    level: 'warn',
    msg: 'a breaker changed',
    target: 'x',
    text: 'two\nlines',
  })
  assert.equal(new Date(String(time)).toISOString(), time)
})

test('lines below the level are not written', () => {
  const { logger, lines } = open('warn')
  logger.debug('d')
  logger.info('i')
  logger.warn('w')
  logger.error('e')
  assert.deepEqual(
    lines.map((line) => line['level']),
    ['warn', 'error'],
  )
})

test('what may hold a secret is masked, at the top and one level below', () => {
  const { logger, lines } = open()
  logger.info('request', {
    token: 't0p',
    headers: { authorization: 'AWS4 s3cret', cookie: 'c00kie', host: 'x' },
    config: { secretAccessKey: 'k3y', password: 'p4ss', secret: 's' },
  })
  assert.deepEqual(lines[0]!['headers'], {
    authorization: '[masked]',
    cookie: '[masked]',
    host: 'x',
  })
  assert.doesNotMatch(JSON.stringify(lines), /t0p|s3cret|c00kie|k3y|p4ss/)
})

test('a child’s lines carry its fields, and its secrets are masked too', () => {
  const { logger, lines } = open()
  const child = logger.child({ room: 'route' }).child({ reader: 'main' })
  child.error('failed', { token: 't0p' })
  const { room, reader, token } = lines[0]!
  assert.deepEqual([room, reader, token], ['route', 'main', '[masked]'])
})

test('the silent logger has silent children', () => {
  assert.equal(silentLogger.child({ room: 'x' }), silentLogger)
  silentLogger.error('nothing')
})

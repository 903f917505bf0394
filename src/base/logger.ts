// JSON log lines on one stream. A room gets its logger from its door's factory; messages are fixed
// sentences, what varies is in fields, and a field that may hold a secret is masked here.

import { pino } from 'pino'

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose every line carries these fields too. */
  child(fields: LogFields): Logger
}

export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogDestination {
  write(line: string): void
}

const SECRET_FIELDS = ['authorization', 'password', 'secret', 'token', 'secretAccessKey', 'cookie']

export interface LoggerOptions {
  readonly level: LogLevel
  /** Where lines go; standard error when absent, because standard output is for data. */
  readonly destination?: LogDestination
}

export function createLogger(options: LoggerOptions): Logger {
  const redact = {
    paths: [...SECRET_FIELDS, ...SECRET_FIELDS.map((field) => `*.${field}`)],
    censor: '[masked]',
  }
  const pinoOptions = {
    level: options.level,
    base: null,
    redact,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  return wrap(pino(pinoOptions, options.destination ?? pino.destination({ dest: 2, sync: true })))
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}

interface PinoLike {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): PinoLike
}

function wrap(inner: PinoLike): Logger {
  return {
    debug: (message, fields = {}) => inner.debug(fields, message),
    info: (message, fields = {}) => inner.info(fields, message),
    warn: (message, fields = {}) => inner.warn(fields, message),
    error: (message, fields = {}) => inner.error(fields, message),
    child: (fields) => wrap(inner.child(fields)),
  }
}

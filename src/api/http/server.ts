// The HTTP server: bare node:http, because everything on the hot path counts. A request is checked by its
// headers alone (framing, security, dialect, body size), then its body is read into one Buffer, then one
// dialect answers it.
//
// Invariant: what is refused is refused before its body is read.
// Invariant: the bytes of bodies in memory are bounded; so are connections, headers and time.
//
//   accepting ──drain()──▶ draining (answers what is in flight, closes the rest) ──deadline──▶ closed

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import {
  AppError,
  channels,
  type Clock,
  createUuid,
  isAppError,
  LinkedSet,
  type Logger,
  type Random,
} from '../../base/index.ts'
import { BodyBudget, linger, receiveBody, refuseBody, refuseEncoding } from './body.ts'
import { errorResponse, STATUS_BY_CLASS } from './errors.ts'
import type { Dialect, HttpResponse } from './exchange.ts'
import { HTTP_LIMITS, type HttpLimits } from './limits.ts'
import { answerBrokenRequest, refuseFraming } from './framing.ts'
import { IncomingRequest } from './request.ts'
import { respond } from './respond.ts'
import { arrangeDialects, describeRoutes } from './routes.ts'
import { createGate, type Gate, type SecurityOptions } from './security.ts'

const CONNECT_REFUSED =
  'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

export interface HttpServerOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly dialects: readonly Dialect[]
  readonly security: SecurityOptions
  readonly limits?: Partial<HttpLimits>
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  /** Speaks HTTPS alone; clients may show a certificate of the authority. */
  readonly tls?: TlsOptions
  /** Says that something in front does TLS and keeps strangers out: allows a host off loopback. */
  readonly insecureListen?: boolean
}

/** All PEM. */
export interface ServerCertificate {
  readonly certificate: string
  readonly key: string
}

export interface TlsOptions extends ServerCertificate {
  /** Of whom the certificates of clients are. */
  readonly clientAuthority: string
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Shows another certificate from now on, to whoever connects; or to those alone who call it by one of `names`. */
  useCertificate(certified: ServerCertificate, names?: readonly string[]): void
  /**
   * Stops accepting, closes idle connections at once, ends what waits by its signal, and resolves when the
   * requests in flight are answered; what is left after `deadlineMs` is cut.
   */
  drain(deadlineMs: number): Promise<void>
}

/** Listens, and resolves once connections are accepted. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const isSafe = isLoopback(options.host) || options.tls !== undefined
  if (!isSafe && options.insecureListen !== true) {
    throw new AppError(
      'CONFIG_INVALID',
      `expected \`host\` to be a loopback address, got \`${options.host}\`; pass --insecure-listen where something in front does TLS`,
    )
  }
  const server = new ListeningServer(options)
  await server.listen()
  return server
}

class ListeningServer implements HttpServer {
  readonly host: string
  port: number
  readonly #options: HttpServerOptions
  readonly #limits: HttpLimits
  readonly #dialects: readonly Dialect[]
  readonly #budget: BodyBudget
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Connections whose TLS is not agreed on yet, by the client's end. */
  readonly #shaking = new Map<string, Socket>()
  readonly #active = new LinkedSet<IncomingRequest>()
  #gate: Gate | undefined
  #draining: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    this.host = options.host
    this.port = options.port
    this.#options = options
    this.#limits = { ...HTTP_LIMITS, ...options.limits }
    this.#dialects = arrangeDialects(options.dialects)
    this.#budget = new BodyBudget(this.#limits.bodyBytesInFlightMax)
    this.#server = this.#createServer()
  }

  get url(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return `${scheme}://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(describeListenError(error, this.host, this.port)),
      )
      this.#server.listen({ host: this.host, port: this.port }, resolve)
    })
    this.#server.removeAllListeners('error').on('error', (error) => {
      this.#options.logger.error('accepting a connection failed', { reason: error.message })
    })
    this.port = (this.#server.address() as AddressInfo).port
    this.#gate = createGate(this.#options.security, this.port)
  }

  useCertificate({ certificate, key }: ServerCertificate, names?: readonly string[]): void {
    const { tls } = this.#options
    if (tls === undefined) throw new Error('a server without TLS shows no certificate')
    const server = this.#server as TlsServer
    const context = { cert: certificate, key, ca: tls.clientAuthority }
    if (names === undefined) server.setSecureContext(context)
    // Of more than one for a name the last counts.
    else for (const name of names) server.addContext(name, context)
  }

  drain(deadlineMs: number): Promise<void> {
    this.#draining ??= this.#drain(deadlineMs)
    return this.#draining
  }

  async #drain(deadlineMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    const busy = new Set<Socket>()
    for (const request of this.#active.toArray()) {
      busy.add(request.message.socket)
      request.abort()
    }
    for (const socket of this.#sockets) if (!busy.has(socket)) socket.destroy()
    for (const socket of this.#shaking.values()) socket.destroy()
    const timer = this.#options.clock.setTimer(deadlineMs, () => this.#cut())
    await closed
    timer.cancel()
  }

  #cut(): void {
    this.#options.logger.warn('requests cut at the end of the drain', {
      requests: this.#active.size,
    })
    for (const socket of this.#sockets) socket.destroy()
    for (const socket of this.#shaking.values()) socket.destroy()
  }

  #createServer(): Server {
    const limits = this.#limits
    const options = {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      requireHostHeader: true,
    }
    const { tls } = this.#options
    const server =
      tls === undefined
        ? createServer(options)
        : createTlsServer({
            ...options,
            cert: tls.certificate,
            key: tls.key,
            ca: tls.clientAuthority,
            requestCert: true,
            // Whoever comes without one, or with a wrong one, is told so by the dialects.
            rejectUnauthorized: false,
            handshakeTimeout: limits.handshakeTimeoutMs,
          })
    // Node would drop what is over this count without a word, and a dropped header cannot be checked.
    server.maxHeadersCount = 0
    server.maxConnections = limits.connectionsMax
    if (tls !== undefined) server.on('connection', (socket: Socket) => this.#shake(socket))
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#shaking.delete(endOf(socket))
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (message, response) => this.#receive(message, response, false))
    server.on('checkContinue', (message, response) => this.#receive(message, response, true))
    server.on('connect', (_message, socket) => {
      socket.on('error', () => socket.destroy())
      socket.end(CONNECT_REFUSED, () => socket.destroy())
    })
    server.on('clientError', (error, socket) => this.#onBroken(error, socket as Socket))
    return server
  }

  #shake(socket: Socket): void {
    const end = endOf(socket)
    this.#shaking.set(end, socket)
    socket.once('close', () => {
      if (this.#shaking.get(end) === socket) this.#shaking.delete(end)
    })
  }

  #receive(message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const { random, clock } = this.#options
    const request = new IncomingRequest(message, response, createUuid(random))
    if (channels.requestAnswered.hasSubscribers) request.startedAt = clock.monotonic()
    this.#active.add(request)
    response.on('close', () => this.#onClosed(request))

    const refusal = refuseFraming(request, this.#limits) ?? this.#gate!(request)
    if (refusal !== undefined) return this.#refuse(request, refusal)
    const dialect = this.#dialects.find((candidate) => candidate.accepts(request))
    if (dialect === undefined) return this.#refuse(request, this.#notServed(request))
    request.dialect = dialect.name
    const encodings = dialect.takesGzip?.(request) === true ? ['gzip'] : []
    const tooMuch =
      refuseEncoding(request, encodings) ?? refuseBody(request, this.#limits, this.#budget)
    if (tooMuch !== undefined) return this.#refuse(request, tooMuch)
    if (awaitsContinue) response.writeContinue()
    receiveBody(request, this.#limits, this.#budget, (error, body) => {
      if (error !== undefined) return this.#refuse(request, error)
      request.body = body
      request.isHandled = true
      return this.#handle(request, dialect)
    })
  }

  #handle(request: IncomingRequest, dialect: Dialect): void {
    try {
      dialect.handle(request).then(
        (answer) => this.#answer(request, answer),
        (error: unknown) => this.#fail(request, error),
      )
    } catch (error) {
      this.#fail(request, error)
    }
  }

  #answer(request: IncomingRequest, answer: HttpResponse, isLast = false): void {
    // The handler is done with the body, however long the client takes to read the answer.
    this.#budget.release(request)
    publish(request, answer, this.#options.clock)
    try {
      respond(request, answer, isLast || this.#draining !== undefined)?.catch((error: unknown) =>
        this.#onPiecesFailed(request, error),
      )
    } catch (error) {
      this.#fail(request, error)
    }
  }

  /** A handler threw: an AppError by its class, a bug as 500 with the stack in the log only. */
  #fail(request: IncomingRequest, error: unknown): void {
    if (!isAppError(error) || STATUS_BY_CLASS[error.class] === 500) {
      this.#options.logger.error('request failed', describeFailure(request, error))
    }
    if (request.response.headersSent) request.message.socket.destroy()
    else this.#answer(request, errorResponse(error, request.requestId))
  }

  #onPiecesFailed(request: IncomingRequest, error: unknown): void {
    // The status has gone out: only a broken connection can still say that the body is not whole.
    if (!request.signal.aborted) {
      this.#options.logger.error('streamed response failed', describeFailure(request, error))
    }
    request.message.socket.destroy()
  }

  /** Answers without reading the body; closes behind the answer where one is still coming. */
  #refuse(request: IncomingRequest, error: AppError): void {
    const { message, requestId } = request
    const status = error.details['status']
    const answer = errorResponse(error, requestId, typeof status === 'number' ? status : undefined)
    if (message.complete || !hasBody(message)) return this.#answer(request, answer)
    // The answer goes out at once, but ends only when the client had time to read it.
    const lingered = Promise.withResolvers<void>()
    linger(message, this.#limits, this.#options.clock, lingered.resolve)
    const headers = { ...answer.headers, 'Content-Length': String(Buffer.byteLength(answer.body)) }
    const body = heldOpen(answer.body, lingered.promise)
    return this.#answer(request, { ...answer, headers, body }, true)
  }

  #notServed({ method, path }: IncomingRequest): AppError {
    const served = describeRoutes(this.#dialects)
    return new AppError(
      'REQUEST_INVALID',
      `nothing is served at \`${method} ${path}\`; served are: ${served.join('; ')}`,
      { details: { status: 404 } },
    )
  }

  #onClosed(request: IncomingRequest): void {
    this.#active.delete(request)
    // While a handler still holds the body, its bytes count, whether or not the client is there.
    if (!request.isHandled) this.#budget.release(request)
    // A signal costs an error with a stack: nobody is left to hear it once the answer is out.
    if (!request.response.writableFinished) request.abort()
    // An answer that began before the drain promised to keep the connection.
    if (this.#draining !== undefined) request.message.socket.destroySoon()
  }

  #onBroken(error: NodeJS.ErrnoException, socket: Socket): void {
    const isAnswering = this.#active
      .toArray()
      .some(
        ({ message, response, isHandled }) =>
          message.socket === socket && (isHandled || response.headersSent),
      )
    answerBrokenRequest(error, socket, isAnswering)
  }
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

async function* heldOpen(body: string, until: Promise<void>): AsyncGenerator<string> {
  yield body
  await until
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function publish(request: IncomingRequest, answer: HttpResponse, clock: Clock): void {
  if (!channels.requestAnswered.hasSubscribers) return
  channels.requestAnswered.publish({
    dialect: request.dialect,
    operation: answer.operation ?? request.method,
    status: answer.status,
    durationMs: request.startedAt === 0 ? 0 : clock.monotonic() - request.startedAt,
  })
}

function describeFailure(request: IncomingRequest, error: unknown): Record<string, unknown> {
  return {
    requestId: request.requestId,
    method: request.method,
    path: request.path,
    stack: error instanceof Error ? error.stack : String(error),
    ...(error instanceof Error && error.cause instanceof Error ? { cause: error.cause.stack } : {}),
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function describeListenError(error: NodeJS.ErrnoException, host: string, port: number): AppError {
  const reason =
    error.code === 'EADDRINUSE'
      ? 'another process listens there; choose another port'
      : error.message
  return new AppError('CONFIG_INVALID', `cannot listen on \`${host}:${port}\`: ${reason}`, {
    cause: error,
  })
}

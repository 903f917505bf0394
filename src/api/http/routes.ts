// The one table that tells the dialects apart, by method, path and headers, in the order in which they are
// asked. A dialect still looks for itself (`accepts`); this table settles who is asked, and in what order.

import type { Dialect, HttpRequest } from './exchange.ts'

export interface Route {
  /** The name of the dialect that answers. */
  readonly dialect: string
  /** For people who asked for something that nobody serves. */
  readonly serves: string
  accepts(request: HttpRequest): boolean
}

export const CONSOLE_PATH = '/_signalbox/ui'
const OWN_PATH = '/_signalbox/v1'
const CONFLUENT_PATH = '/_signalbox/confluent'
const OPERATIONS_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/livez', '/metrics'])
const KUBERNETES_PATHS = ['/api', '/apis', '/openapi', '/version']

export const ROUTES: readonly Route[] = [
  {
    dialect: 'operations',
    serves: 'GET /healthz, /readyz, /livez, /metrics',
    accepts: ({ path }) => OPERATIONS_PATHS.has(path),
  },
  {
    dialect: 'console',
    serves: `GET ${CONSOLE_PATH} (the console), and GET / from a browser`,
    accepts: (request) => isConsolePath(request.path) || isBrowserAtRoot(request),
  },
  {
    dialect: 'own',
    serves: `${OWN_PATH}/… (the API of console and CLI)`,
    accepts: ({ path }) => isOwnPath(path),
  },
  {
    dialect: 'confluent',
    serves: `${CONFLUENT_PATH}/… (schema registry)`,
    accepts: ({ path }) => isUnder(path, CONFLUENT_PATH),
  },
  {
    dialect: 'cloudevents',
    serves: 'POST /events and /buses/{bus}/events (CloudEvents)',
    accepts: ({ path }) => isCloudEventsPath(path),
  },
  {
    dialect: 'kubernetes',
    serves: '/api, /apis, /openapi, /version (Kubernetes)',
    accepts: ({ path }) => KUBERNETES_PATHS.some((root) => isUnder(path, root)),
  },
  {
    dialect: 'aws',
    serves: 'POST / with X-Amz-Target or Action=… (AWS), and the REST paths of AWS services',
    // What is left is AWS's: its REST paths are as many as its services, and it knows them.
    accepts: () => true,
  },
]

/** The dialects in the order of the table, each asked only for its own rows. */
export function arrangeDialects(dialects: readonly Dialect[]): readonly Dialect[] {
  const unknown = dialects.find(({ name }) => !ROUTES.some((route) => route.dialect === name))
  if (unknown !== undefined) throw new Error(`dialect \`${unknown.name}\` has no row in ROUTES`)
  return ROUTES.flatMap((route) =>
    dialects
      .filter(({ name }) => name === route.dialect)
      .map((dialect) => ({
        name: dialect.name,
        accepts: (request: HttpRequest) => route.accepts(request) && dialect.accepts(request),
        takesGzip: (request: HttpRequest) => dialect.takesGzip?.(request) === true,
        handle: (request: HttpRequest) => dialect.handle(request),
      })),
  )
}

/** What the given dialects serve, a line each. */
export function describeRoutes(dialects: readonly Dialect[]): readonly string[] {
  return ROUTES.filter((route) => dialects.some(({ name }) => name === route.dialect)).map(
    (route) => route.serves,
  )
}

export function isConsolePath(path: string): boolean {
  return isUnder(path, CONSOLE_PATH)
}

export function isOwnPath(path: string): boolean {
  return isUnder(path, OWN_PATH)
}

/** `/events`, or `/buses/{bus}/events` with one segment for the bus. */
export function isCloudEventsPath(path: string): boolean {
  return path === '/events' || /^\/buses\/[^/]+\/events$/.test(path)
}

// With a query it asks something: a person who confirms a subscription follows a URL of AWS's kind.
function isBrowserAtRoot({ method, path, query, headers }: HttpRequest): boolean {
  return (
    path === '/' &&
    query === '' &&
    (method === 'GET' || method === 'HEAD') &&
    headers.accept !== undefined &&
    headers.accept.includes('text/html')
  )
}

function isUnder(path: string, root: string): boolean {
  return path.startsWith(root) && (path.length === root.length || path[root.length] === '/')
}

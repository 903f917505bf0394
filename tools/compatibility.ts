// What of EventBridge's four services is served, operation by operation: made of the tables of AWS, of the operations
// that the AWS dialect is built with, and of what is declared here to be missing in one that is served.

import { awsOperations } from '../src/app-doors.ts'
import { SERVICES, type ServiceName } from '../src/api/aws/shapes.ts'

const TITLES = {
  events: 'EventBridge',
  schemas: 'EventBridge Schemas',
  scheduler: 'EventBridge Scheduler',
  pipes: 'EventBridge Pipes',
} as const satisfies Partial<Record<ServiceName, string>>

type Service = keyof typeof TITLES

/** What an operation that is served lacks, by `service.Operation`. */
export const PARTIAL: Readonly<Record<string, string>> = {
  'events.CreateConnection':
    'private connectivity and `KmsKeyIdentifier` are kept and have no effect',
  'events.CreateEventBus': '`KmsKeyIdentifier` is kept and has no effect',
  'events.UpdateConnection': 'as CreateConnection',
  'events.UpdateEventBus': 'as CreateEventBus',
  'pipes.CreatePipe':
    'sources are queues of this server, streams of Kinesis and DynamoDB, topics of Kafka, also of MSK by the name of a broker, streams and subjects of NATS; brokers of Amazon MQ are refused; `ParallelizationFactor`, `OnPartialBatchItemFailure` and `KmsKeyIdentifier` are kept and have no effect',
  'pipes.UpdatePipe': 'as CreatePipe',
  'scheduler.CreateSchedule': '`KmsKeyArn` is kept and has no effect',
  'scheduler.UpdateSchedule': 'as CreateSchedule',
}

interface Row {
  readonly operation: string
  readonly state: 'full' | 'partial' | 'none'
  readonly missing: string
}

/** The page; `served` are names such as `events.PutRule`. */
export function formatCompatibility(served: ReadonlySet<string> = servedOperations()): string {
  const services = Object.keys(TITLES) as Service[]
  const tables = services.map((service) => [service, rowsOf(service, served)] as const)
  return [
    '# What of EventBridge is served',
    '',
    'Made by `node tools/reference.ts` of the operations that the AWS dialect is built with; a test compares.',
    'Every request is validated as AWS does, with its words, whether its operation is served or not. One that is not',
    'answers `NotImplementedException`.',
    '',
    '| service | operations | full | partial | none |',
    '|---|---|---|---|---|',
    ...tables.map(([service, rows]) => {
      const count = (state: Row['state']): number =>
        rows.filter((row) => row.state === state).length
      return `| ${TITLES[service]} | ${rows.length} | ${count('full')} | ${count('partial')} | ${count('none')} |`
    }),
    ...tables.flatMap(([service, rows]) => ['', `## ${TITLES[service]}`, '', ...formatRows(rows)]),
    '',
  ].join('\n')
}

/** The operations that this tree's server answers, as `service.Operation`. */
export function servedOperations(): ReadonlySet<string> {
  // Making the list asks nothing of what the operations will work with.
  const nothing = anything() as never
  const operations = awsOperations(nothing, nothing, nothing)
  return new Set(operations.map(({ service, operation }) => `${service}.${operation}`))
}

function rowsOf(service: Service, served: ReadonlySet<string>): readonly Row[] {
  return Object.keys(SERVICES[service].operations)
    .sort()
    .map((operation) => {
      const name = `${service}.${operation}`
      if (!served.has(name)) return { operation, state: 'none', missing: '' }
      const missing = PARTIAL[name]
      return missing === undefined
        ? { operation, state: 'full', missing: '' }
        : { operation, state: 'partial', missing }
    })
}

function formatRows(rows: readonly Row[]): readonly string[] {
  const lines = rows.map(
    ({ operation, state, missing }) => `| ${operation} | ${state} | ${missing} |`,
  )
  return ['| operation | served | what is missing |', '|---|---|---|', ...lines]
}

/** Has every property, can be called, and is itself whatever is asked of it. */
function anything(): unknown {
  const proxy: unknown = new Proxy(() => {}, {
    get: (_target, name) => (name === Symbol.iterator ? [][Symbol.iterator].bind([]) : proxy),
    apply: () => proxy,
  })
  return proxy
}

// A real Apache Kafka in KRaft mode, of one node or three, each with 256 MB at most. Its jars come from Maven
// Central once, into a cache. Every node listens without security, with TLS, with SASL, and with SASL over TLS.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificates, createCertificates } from './certificates.ts'
import { freePorts, isListening, type ServiceProcess, startProcess } from './process.ts'

const VERSION = '4.3.1'
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const MEMORY = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

const PORTS_OF_NODE = 5

/** Who may come in by SASL; the same for SCRAM and PLAIN. */
export const KAFKA_USER = { name: 'signalbox', password: 'signalbox-secret' } as const

export interface KafkaOptions {
  /** Where data, certificates and logs lie; a folder of its own when absent, removed at the end. */
  readonly folder?: string
  /** 1 when absent. */
  readonly nodes?: 1 | 3
}

export interface KafkaNode {
  readonly pid: number
  stop(): Promise<void>
  /** As if the machine had gone: SIGKILL. */
  kill(): Promise<void>
  /** Comes back at the same ports with the same data. */
  start(): Promise<void>
  pause(): void
  resume(): void
}

export interface Kafka {
  /** `127.0.0.1:PORT`, one for each node: without security. */
  readonly brokers: readonly string[]
  readonly tlsBrokers: readonly string[]
  readonly saslBrokers: readonly string[]
  /** SASL without TLS. */
  readonly saslPlaintextBrokers: readonly string[]
  readonly certificates: Certificates
  readonly nodes: readonly KafkaNode[]
  /** A tool of Kafka's own, such as `org.apache.kafka.tools.consumer.ConsoleConsumer`, as an argument list for `java`. */
  tool(mainClass: string, args: readonly string[]): readonly string[]
  stop(): Promise<void>
}

/** Why there can be none here; undefined when there can. */
export function kafkaLacks(): string | undefined {
  if (!has('java', '-version')) return 'java is not installed'
  if (!has('openssl', 'version')) return 'openssl is not installed'
  if (!existsSync(jarFolder()) && !has('mvn', '--version')) return 'maven is not installed'
  return undefined
}

export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'signalbox-kafka-'))
  mkdirSync(folder, { recursive: true })
  const jars = fetchJars()
  const certificates = createCertificates(folder)
  const count = options.nodes ?? 1
  const ports = await freePorts(count * PORTS_OF_NODE)
  const layouts = Array.from({ length: count }, (_, index) => layoutOf(index, ports))
  const nodes = layouts.map((layout) => createNode({ layout, layouts, folder, jars, certificates }))
  await Promise.all(nodes.map((node) => node.start()))
  const brokersBy = (pick: (layout: Layout) => number): readonly string[] =>
    layouts.map((layout) => `127.0.0.1:${pick(layout)}`)
  return {
    brokers: brokersBy(({ plain }) => plain),
    tlsBrokers: brokersBy(({ tls }) => tls),
    saslBrokers: brokersBy(({ sasl }) => sasl),
    saslPlaintextBrokers: brokersBy(({ saslPlaintext }) => saslPlaintext),
    certificates,
    nodes,
    tool: (mainClass, args) => ['-cp', `${jars}/*`, mainClass, ...args],
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Layout {
  readonly id: number
  readonly plain: number
  readonly tls: number
  readonly sasl: number
  readonly saslPlaintext: number
  readonly controller: number
}

function layoutOf(index: number, ports: readonly number[]): Layout {
  const own = ports.slice(index * PORTS_OF_NODE, (index + 1) * PORTS_OF_NODE)
  const [plain, tls, sasl, saslPlaintext, controller] = own
  return {
    id: index + 1,
    plain: plain!,
    tls: tls!,
    sasl: sasl!,
    saslPlaintext: saslPlaintext!,
    controller: controller!,
  }
}

interface NodeParts {
  readonly layout: Layout
  readonly layouts: readonly Layout[]
  readonly folder: string
  readonly jars: string
  readonly certificates: Certificates
}

function createNode(parts: NodeParts): KafkaNode {
  const { layout, folder, jars } = parts
  const file = join(folder, `node-${layout.id}.properties`)
  writeFileSync(file, formatProperties(parts))
  const java = ['-cp', `${jars}/*`]
  let running: ServiceProcess | undefined
  let isFormatted = false
  return {
    get pid() {
      return running?.pid ?? 0
    },
    async start() {
      if (!isFormatted) {
        execFileSync('java', [...java, 'kafka.tools.StorageTool', ...formatArguments(file)], {
          stdio: 'pipe',
        })
        isFormatted = true
      }
      running = await startProcess({
        command: 'java',
        args: [...MEMORY, ...java, 'kafka.Kafka', file],
        logFile: join(folder, `node-${layout.id}.log`),
        isReady: async () => (await isListening(layout.plain)) && (await isListening(layout.sasl)),
      })
    },
    async stop() {
      await running?.end()
    },
    async kill() {
      running?.signal('SIGKILL')
      await running?.end()
    },
    pause: () => running?.signal('SIGSTOP'),
    resume: () => running?.signal('SIGCONT'),
  }
}

function formatArguments(file: string): readonly string[] {
  const { name, password } = KAFKA_USER
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ])
  return ['format', '-t', CLUSTER_ID, '-c', file, ...scram]
}

function formatProperties({ layout, layouts, folder, certificates }: NodeParts): string {
  const { id, plain, tls, sasl, saslPlaintext, controller } = layout
  const replicas = String(layouts.length)
  const properties: Readonly<Record<string, string>> = {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': layouts
      .map((one) => `${one.id}@127.0.0.1:${one.controller}`)
      .join(','),
    listeners: `PLAINTEXT://127.0.0.1:${plain},SSL://127.0.0.1:${tls},SASL_SSL://127.0.0.1:${sasl},SASL_PLAINTEXT://127.0.0.1:${saslPlaintext},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SSL://127.0.0.1:${tls},SASL_SSL://127.0.0.1:${sasl},SASL_PLAINTEXT://127.0.0.1:${saslPlaintext}`,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
    ...loginModules('sasl_ssl'),
    ...loginModules('sasl_plaintext'),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': certificates.serverFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.caFile,
    'ssl.client.auth': 'requested',
    'log.dirs': join(folder, `node-${id}`),
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '3',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'log.flush.interval.messages': '10000',
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

function loginModules(listener: string): Readonly<Record<string, string>> {
  const { name, password } = KAFKA_USER
  const security = 'org.apache.kafka.common.security'
  const key = (mechanism: string): string =>
    `listener.name.${listener}.${mechanism}.sasl.jaas.config`
  const scram = `${security}.scram.ScramLoginModule required;`
  return {
    [key('scram-sha-256')]: scram,
    [key('scram-sha-512')]: scram,
    [key('plain')]: `${security}.plain.PlainLoginModule required user_${name}="${password}";`,
  }
}

function jarFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'signalbox', `kafka-${VERSION}`)
}

/** The folder of the jars, fetched when it is not there yet. */
function fetchJars(): string {
  const folder = jarFolder()
  if (existsSync(folder)) return folder
  const work = mkdtempSync(join(tmpdir(), 'signalbox-jars-'))
  try {
    writeFileSync(join(work, 'pom.xml'), formatProject())
    const goal = 'dependency:copy-dependencies'
    execFileSync('mvn', ['-q', '-B', goal, `-DoutputDirectory=${work}/lib`], {
      cwd: work,
      stdio: 'pipe',
    })
    mkdirSync(join(folder, '..'), { recursive: true })
    // Whole or not at all: another run may look for it meanwhile.
    const beside = `${folder}.${process.pid}`
    execFileSync('cp', ['-r', join(work, 'lib'), beside])
    if (existsSync(folder)) rmSync(beside, { recursive: true })
    else renameSync(beside, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return folder
}

function formatProject(): string {
  const artifacts = [
    ['org.apache.kafka', 'kafka_2.13', VERSION],
    ['org.apache.kafka', 'kafka-tools', VERSION],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ]
  const dependencies = artifacts.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project><modelVersion>4.0.0</modelVersion><groupId>signalbox</groupId><artifactId>brokers</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`
}

function has(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

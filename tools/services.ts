// Real brokers, a database and a stand-in for AWS on loopback, for tests and for trying things by hand:
//
//   node tools/services.ts up [kafka] [kafka3] [nats] [postgres] [moto]     starts them, prints what to eval
//   node tools/services.ts down                                            ends all that `up` started
//
// What runs is remembered in a file, by pid; nothing else is ever ended.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { KAFKA_USER, startKafka } from './services/kafka.ts'
import { startNats } from './services/nats.ts'
import { startPostgres } from './services/postgres.ts'
import { freePorts, isListening, startProcess } from './services/process.ts'
import { ROOT } from './tree.ts'

const FOLDER = join(ROOT, '.services')
const STATE = join(FOLDER, 'running.json')
const END_MS_MAX = 15_000

interface Running {
  readonly service: string
  readonly pids: readonly number[]
  readonly env: Readonly<Record<string, string>>
}

const STARTERS: Readonly<Record<string, (folder: string) => Promise<Omit<Running, 'service'>>>> = {
  kafka: (folder) => upKafka(folder, 1),
  kafka3: (folder) => upKafka(folder, 3),
  async nats(folder) {
    const { pid, url } = await startNats({ folder })
    return { pids: [pid], env: { NATS_URL: url } }
  },
  async postgres(folder) {
    const { pid, url } = await startPostgres({ folder })
    return { pids: [pid], env: { POSTGRES_URL: url } }
  },
  async moto(folder) {
    const [port] = await freePorts(1)
    mkdirSync(folder, { recursive: true })
    const { pid } = await startProcess({
      command: 'moto_server',
      args: ['-H', '127.0.0.1', '-p', String(port)],
      logFile: join(folder, 'moto.log'),
      isReady: () => isListening(port!),
    })
    return { pids: [pid], env: { SIGNALBOX_AWS_ENDPOINT: `http://127.0.0.1:${port}` } }
  },
}

const [verb, ...names] = process.argv.slice(2)
if (verb === 'up' && names.length > 0) await up(names)
else if (verb === 'down') await down()
else {
  const known = Object.keys(STARTERS).join(' | ')
  process.stderr.write(`usage: node tools/services.ts up (${known})… | down\n`)
  process.exitCode = 2
}

async function up(wanted: readonly string[]): Promise<void> {
  for (const name of wanted) {
    if (STARTERS[name] !== undefined) continue
    throw new Error(
      `no service is called \`${name}\`; there are ${Object.keys(STARTERS).join(', ')}`,
    )
  }
  if (existsSync(STATE)) throw new Error('services are up already; end them with `down` first')
  mkdirSync(FOLDER, { recursive: true })
  const running: Running[] = []
  for (const name of wanted) {
    const started = await STARTERS[name]!(join(FOLDER, name))
    running.push({ service: name, ...started })
    writeFileSync(STATE, JSON.stringify(running))
    process.stderr.write(`${name} is up, pid ${started.pids.join(', ')}\n`)
    for (const [key, value] of Object.entries(started.env)) {
      process.stdout.write(`export ${key}=${JSON.stringify(value)}\n`)
    }
  }
}

async function down(): Promise<void> {
  if (!existsSync(STATE)) return
  const running = JSON.parse(readFileSync(STATE, 'utf8')) as readonly Running[]
  const pids = running.flatMap((one) => one.pids).filter(isOurs)
  for (const pid of pids) process.kill(-pid, 'SIGTERM')
  const deadline = performance.now() + END_MS_MAX
  while (pids.some(isOurs) && performance.now() < deadline) await delay(100)
  for (const pid of pids.filter(isOurs)) process.kill(-pid, 'SIGKILL')
  rmSync(FOLDER, { recursive: true, force: true })
}

/** A pid may have become another's since. */
function isOurs(pid: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return /kafka\.Kafka|nats-server|postgres|moto_server/.test(command)
  } catch {
    return false
  }
}

async function upKafka(folder: string, nodes: 1 | 3): Promise<Omit<Running, 'service'>> {
  const kafka = await startKafka({ folder, nodes })
  return {
    pids: kafka.nodes.map(({ pid }) => pid),
    env: {
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAFKA_TLS_BROKERS: kafka.tlsBrokers.join(','),
      KAFKA_SASL_BROKERS: kafka.saslBrokers.join(','),
      KAFKA_SASL_PLAINTEXT_BROKERS: kafka.saslPlaintextBrokers.join(','),
      KAFKA_CA_FILE: kafka.certificates.caFile,
      KAFKA_USERNAME: KAFKA_USER.name,
      KAFKA_PASSWORD: KAFKA_USER.password,
    },
  }
}

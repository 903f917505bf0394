// event-ruler in a process of its own: fetched from Maven Central, driven over its standard input by the small
// program beside this file, which is compiled when needed.

import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { ROOT } from '../../tools/tree.ts'

const VERSION = '2.1.0'
const SOURCE = join(ROOT, 'bench/match/java/RulerBench.java')
/** What the JVM may take; more makes its collector's life easier, and the events alone are 400 MB. */
const HEAP = '5g'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>signalbox</groupId><artifactId>bench</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>software.amazon.event.ruler</groupId><artifactId>event-ruler</artifactId>
    <version>${VERSION}</version>
  </dependency></dependencies>
</project>
`

export interface Load {
  readonly rules: number
  /** Whether all rules were taken before time was up. */
  readonly isWhole: boolean
  readonly loadMs: number
  readonly bytes: number
}

export interface Pass {
  readonly events: number
  readonly wallMs: number
  readonly cpuMs: number
  /** Per rule while there are few, of many the sum. */
  readonly matches: readonly number[]
}

export class Ruler {
  readonly #folder: string
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: AsyncIterator<string>
  readonly #lines: Interface

  /** `folder` is for the rules on their way. */
  constructor(folder: string) {
    this.#folder = folder
    const home = join(tmpdir(), `signalbox-bench-ruler-${VERSION}`)
    prepare(home)
    const classpath = `${join(home, 'classes')}:${join(home, 'lib')}/*`
    // One thread does the work; the serial collector takes no other core's time.
    const flags = [`-Xms${HEAP}`, `-Xmx${HEAP}`, '-XX:+UseSerialGC', '-cp', classpath]
    this.#process = spawn('java', [...flags, 'RulerBench'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  async events(path: string): Promise<void> {
    await this.#ask(`events\t${path}`)
  }

  async load(patterns: readonly string[], limitMs: number): Promise<Load> {
    const path = join(this.#folder, 'rules.jsonl')
    writeFileSync(path, patterns.join('\n'))
    return (await this.#ask(`load\t${path}\t${limitMs}`)) as Load
  }

  async run(limitMs: number): Promise<Pass> {
    return (await this.#ask(`run\t${limitMs}`)) as Pass
  }

  close(): void {
    this.#lines.close()
    this.#process.kill()
  }

  async #ask(command: string): Promise<unknown> {
    this.#process.stdin.write(`${command}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error('event-ruler went away')
    return JSON.parse(value)
  }
}

function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, `lib/event-ruler-${VERSION}.jar`))) {
    writeFileSync(join(folder, 'pom.xml'), POM)
    const copy = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}/lib`]
    execFileSync('mvn', copy, { cwd: folder, stdio: 'inherit' })
  }
  execFileSync('javac', ['-cp', `${folder}/lib/*`, '-d', join(folder, 'classes'), SOURCE])
}

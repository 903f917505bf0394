// `signalbox test`: which rules match which events, held against what was expected, for a build to fail on. It ends
// with 1 when an event is not matched as expected or, where nothing was, is matched by no rule.

import { basename, extname } from 'node:path'
import { AppError } from '../base/index.ts'
import { type Client, createClient, type ExplanationView } from '../client/index.ts'
import { arrayItems, checkJson, EVENT_DEPTH_MAX } from '../event/index.ts'
import { createExplainer, parsePattern, type Pattern } from '../match/index.ts'
import { type Expectations, parseExpectations } from './expectations.ts'
import { clientConfig, type CommandContext, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { formatMiss } from './explain-picture.ts'
import { readFileText } from './input.ts'
import { EXPLAINED_RULES_MAX } from './limits.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface TestOptions {
  readonly event: readonly string[]
  readonly pattern?: readonly string[]
  readonly bus?: string
  readonly expect?: string
}

/** An event of a file: a file holds one, or a list of them. */
interface TestEvent {
  /** Its id, else the file with its place in the list. */
  readonly name: string
  readonly text: string
}

/** What the rules say of an event, by name. */
type Answers = ReadonlyMap<string, ExplanationView>

interface Verdict {
  readonly event: string
  readonly isOk: boolean
  readonly matched: readonly string[]
  /** Rules that were expected and did not match, and why. */
  readonly missing: readonly { readonly rule: string; readonly reason: string }[]
  /** Rules that matched and were not expected. */
  readonly unexpected: readonly string[]
}

export async function runTest(context: CommandContext, options: TestOptions): Promise<number> {
  const { io } = context
  if (options.pattern !== undefined && options.bus !== undefined) {
    throw new UsageError('expected `--pattern` or `--bus`, got both')
  }
  const events = (await Promise.all(options.event.map((path) => readEvents(context, path)))).flat()
  const expected =
    options.expect === undefined
      ? undefined
      : parseExpectations(
          await readFileText(io, options.expect),
          events.map(({ name }) => name),
        )
  const verdicts = await judgeAll(context, options, { events, expected })
  await report(context, verdicts)
  return verdicts.every(({ isOk }) => isOk) ? EXIT_CODES.ok : EXIT_CODES.failed
}

async function readEvents({ io }: CommandContext, path: string): Promise<readonly TestEvent[]> {
  const bytes = Buffer.from(await readFileText(io, path))
  const check = checkJson(bytes, { depthMax: EVENT_DEPTH_MAX })
  if (check.kind === 'object') return [toEvent(bytes.toString(), basename(path))]
  if (check.kind !== 'array') {
    const reason = check.kind === 'fault' ? check.reason : `it is a ${check.kind}`
    throw new UsageError(`expected \`${path}\` to hold an event or a list of events: ${reason}`)
  }
  const start = bytes.indexOf('[')
  return arrayItems(bytes, start).map((item, index) =>
    toEvent(bytes.toString('utf8', item.start, item.end), `${basename(path)}#${index + 1}`),
  )
}

function toEvent(text: string, place: string): TestEvent {
  const value: unknown = JSON.parse(text)
  const id: unknown =
    typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  return { name: typeof id === 'string' && id !== '' ? id : place, text }
}

async function judgeAll(
  context: CommandContext,
  { pattern, bus }: TestOptions,
  given: { readonly events: readonly TestEvent[]; readonly expected: Expectations | undefined },
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  const take = (event: TestEvent, answers: Answers): void => {
    verdicts.push(judge(event, answers, given.expected?.get(event.name)))
  }
  if (pattern !== undefined) {
    const patterns = await readPatterns(context, pattern)
    for (const event of given.events) take(event, askPatterns(patterns, event))
    return verdicts
  }
  const client = createClient(clientConfig(context).endpointUrl)
  try {
    for (const event of given.events) {
      take(event, await askServer(client, event, { bus, signal: context.io.signal }))
    }
  } finally {
    client.close()
  }
  return verdicts
}

async function readPatterns(
  { io }: CommandContext,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Pattern>> {
  const patterns = new Map<string, Pattern>()
  for (const path of paths) {
    const name = basename(path, extname(path))
    if (patterns.has(name)) throw new UsageError(`two patterns are named \`${name}\``)
    patterns.set(name, parsePattern(await readFileText(io, path)))
  }
  return patterns
}

function askPatterns(patterns: ReadonlyMap<string, Pattern>, { text }: TestEvent): Answers {
  const explainer = createExplainer(Buffer.from(text))
  return new Map(Array.from(patterns, ([name, pattern]) => [name, explainer.explain(pattern)]))
}

async function askServer(
  client: Client,
  { text }: TestEvent,
  { bus, signal }: { readonly bus: string | undefined; readonly signal: AbortSignal },
): Promise<Answers> {
  const limit = EXPLAINED_RULES_MAX
  const { items, rules } = await client.explainEvent({ event: text, bus, limit, signal })
  if (items.length < rules) {
    const message = `expected a bus of at most ${limit} rules, got ${rules}`
    throw new AppError('LIMIT_EXCEEDED', message)
  }
  // A rule that is off matches nothing, whatever its pattern says.
  const on = items.filter(({ rule }) => rule?.state !== 'DISABLED')
  return new Map(on.map(({ rule, ...explanation }) => [rule?.name ?? '', explanation]))
}

function judge(
  { name }: TestEvent,
  answers: Answers,
  expected: readonly string[] | undefined,
): Verdict {
  const matched = [...answers].filter(([, { matches }]) => matches).map(([rule]) => rule)
  if (expected === undefined) {
    return { event: name, isOk: matched.length > 0, matched, missing: [], unexpected: [] }
  }
  const missing = expected
    .filter((rule) => !matched.includes(rule))
    .map((rule) => ({ rule, reason: reasonOf(answers.get(rule)) }))
  const unexpected = matched.filter((rule) => !expected.includes(rule))
  const isOk = missing.length === 0 && unexpected.length === 0
  return { event: name, isOk, matched, missing, unexpected }
}

function reasonOf(explanation: ExplanationView | undefined): string {
  if (explanation === undefined) return 'there is no such rule, or it is disabled'
  return explanation.misses.map(formatMiss).join('; ')
}

async function report(context: CommandContext, verdicts: readonly Verdict[]): Promise<void> {
  if (context.form === 'json') return printJson(context, { events: verdicts })
  const { paint } = context
  for (const { event, isOk, matched, missing, unexpected } of verdicts) {
    const mark = isOk ? paint('green', 'ok    ') : paint('red', 'not ok')
    const rules = matched.length === 0 ? 'no rule matches' : matched.join(', ')
    await printLine(context, `${mark}  ${escapeControls(event)}  ${escapeControls(rules)}`)
    for (const { rule, reason } of missing) {
      await printLine(context, `        missing ${escapeControls(rule)}: ${reason}`)
    }
    for (const rule of unexpected) {
      await printLine(context, `        not expected ${escapeControls(rule)}`)
    }
  }
  const failed = verdicts.filter(({ isOk }) => !isOk).length
  const events = verdicts.length === 1 ? '1 event' : `${verdicts.length} events`
  await printLine(
    context,
    paint('dim', `${events}, ${failed === 0 ? 'all ok' : `${failed} not ok`}`),
  )
}

// `signalbox explain`: why an event matches rules or does not, and why a rule has not fired. What is given may be a
// file with an event, an event in the log, or a rule; with `--pattern` no server is asked.

import { AppError, isAppError } from '../base/index.ts'
import {
  type Client,
  type EventExplanationView,
  type RuleExplanationView,
} from '../client/index.ts'
import { explainMatch, parsePattern } from '../match/index.ts'
import { type CommandContext, openClient, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { formatCaveat, formatSummary, formatTree, formatUnseen } from './explain-picture.ts'
import { isReadable, readFileText } from './input.ts'
import { EXPLAINED_EVENTS_SHOWN_MAX, EXPLAINED_RULES_MAX } from './limits.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface ExplainOptions {
  readonly bus?: string
  readonly rule?: string
  readonly pattern?: string
}

export async function runExplain(
  context: CommandContext,
  options: ExplainOptions,
  [subject]: readonly string[],
): Promise<number> {
  if (subject === undefined) {
    throw new UsageError('expected an event or a rule, such as `signalbox explain event.json`')
  }
  if (options.pattern !== undefined && options.rule !== undefined) {
    throw new UsageError('expected `--pattern` or `--rule`, got both')
  }
  const pattern =
    options.pattern === undefined ? undefined : await readFileText(context.io, options.pattern)
  const event = (await isReadable(context.io, subject))
    ? await readFileText(context.io, subject)
    : undefined
  if (pattern !== undefined && event !== undefined) {
    const explanation = explainMatch(parsePattern(pattern), Buffer.from(event))
    const matched = explanation.matches ? 1 : 0
    await printEvent(context, options, {
      bus: '',
      event: {},
      rules: 0,
      matched,
      items: [explanation],
    })
    return EXIT_CODES.ok
  }
  const client = openClient(context)
  try {
    await ask(context, client, { subject, event, pattern, options })
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

interface Question {
  readonly subject: string
  readonly event: string | undefined
  readonly pattern: string | undefined
  readonly options: ExplainOptions
}

async function ask(context: CommandContext, client: Client, question: Question): Promise<void> {
  const { subject, event, pattern, options } = question
  const isRule = event === undefined && (await printRule(context, client, question))
  if (isRule) return
  const { bus, rule } = options
  const given = event === undefined ? { eventId: subject } : { event }
  const asked = { bus, rule, pattern, limit: EXPLAINED_RULES_MAX, signal: context.io.signal }
  const answer = await client.explainEvent({ ...given, ...asked }).catch((error: unknown) => {
    throw isAppError(error, 'EVENT_NOT_FOUND') ? unknownSubject(question) : error
  })
  await printEvent(context, options, answer)
}

const EVENT_ID = /^(?:\d{1,6}:\d{1,15}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** Explains the subject as a rule; answers false when it is none. */
async function printRule(
  context: CommandContext,
  client: Client,
  { subject, pattern, options }: Question,
): Promise<boolean> {
  const isEvent = options.rule !== undefined || pattern !== undefined || EVENT_ID.test(subject)
  if (isEvent) return false
  const { signal } = context.io
  try {
    const limit = EXPLAINED_EVENTS_SHOWN_MAX
    const answer = await client.explainRule({ rule: subject, bus: options.bus, limit, signal })
    await printEvents(context, answer)
    return true
  } catch (error) {
    if (!isAppError(error, 'RULE_NOT_FOUND') || subject.startsWith('arn:')) throw error
    return false
  }
}

function unknownSubject({ subject, options }: Question): AppError {
  const bus = options.bus ?? 'default'
  const message = `\`${subject}\` is no file, no rule on bus \`${bus}\` and no recent event of the log`
  return new AppError('EVENT_NOT_FOUND', message)
}

async function printEvent(
  context: CommandContext,
  options: ExplainOptions,
  answer: EventExplanationView,
): Promise<void> {
  if (context.form === 'json') return printJson(context, answer)
  const { paint } = context
  const [first] = answer.items
  if (first !== undefined && (options.rule !== undefined || first.rule === undefined)) {
    const name = first.rule?.name ?? options.pattern ?? 'pattern'
    const { misses: _, ...summary } = first
    const head = formatSummary(paint, name, { ...summary, misses: [] })
    await printLine(context, head + formatCaveat(paint, first.rule))
    for (const line of formatTree(paint, first.tree)) await printLine(context, line)
    return
  }
  for (const { rule, ...explanation } of answer.items) {
    const caveat = explanation.matches ? formatCaveat(paint, rule) : ''
    await printLine(context, formatSummary(paint, rule?.name ?? '', explanation) + caveat)
  }
  const { matched, rules } = answer
  // What came from the log is on a bus of some account and region.
  const bus = answer.bus.slice(answer.bus.lastIndexOf('/') + 1)
  const count = rules === 1 ? '1 rule' : `${rules} rules`
  await printLine(
    context,
    paint('dim', `${matched} of ${count} on bus ${escapeControls(bus)} match`),
  )
}

async function printEvents(context: CommandContext, answer: RuleExplanationView): Promise<void> {
  if (context.form === 'json') return printJson(context, answer)
  const { paint } = context
  const { rule, events, matched, items } = answer
  const name = paint('bold', escapeControls(rule.name))
  const newest = events === 1 ? 'the only event' : `the newest ${events} events`
  await printLine(
    context,
    `${name} matches ${matched} of ${newest} on bus ${escapeControls(rule.bus)}${formatCaveat(paint, rule)}`,
  )
  for (const { event, ...explanation } of items) {
    const time = paint('dim', new Date(event.timestamp).toISOString().slice(11, 23))
    const label = `${event['detail-type']} ${event.id}`
    await printLine(
      context,
      `${time} ${formatSummary(paint, label, explanation)}${formatUnseen(paint, event)}`,
    )
  }
  const nearest = items.find(({ matches }) => !matches)
  if (matched > 0 || nearest === undefined) return
  await printLine(context, `nearest is ${escapeControls(nearest.event.id)}:`)
  for (const line of formatTree(paint, nearest.tree)) await printLine(context, line)
}

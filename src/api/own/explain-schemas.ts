// The schemas of explanations in the OpenAPI document.

import { COUNT, type Json, MILLISECONDS, object, reference, TEXT } from './json-schema.ts'

const FLAG: Json = { type: 'boolean' }
const SHARE: Json = { type: 'number', minimum: 0, maximum: 1 }

const EXPLANATION: Json = {
  matches: FLAG,
  nearness: { ...SHARE, description: 'share of leaves satisfied; 1 exactly when it matches' },
  leavesSatisfied: COUNT,
  leaves: COUNT,
  misses: array(
    object({
      path: TEXT,
      kind: { type: 'string', enum: ['value', 'apart'] },
      expected: TEXT,
      found: TEXT,
    }),
  ),
  tree: array(reference('ExplainedNode')),
}

const EVENT: Json = {
  id: TEXT,
  position: TEXT,
  timestamp: MILLISECONDS,
  source: TEXT,
  'detail-type': TEXT,
}

/** Why a rule never saw an event that its pattern may match. */
const UNSEEN: Json = {
  isPassedOver: { ...FLAG, description: 'the event was directed at other rules' },
  isOutOfRange: {
    ...FLAG,
    description: 'the rule asks for other schema versions than the event has',
  },
}

export const EXPLAIN_SCHEMAS: Readonly<Record<string, Json>> = {
  ExplainEvent: object(
    {
      event: { ...TEXT, description: 'the event as JSON text; this or `eventId`' },
      eventId: { ...TEXT, description: 'id or position of an event in the log' },
      bus: { ...TEXT, description: 'name of a bus, or account/region/name; `default` when absent' },
      rule: { ...TEXT, description: 'name or ARN of a rule; all rules of the bus when absent' },
      pattern: { ...TEXT, description: 'an event pattern as JSON text, in place of rules' },
      limit: { ...COUNT, description: 'at most this many rules' },
    },
    ['event', 'eventId', 'bus', 'rule', 'pattern', 'limit'],
  ),
  EventExplanation: object({
    bus: TEXT,
    event: object(EVENT, Object.keys(EVENT)),
    rules: { ...COUNT, description: 'how many rules were asked' },
    matched: { ...COUNT, description: 'how many of them match' },
    items: array(object({ rule: reference('ExplainedRule'), ...EXPLANATION }, ['rule'])),
  }),
  RuleExplanation: object({
    rule: reference('ExplainedRule'),
    events: { ...COUNT, description: 'how many of the newest events of the bus were asked' },
    matched: { ...COUNT, description: 'how many of them match' },
    items: array(
      object({
        event: object({ ...EVENT, ...UNSEEN }, Object.keys(UNSEEN)),
        ...EXPLANATION,
      }),
    ),
  }),
  ExplainedRule: object(
    {
      name: TEXT,
      bus: TEXT,
      arn: TEXT,
      state: TEXT,
      targets: COUNT,
      targetsDisabled: COUNT,
      ...UNSEEN,
    },
    Object.keys(UNSEEN),
  ),
  ExplainedNode: {
    oneOf: [
      object({ kind: { const: 'object' }, key: TEXT, isSatisfied: FLAG, members: nodes() }),
      object({
        kind: { const: 'or' },
        isSatisfied: FLAG,
        options: array(object({ isSatisfied: FLAG, isNearest: FLAG, members: nodes() })),
      }),
      object(
        {
          kind: { const: 'leaf' },
          key: TEXT,
          path: TEXT,
          verdict: { type: 'string', enum: ['satisfied', 'missed', 'apart', 'hidden'] },
          expected: TEXT,
          found: TEXT,
        },
        ['found'],
      ),
    ],
  },
}

function array(items: Json): Json {
  return { type: 'array', items }
}

function nodes(): Json {
  return array(reference('ExplainedNode'))
}

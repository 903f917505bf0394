// Pipes of all accounts: what each does, and holding one or letting it go on.

import { AppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, list, object, TEXT } from './json-schema.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const PIPE = {
  name: 'pipe',
  description: 'name or ARN of a pipe',
  schema: { type: 'string' },
}

export const PIPE_ROUTES: readonly OwnRoute[] = [
  {
    path: '/pipes',
    operation: 'listPipes',
    summary: 'All pipes, or those of one name',
    parameters: [PIPE],
    answer: 'PipeList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.listPipes(given({ pipe: query.get('pipe') })) }),
  },
  {
    path: '/pipes/start',
    method: 'POST',
    operation: 'startPipe',
    summary: 'Lets a pipe read its source again',
    parameters: [PIPE],
    answer: 'Pipe',
    handle: (call) => setState(call, 'RUNNING'),
  },
  {
    path: '/pipes/stop',
    method: 'POST',
    operation: 'stopPipe',
    summary: 'Holds a pipe; what it has in hand is finished',
    parameters: [PIPE],
    answer: 'Pipe',
    handle: (call) => setState(call, 'STOPPED'),
  },
]

const PARAMETERS: Json = { type: 'object', description: "in AWS's words, as given" }

export const PIPE_SCHEMAS: Readonly<Record<string, Json>> = {
  Pipe: object(
    {
      name: TEXT,
      account: TEXT,
      region: TEXT,
      arn: TEXT,
      desiredState: { type: 'string', enum: ['RUNNING', 'STOPPED'] },
      state: TEXT,
      reason: TEXT,
      description: TEXT,
      source: TEXT,
      sourceParameters: PARAMETERS,
      enrichment: TEXT,
      enrichmentParameters: PARAMETERS,
      target: TEXT,
      targetParameters: PARAMETERS,
      createdAt: COUNT,
    },
    [
      'reason',
      'description',
      'sourceParameters',
      'enrichment',
      'enrichmentParameters',
      'targetParameters',
    ],
  ),
  PipeList: list('Pipe'),
}

async function setState(
  { deps, query }: Call,
  state: 'RUNNING' | 'STOPPED',
): Promise<HttpResponse> {
  const pipe = query.get('pipe')
  if (pipe === undefined) {
    throw new AppError('REQUEST_INVALID', 'expected `pipe` to be the name or ARN of a pipe')
  }
  return json(await deps.setPipeState(pipe, state))
}

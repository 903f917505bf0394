import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalFirstKind } from './local-first.ts'
import type { Sink, SinkKind } from './sink.ts'
import { messageOf } from './testing.ts'

const ADDRESS = 'arn:aws:sqs:us-east-1:000000000000:q'

function kindThat(name: string, sent: string[], parts: Partial<Sink> = {}): SinkKind {
  return {
    name,
    serves: () => true,
    open: () => ({
      batchMax: 1,
      concurrencyMax: 1,
      async send(batch) {
        sent.push(name)
        return batch.map(() => ({ kind: 'delivered' }))
      },
      close: async () => {},
      ...parts,
    }),
  }
}

function openBoth({ isConfigured }: { readonly isConfigured: boolean }) {
  const sent: string[] = []
  const state = { isHere: true }
  const kind = createLocalFirstKind({
    local: kindThat('here', sent, { batchMax: 1000, isOwnStore: true }),
    remote: { ...kindThat('aws', sent), isConfigured: () => isConfigured },
    isHere: () => state.isHere,
  })
  const sink = kind.open(ADDRESS)
  const send = (): unknown => sink.send([messageOf()], new AbortController().signal)
  return { sent, state, sink, send }
}

test('what is here stays here, and what is gone from here goes to AWS', async () => {
  const { sent, state, sink, send } = openBoth({ isConfigured: true })
  await send()
  assert.deepEqual([sink.batchMax, sink.isOwnStore], [1000, true])
  state.isHere = false
  await send()
  assert.deepEqual([sink.batchMax, sink.isOwnStore], [1, false])
  assert.deepEqual(sent, ['here', 'aws'])
})

test('without an endpoint the local kind says what is missing', async () => {
  const { sent, state, send } = openBoth({ isConfigured: false })
  state.isHere = false
  await send()
  assert.deepEqual(sent, ['here'])
})

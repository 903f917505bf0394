// The yardstick of JetStream → bus → JetStream: the same client alone, a durable consumer whose messages are published
// to another stream and then acknowledged. Nothing is looked at, matched or kept.

import { jetstream, type JsMsg } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { readOptions, tell } from './parent.ts'

export interface JetstreamLoopOptions {
  readonly url: string
  readonly stream: string
  readonly consumer: string
  readonly to: string
}

/** As many as the bus has under way. */
const BATCH = 500

const { url, stream, consumer, to } = readOptions() as JetstreamLoopOptions
const connection = await connect({ servers: url, noAsyncTraces: true })
const client = jetstream(connection)
const waiting: JsMsg[] = []
let wake: () => void = () => {}
const reading = await client.consumers.get(stream, consumer)
await reading.consume({
  max_messages: BATCH,
  callback: (message) => {
    waiting.push(message)
    wake()
  },
})
tell({ kind: 'ready' })
for (;;) {
  if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
  const batch = waiting.splice(0, BATCH)
  await Promise.all(
    batch.map((message) => client.publish(to, message.data, { msgID: `${to}/${message.seq}` })),
  )
  for (const message of batch) message.ack()
}

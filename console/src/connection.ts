// The one stream of the page. Events are handed over once a frame, so that a flood costs one rendering, and
// the browser comes back by itself behind the last event it saw.

import type { Connection } from './tail-state.ts'
import type { Stats, TailEvent } from './views.ts'

export interface Listener {
  onEvents(events: readonly TailEvent[]): void
  onStats(stats: Stats): void
  onConnection(connection: Connection, refusal?: string): void
}

/** Opens the stream; what it answers closes it. */
export function openTail(url: string, listener: Listener): () => void {
  const source = new EventSource(url)
  let isClosed = false
  let waiting: TailEvent[] = []

  // A hidden page has no frames, and so must not gather without end.
  const flush = (): void => {
    if (isClosed || waiting.length === 0) return
    const events = waiting
    waiting = []
    listener.onEvents(events)
  }
  const schedule = (): void => {
    if (document.hidden) flush()
    else requestAnimationFrame(flush)
  }

  source.addEventListener('open', () => listener.onConnection('live'))
  source.addEventListener('event', (message: MessageEvent<string>) => {
    waiting.push(JSON.parse(message.data) as TailEvent)
    if (waiting.length === 1) schedule()
  })
  source.addEventListener('stats', (message: MessageEvent<string>) => {
    listener.onStats(JSON.parse(message.data) as Stats)
  })
  source.addEventListener('error', (message) => {
    if (isClosed) return
    // The server's own words, sent on the stream.
    if (message instanceof MessageEvent) {
      const failure = JSON.parse(message.data as string) as { message: string }
      source.close()
      return listener.onConnection('refused', failure.message)
    }
    if (source.readyState !== EventSource.CLOSED) return listener.onConnection('lost')
    void readRefusal(url).then((refusal) => {
      if (!isClosed) listener.onConnection('refused', refusal)
    })
  })
  return () => {
    isClosed = true
    source.close()
  }
}

// An EventSource does not show the answer that refused it.
async function readRefusal(url: string): Promise<string> {
  const stop = new AbortController()
  try {
    const response = await fetch(url, { signal: stop.signal })
    if (response.ok) return 'the stream ended; load the page again'
    const body = (await response.json()) as { error?: { message?: string }; message?: string }
    return body.error?.message ?? body.message ?? `the server answered ${response.status}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    stop.abort()
  }
}

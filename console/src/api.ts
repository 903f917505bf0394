// The calls that are not a stream.

import { sampleEvent } from './commands.ts'
import type { EventExplanation, Info } from './views.ts'

export async function readInfo(): Promise<Info> {
  const response = await fetch('/_signalbox/v1/info')
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return (await response.json()) as Info
}

/** `event` is JSON text, sent as it was given: the server reads it. */
export async function explainEvent(event: string, bus: string): Promise<EventExplanation> {
  const response = await fetch('/_signalbox/v1/explain/event', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signalbox-console': '1' },
    body: JSON.stringify({ event, ...(bus === '' ? {} : { bus }) }),
  })
  if (response.ok) return (await response.json()) as EventExplanation
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } }
  throw new Error(body.error?.message ?? `the server answered ${response.status}`)
}

export async function sendSample(): Promise<void> {
  const response = await fetch('/events', {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json', 'x-signalbox-console': '1' },
    body: sampleEvent(crypto.randomUUID(), new Date()),
  })
  if (response.ok) return
  const body = (await response.json().catch(() => ({}))) as { message?: string }
  throw new Error(body.message ?? `the server answered ${response.status}`)
}

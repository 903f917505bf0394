// The calls of the catalogue.

import type { Schema, SchemaName, SchemaSummary } from './schema-views.ts'

export async function listSchemas(): Promise<readonly SchemaSummary[]> {
  const answer = (await read('/schemas')) as { readonly items: readonly SchemaSummary[] }
  return answer.items
}

export async function readSchema({ registry, name, version }: SchemaName): Promise<Schema> {
  const parameters = new URLSearchParams({ registry, name })
  if (version !== undefined) parameters.set('version', version)
  return (await read(`/schemas/schema?${parameters.toString()}`)) as Schema
}

export interface NewEvent {
  readonly bus: string
  readonly source: string
  readonly type: string
  /** JSON text, sent as it was given. */
  readonly detail: string
}

/** Resolves with the id of the event once it is durable. */
export async function sendEvent({ bus, source, type, detail }: NewEvent): Promise<string> {
  const id = crypto.randomUUID()
  const attributes = JSON.stringify({ specversion: '1.0', id, source, type }).slice(0, -1)
  const response = await fetch(`/buses/${encodeURIComponent(bus)}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json', 'x-signalbox-console': '1' },
    body: `${attributes},"datacontenttype":"application/json","data":${detail}}`,
  })
  if (!response.ok) throw new Error(await refusal(response))
  return id
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(`/_signalbox/v1${path}`)
  if (!response.ok) throw new Error(await refusal(response))
  return response.json()
}

async function refusal(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as {
    readonly error?: { readonly message?: string }
    readonly message?: string
  }
  return body.error?.message ?? body.message ?? `the server answered ${response.status}`
}

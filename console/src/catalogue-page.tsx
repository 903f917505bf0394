// The event catalogue: the types of events that registries know, and of the chosen one its versions, its schema, who
// gets it, and a form that sends one.

import { type ReactElement, useEffect, useState } from 'react'
import { CopyButton } from './copy-button.tsx'
import { EventForm } from './event-form.tsx'
import { formatPayload } from './format.ts'
import { listSchemas, readSchema } from './schema-api.ts'
import type { Schema, SchemaName, SchemaSummary } from './schema-views.ts'

type List =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'known'; readonly items: readonly SchemaSummary[] }

export function CataloguePage(): ReactElement {
  const [list, setList] = useState<List>({ kind: 'waiting' })
  const [chosen, setChosen] = useState<SchemaName>()
  useEffect(() => {
    listSchemas().then(
      (items) => setList({ kind: 'known', items }),
      (error: unknown) => setList({ kind: 'failed', message: messageOf(error) }),
    )
  }, [])
  if (list.kind === 'waiting') return <p className="quiet">Asking …</p>
  if (list.kind === 'failed') {
    return (
      <output className="fault" role="alert">
        {list.message}
      </output>
    )
  }
  if (list.items.length === 0) return <NoSchemas />
  return (
    <section className="catalogue" aria-label="catalogue">
      <nav aria-label="schemas">
        {groupByRegistry(list.items).map(([registry, schemas]) => (
          <div key={registry}>
            <h2>{registry}</h2>
            <ul>
              {schemas.map((schema) => (
                <li key={schema.name}>
                  <button
                    type="button"
                    aria-pressed={chosen?.registry === registry && chosen.name === schema.name}
                    onClick={() => setChosen({ registry, name: schema.name })}
                  >
                    <span>{schema.name}</span>
                    <span className="quiet">{schema.semantic}</span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      {chosen === undefined ? (
        <p className="quiet">Choose a type of event.</p>
      ) : (
        <SchemaDetail key={`${chosen.registry}/${chosen.name}`} name={chosen} />
      )}
    </section>
  )
}

function NoSchemas(): ReactElement {
  return (
    <section className="empty" aria-label="no schemas">
      <h2>No schema yet</h2>
      <p>
        <code>signalbox schema push order.json --registry shop</code> adds one, and a discoverer on
        a bus learns them from its events.
      </p>
    </section>
  )
}

type Reading =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'known'; readonly schema: Schema }

function SchemaDetail({ name }: { readonly name: SchemaName }): ReactElement {
  const [version, setVersion] = useState<string>()
  const [reading, setReading] = useState<Reading>({ kind: 'waiting' })
  const { registry, name: schemaName } = name
  useEffect(() => {
    let isStale = false
    const asked = { registry, name: schemaName, ...(version === undefined ? {} : { version }) }
    readSchema(asked).then(
      (schema) => !isStale && setReading({ kind: 'known', schema }),
      (error: unknown) => !isStale && setReading({ kind: 'failed', message: messageOf(error) }),
    )
    return () => {
      isStale = true
    }
  }, [registry, schemaName, version])
  if (reading.kind === 'waiting') return <p className="quiet">Asking …</p>
  if (reading.kind === 'failed') {
    return (
      <output className="fault" role="alert">
        {reading.message}
      </output>
    )
  }
  const { schema } = reading
  return (
    <article>
      <h2>{schema.name}</h2>
      {schema.description !== undefined && <p>{schema.description}</p>}
      <label htmlFor="schema-version">Version</label>{' '}
      <select
        id="schema-version"
        value={schema.version}
        onChange={(changed) => setVersion(changed.target.value)}
      >
        {schema.history.map((entry) => (
          <option key={entry.version} value={entry.version}>
            {entry.semantic} (version {entry.version})
          </option>
        ))}
      </select>
      <Receivers rules={schema.rules} />
      <EventForm key={schema.version} schema={schema} />
      <div className="payload-bar">
        <h3>{schema.type}</h3>
        <CopyButton text={schema.content} />
      </div>
      <pre>{formatPayload(JSON.parse(schema.content))}</pre>
    </article>
  )
}

function Receivers({ rules }: { readonly rules: Schema['rules'] }): ReactElement {
  return (
    <>
      <h3>Who gets it</h3>
      {rules.length === 0 ? (
        <p className="quiet">No rule matches the example of this schema.</p>
      ) : (
        <ul className="receivers">
          {rules.map(({ bus, rule }) => (
            <li key={`${bus}/${rule}`}>
              rule <strong>{rule}</strong> of bus {bus}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function groupByRegistry(
  schemas: readonly SchemaSummary[],
): readonly (readonly [string, readonly SchemaSummary[]])[] {
  return Object.entries(Object.groupBy(schemas, ({ registry }) => registry)).map(
    ([registry, items]) => [registry, items ?? []],
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// Sends an event of a schema: a field for each property, filled with the example.

import { type ReactElement, useState } from 'react'
import { type EventField, fieldText, formatDetail, readFields } from './event-fields.ts'
import { sendEvent } from './schema-api.ts'
import type { Schema } from './schema-views.ts'

type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'sent'; readonly id: string }
  | { readonly kind: 'failed'; readonly message: string }

export function EventForm({ schema }: { readonly schema: Schema }): ReactElement {
  const fields = readFields(schema.content)
  const [values, setValues] = useState(() => exampleValues(fields, schema.example))
  const [bus, setBus] = useState(schema.rules[0]?.bus ?? 'default')
  const [source, setSource] = useState(schema.source ?? 'signalbox.console')
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' })
  const send = (): void => {
    const detail = formatDetail(fields, values)
    if (typeof detail !== 'string') return setOutcome({ kind: 'failed', message: detail.message })
    sendEvent({ bus, source, type: schema.detailType, detail }).then(
      (id) => setOutcome({ kind: 'sent', id }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        setOutcome({ kind: 'failed', message })
      },
    )
  }
  return (
    <form
      className="event-form"
      aria-label="send an event"
      onSubmit={(submitted) => {
        submitted.preventDefault()
        send()
      }}
    >
      <h3>Send one</h3>
      <TextField name="Bus" value={bus} onChange={setBus} />
      <TextField name="Source" value={source} onChange={setSource} />
      {fields.map((field) => (
        <SchemaField
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          onChange={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
      <p>
        <button type="submit" className="primary">
          Send {schema.detailType}
        </button>{' '}
        <Result outcome={outcome} />
      </p>
    </form>
  )
}

function Result({ outcome }: { readonly outcome: Outcome }): ReactElement | null {
  if (outcome.kind === 'none') return null
  if (outcome.kind === 'sent') return <output role="status">sent as {outcome.id}</output>
  return (
    <output className="fault" role="alert">
      {outcome.message}
    </output>
  )
}

interface FieldProperties {
  readonly field: EventField
  readonly value: string
  readonly onChange: (value: string) => void
}

function SchemaField({ field, value, onChange }: FieldProperties): ReactElement {
  const { name, kind, choices, isRequired, description } = field
  if (kind !== 'choice' && kind !== 'boolean') {
    return <TextField {...{ name, value, onChange, isRequired, title: description }} />
  }
  const options = kind === 'boolean' ? ['true', 'false'] : choices
  return (
    <div className="field">
      <label htmlFor={`field-${name}`}>{label(name, isRequired)}</label>
      <select
        id={`field-${name}`}
        value={value}
        title={description}
        onChange={(changed) => onChange(changed.target.value)}
      >
        {!isRequired && <option value="" />}
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </div>
  )
}

interface TextProperties {
  readonly name: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly isRequired?: boolean
  readonly title?: string | undefined
}

function TextField(properties: TextProperties): ReactElement {
  const { name, value, onChange, isRequired = true, title } = properties
  return (
    <div className="field">
      <label htmlFor={`field-${name}`}>{label(name, isRequired)}</label>
      <input
        id={`field-${name}`}
        value={value}
        title={title}
        spellCheck={false}
        autoComplete="off"
        onChange={(changed) => onChange(changed.target.value)}
      />
    </div>
  )
}

function label(name: string, isRequired: boolean): string {
  return isRequired ? name : `${name} (optional)`
}

function exampleValues(
  fields: readonly EventField[],
  example: unknown,
): Readonly<Record<string, string>> {
  const values = (typeof example === 'object' && example !== null ? example : {}) as Readonly<
    Record<string, unknown>
  >
  return Object.fromEntries(
    fields.map((field) => [field.name, fieldText(field, values[field.name])]),
  )
}

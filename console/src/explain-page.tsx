// Why an event matches rules or does not: a person gives an event, and sees every rule of a bus, nearest first, each
// with its pattern and a verdict at every field.

import { type ReactElement, useState } from 'react'
import { explainEvent } from './api.ts'
import { ExplainedRule } from './explained-rule.tsx'
import type { EventExplanation } from './views.ts'

interface Properties {
  /** The text in the box; kept by the page above, so that going away and back loses nothing. */
  readonly event: string
  readonly onChange: (event: string) => void
}

type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answered'; readonly answer: EventExplanation; readonly count: number }

export function ExplainPage({ event, onChange }: Properties): ReactElement {
  const [bus, setBus] = useState('default')
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' })
  const [count, setCount] = useState(0)
  const ask = (): void => {
    setOutcome({ kind: 'waiting' })
    setCount(count + 1)
    explainEvent(event, bus).then(
      (answer) => setOutcome({ kind: 'answered', answer, count }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        setOutcome({ kind: 'failed', message })
      },
    )
  }
  return (
    <section className="explain" aria-label="explain">
      <form
        className="explain-form"
        onSubmit={(submitted) => {
          submitted.preventDefault()
          ask()
        }}
      >
        <label htmlFor="explain-event">Event</label>
        <textarea
          id="explain-event"
          value={event}
          rows={14}
          spellCheck={false}
          placeholder='{"source": "my.app", "detail-type": "order.created", "detail": {"id": 1}}'
          onChange={(changed) => onChange(changed.target.value)}
          onKeyDown={(pressed) => {
            if (pressed.key === 'Enter' && (pressed.ctrlKey || pressed.metaKey)) ask()
          }}
        />
        <div className="explain-bar">
          <label htmlFor="explain-bus">Bus</label>
          <input
            id="explain-bus"
            value={bus}
            spellCheck={false}
            autoComplete="off"
            onChange={(changed) => setBus(changed.target.value)}
          />
          <button type="submit" className="primary" disabled={event.trim() === ''}>
            Explain
          </button>
          <kbd>ctrl enter</kbd>
        </div>
      </form>
      <Answer outcome={outcome} />
    </section>
  )
}

function Answer({ outcome }: { readonly outcome: Outcome }): ReactElement {
  switch (outcome.kind) {
    case 'none':
      return (
        <p className="quiet">
          Give an event, and see which rules match it and why the others do not. A row of the live
          page has a button that brings its event here.
        </p>
      )
    case 'waiting':
      return <p className="quiet">Asking …</p>
    case 'failed':
      return (
        <output className="fault" role="alert">
          {outcome.message}
        </output>
      )
    case 'answered':
      return <Rules key={outcome.count} answer={outcome.answer} />
  }
}

function Rules({ answer }: { readonly answer: EventExplanation }): ReactElement {
  const { rules, matched, items } = answer
  return (
    <div className="explain-answer">
      <p role="status">
        {matched} of {rules === 1 ? '1 rule' : `${rules} rules`} match
        {items.length < rules && `; the nearest ${items.length} are shown`}
      </p>
      <ol className="rows">
        {items.map((item) => (
          <ExplainedRule key={item.rule.arn} item={item} isOpen={items.length === 1} />
        ))}
      </ol>
    </div>
  )
}

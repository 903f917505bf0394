// The live tail: newest on top, each row opens in place.

import { type ReactElement, useState } from 'react'
import { CopyButton } from './copy-button.tsx'
import { formatPayload, formatTime, summarise } from './format.ts'
import type { TailState } from './tail-state.ts'
import type { TailEvent } from './views.ts'

interface Properties {
  readonly tail: TailState
  readonly oneIn: number
  readonly onPause: () => void
  readonly onResume: () => void
  /** The event of a row is to be explained. */
  readonly onExplain: (event: string) => void
}

export function TailList({ tail, oneIn, onPause, onResume, onExplain }: Properties): ReactElement {
  return (
    <section aria-label="live tail" className="tail">
      <div className="tail-bar">
        <button type="button" onClick={tail.isPaused ? onResume : onPause}>
          {tail.isPaused ? 'Resume' : 'Pause'} <kbd>space</kbd>
        </button>
        {tail.heldCount > 0 && (
          <button type="button" className="pill" onClick={onResume}>
            {tail.heldCount} new
          </button>
        )}
        {oneIn > 1 && <span className="sampled">showing 1 in {oneIn} events</span>}
      </div>
      {tail.rows.length === 0 && <p className="quiet">Nothing has matched yet.</p>}
      <ol className="rows">
        {tail.rows.map((event) => (
          <Row key={event.position} event={event} onExplain={onExplain} />
        ))}
      </ol>
    </section>
  )
}

interface RowProperties {
  readonly event: TailEvent
  readonly onExplain: (event: string) => void
}

function Row({ event, onExplain }: RowProperties): ReactElement {
  const [isOpen, setIsOpen] = useState(false)
  const { envelope } = event
  const time = new Date(event.timestamp).toISOString()
  return (
    <li className={isOpen ? 'row row-open' : 'row'}>
      <button
        type="button"
        className="row-head"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <time dateTime={time} title={time}>
          {formatTime(event.timestamp)}
        </time>
        <span className="row-type">{envelope?.['detail-type'] ?? 'too large to show'}</span>
        <span className="row-source">{envelope?.source}</span>
        <span className="row-bus">{event.bus}</span>
        <span className="row-payload">{envelope === null ? '' : summarise(envelope.detail)}</span>
      </button>
      {isOpen && <Payload event={event} onExplain={onExplain} />}
    </li>
  )
}

function Payload({ event, onExplain }: RowProperties): ReactElement {
  const text =
    event.envelope === null
      ? `${event.sizeBytes} bytes: read it with the client of your choice`
      : formatPayload(event.envelope)
  return (
    <div className="payload">
      <div className="payload-bar">
        <span>
          position {event.position} · account {event.account} · {event.region} · {event.sizeBytes}{' '}
          bytes
        </span>
        <span className="payload-buttons">
          {event.envelope !== null && (
            <button type="button" onClick={() => onExplain(text)}>
              Explain
            </button>
          )}
          <CopyButton text={text} />
        </span>
      </div>
      <pre>{text}</pre>
    </div>
  )
}

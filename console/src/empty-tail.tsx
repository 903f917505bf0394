// The first minute: nothing has come yet, and this is how something does.

import { type ReactElement, useState } from 'react'
import { sendSample } from './api.ts'
import { suggestions } from './commands.ts'
import { CopyButton } from './copy-button.tsx'

interface Properties {
  readonly endpointUrl: string
  /** Whether the server had events before the page was opened. */
  readonly hasPast: boolean
}

export function EmptyTail({ endpointUrl, hasPast }: Properties): ReactElement {
  const [fault, setFault] = useState<string>()
  const send = (): void => {
    setFault(undefined)
    sendSample().catch((error: unknown) => {
      setFault(error instanceof Error ? error.message : String(error))
    })
  }
  return (
    <section className="empty" aria-label="getting started">
      <h2>{hasPast ? 'No event since this page was opened' : 'No event yet'}</h2>
      <p>Send one, and it appears here the moment it is durable.</p>
      <p>
        <button type="button" className="primary" onClick={send}>
          Send a sample event
        </button>{' '}
        {fault !== undefined && (
          <output className="fault" role="alert">
            {fault}
          </output>
        )}
      </p>
      {suggestions(endpointUrl).map(({ title, text }) => (
        <div key={title} className="suggestion">
          <div className="payload-bar">
            <h3>{title}</h3>
            <CopyButton text={text} />
          </div>
          <pre>{text}</pre>
        </div>
      ))}
    </section>
  )
}

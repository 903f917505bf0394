// The first page: the health of the server, and what passes through it.

import { type ReactElement, useEffect, useReducer, useRef, useState } from 'react'
import { readInfo } from './api.ts'
import { CataloguePage } from './catalogue-page.tsx'
import { openTail } from './connection.ts'
import { EmptyTail } from './empty-tail.tsx'
import { ExplainPage } from './explain-page.tsx'
import { FilterBox } from './filter-box.tsx'
import { type Filter, parseFilter, tailUrl } from './filter.ts'
import { HealthStrip } from './health-strip.tsx'
import { openPage, type PageName, PAGES, usePage } from './page.ts'
import { addTotal, INITIAL_RATES, type RateState } from './rates.ts'
import { INITIAL_TAIL, reduceTail } from './tail-state.ts'
import { TailList } from './tail-list.tsx'
import type { Info, Stats } from './views.ts'

export function App(): ReactElement {
  const [tail, dispatch] = useReducer(reduceTail, INITIAL_TAIL)
  const [stats, setStats] = useState<Stats>()
  const [rates, setRates] = useState<RateState>(INITIAL_RATES)
  const [info, setInfo] = useState<Info>()
  const [filter, setFilter] = useState<Filter>({ kind: 'none' })
  const [explained, setExplained] = useState('')
  const page = usePage()
  const filterBox = useRef<HTMLInputElement>(null)
  const url = tailUrl(filter)

  useEffect(() => {
    // The page tells of a lost server by its stream already.
    readInfo().then(setInfo, () => undefined)
  }, [])

  useEffect(() => {
    dispatch({ kind: 'connection', connection: 'connecting' })
    return openTail(url, {
      onEvents: (events) => dispatch({ kind: 'events', events }),
      onStats: (next) => {
        setStats(next)
        setRates((state) => addTotal(state, next.at, next.totals.received))
      },
      onConnection: (connection, refusal) =>
        dispatch({ kind: 'connection', connection, ...(refusal === undefined ? {} : { refusal }) }),
    })
  }, [url])

  const { isPaused, heldCount } = tail
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (page !== 'live' || isTyping(event)) return
      if (event.key === ' ') dispatch({ kind: isPaused ? 'resume' : 'pause' })
      else if (event.key === '/') filterBox.current?.focus()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [isPaused, page])

  useEffect(() => {
    const held = heldCount === 0 ? '' : `(${heldCount}) `
    document.title = `${held}Signalbox${info === undefined ? '' : ` ${info.mode}`}`
  }, [heldCount, info])

  const applyFilter = (text: string): void => {
    const next = parseFilter(text)
    if (next.kind !== 'invalid') dispatch({ kind: 'clear' })
    setFilter(next)
  }

  const isEmpty = tail.rows.length === 0 && tail.heldCount === 0
  const hasFilter = filter.kind !== 'none'
  return (
    <>
      <header className="top">
        <h1>Signalbox</h1>
        {info !== undefined && (
          <span className={`badge badge-${info.mode}`}>
            {info.mode} {info.version}
          </span>
        )}
        <Pages current={page} />
        <ConnectionMark connection={tail.connection} />
      </header>
      <HealthStrip stats={stats} rates={rates} />
      <main>
        {page === 'events' && <CataloguePage />}
        {page === 'explain' && <ExplainPage event={explained} onChange={setExplained} />}
        {page === 'live' && (
          <>
            <FilterBox
              boxRef={filterBox}
              filter={filter}
              refusal={tail.refusal}
              onChange={applyFilter}
            />
            {isEmpty && !hasFilter ? (
              <EmptyTail
                endpointUrl={location.origin}
                hasPast={(stats?.totals.received ?? 0) > 0}
              />
            ) : (
              <TailList
                tail={tail}
                oneIn={stats?.oneIn ?? 1}
                onPause={() => dispatch({ kind: 'pause' })}
                onResume={() => dispatch({ kind: 'resume' })}
                onExplain={(event) => {
                  setExplained(event)
                  openPage('explain')
                }}
              />
            )}
          </>
        )}
      </main>
    </>
  )
}

function Pages({ current }: { readonly current: PageName }): ReactElement {
  return (
    <nav className="pages" aria-label="pages">
      {Object.entries(PAGES).map(([name, title]) => (
        <a key={name} href={`#${name}`} aria-current={name === current ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  )
}

const CONNECTION_TEXT = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost, coming back',
  refused: 'stopped',
} as const

function ConnectionMark({
  connection,
}: {
  readonly connection: keyof typeof CONNECTION_TEXT
}): ReactElement {
  return (
    <span className={`connection connection-${connection}`} role="status">
      {CONNECTION_TEXT[connection]}
    </span>
  )
}

// Space in a text or on a button means what it always means there.
function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true
  return target instanceof Element && target.closest('input, textarea, select, button, a') !== null
}

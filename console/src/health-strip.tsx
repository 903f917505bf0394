// The numbers on top. Zeros are quiet; what needs attention is not.

import type { ReactElement } from 'react'
import { formatCount, formatRate } from './format.ts'
import { type RateState, sparkline } from './rates.ts'
import type { Stats } from './views.ts'

const SPARK = { width: 120, height: 28 }

interface Properties {
  readonly stats: Stats | undefined
  readonly rates: RateState
}

export function HealthStrip({ stats, rates }: Properties): ReactElement {
  const rate = rates.perSecond.at(-1) ?? 0
  return (
    <section className="strip" aria-label="health">
      <div className="figure figure-wide">
        <span className="figure-name">events/s</span>
        <span className="figure-value" data-figure="rate">
          {formatRate(rate)}
        </span>
        <svg
          className="spark"
          viewBox={`0 -2 ${SPARK.width} ${SPARK.height + 4}`}
          role="img"
          aria-label={`events per second over the last minute, now ${formatRate(rate)}`}
        >
          <polyline points={sparkline(rates.perSecond, SPARK)} />
        </svg>
      </div>
      <Figure name="received" value={stats?.totals.received} />
      <Figure name="delivered" value={stats?.totals.delivered} />
      <Figure name="retrying" value={stats?.state.pending} tone="attention" />
      <Figure name="dead" value={stats?.state.dead} tone="alarm" />
      <Figure name="failed attempts" value={stats?.totals.failed} tone="attention" />
      <Figure name="open breakers" value={stats?.totals.breakersOpen} tone="alarm" />
      <Figure name="lag" value={stats?.state.lagRecords} />
    </section>
  )
}

interface FigureProperties {
  readonly name: string
  readonly value: number | undefined
  /** How it looks when it is not zero. */
  readonly tone?: 'attention' | 'alarm'
}

function Figure({ name, value, tone }: FigureProperties): ReactElement {
  const isLoud = tone !== undefined && value !== undefined && value > 0
  return (
    <div className={isLoud ? `figure figure-${tone}` : 'figure'}>
      <span className="figure-name">{name}</span>
      <span className="figure-value" data-figure={name}>
        {value === undefined ? '–' : formatCount(value)}
      </span>
    </div>
  )
}

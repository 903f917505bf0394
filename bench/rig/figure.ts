// What a scenario finds: figures, some with a bar they must reach, some ratios that the baseline remembers.

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit:
    | 'events/s'
    | 'requests/s'
    | 'deliveries/s'
    | 'records/s'
    | 'resources/s'
    | 'us'
    | 'ms'
    | 'MiB'
    | 'bytes'
    | 'cores'
    | 'ratio'
    | 'count'
  readonly bar?: { readonly kind: 'at least' | 'at most'; readonly value: number }
}

export interface Outcome {
  readonly scenario: string
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

export function misses({ value, bar }: Figure): boolean {
  if (bar === undefined) return false
  return bar.kind === 'at least' ? value < bar.value : value > bar.value
}

export function isMissed(outcome: Outcome): boolean {
  return outcome.figures.some(misses)
}

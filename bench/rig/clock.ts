// The machine's monotonic clock: the same in every process of one machine, so that one may stamp what another
// reads.

const originMs = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now()

/** Milliseconds, with microseconds behind the point. */
export function machineNow(): number {
  return originMs + performance.now()
}

// The machine's monotonic clock: the same in every process of one machine, so that one may stamp what another
// reads.

// The two are read one after the other: a process that loses its core in between would be milliseconds off, and
// always to the same side.
const originMs = Math.max(
  ...Array.from(
    { length: 20 },
    () => Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now(),
  ),
)

/** Milliseconds, with microseconds behind the point. */
export function machineNow(): number {
  return originMs + performance.now()
}

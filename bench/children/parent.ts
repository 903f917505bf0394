// A child's end of the channel to the benchmark: its options come as one argument, what it has to say as messages.
// A child whose parent goes away ends itself.

/** What the parent gave `startChild`: both are of one checkout, so the child may say what it is. */
export function readOptions(): unknown {
  process.on('disconnect', () => process.exit(0))
  return JSON.parse(process.argv[2] ?? '{}')
}

export function tell(message: object): void {
  process.send?.(message)
}

/** Calls back for each question of the parent. */
export function onQuestion(answer: (question: string) => object): void {
  process.on('message', (question: string) => tell(answer(question)))
}

/** Measures the share of one core that this process takes, from now on. */
export function startCpu(): () => number {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / (performance.now() - startedAt)
  }
}

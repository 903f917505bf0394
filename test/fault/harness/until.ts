// Waiting for a condition, with a deadline and a reason.

const POLL_MS = 10

export async function until(
  what: string,
  deadlineMs: number,
  isDone: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

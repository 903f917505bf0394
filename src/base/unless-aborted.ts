// Waiting for something that a stop must not wait for.

/** What the promise gives, or undefined as soon as the signal aborts; then nobody hears how it ends. */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const stop = Promise.withResolvers<undefined>()
  const give = (): void => stop.resolve(undefined)
  if (signal.aborted) give()
  signal.addEventListener('abort', give, { once: true })
  try {
    return await Promise.race([promise, stop.promise])
  } finally {
    signal.removeEventListener('abort', give)
    promise.catch(() => {})
  }
}

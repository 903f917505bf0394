// What a cluster says went wrong, in one sentence, and what can be done about it.

import { AppError } from '../../../base/index.ts'

/** The errors of the client, as far as they are looked at: a tree of causes. */
interface ClientError extends Error {
  readonly errors?: readonly unknown[]
  readonly apiId?: string
  readonly serverErrorMessage?: string
}

/** Every error in the tree, the outermost first. */
export function* causesOf(error: unknown): Generator<ClientError> {
  if (!(error instanceof Error)) return
  const known = error as ClientError
  yield known
  for (const inner of known.errors ?? []) yield* causesOf(inner)
  if (known.cause !== undefined) yield* causesOf(known.cause)
}

/** Whether the cluster answered with one of these codes, such as `MESSAGE_TOO_LARGE`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  for (const { apiId } of causesOf(error))
    if (apiId !== undefined && codes.includes(apiId)) return true
  return false
}

/** `BROKER_LOST`, or what one of our own values threw inside the client. */
export function brokerLost(broker: string, error: unknown): AppError {
  for (const cause of causesOf(error)) if (cause instanceof AppError) return cause
  return new AppError('BROKER_LOST', `broker \`${broker}\`: ${describe(error)}`, { cause: error })
}

/** The innermost sentence that says something, with the cluster's own code. */
export function describe(error: unknown): string {
  const causes = [...causesOf(error)]
  const answered = causes.find(({ apiId }) => apiId !== undefined)
  if (answered !== undefined) return `${answered.apiId!}: ${answered.message}`
  return causes.at(-1)?.message ?? String(error)
}

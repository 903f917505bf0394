// Times as texts.

/** RFC 3339 in UTC, whole seconds: `2026-01-01T00:00:00Z`. `at` is in milliseconds since 1970. */
export function formatSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

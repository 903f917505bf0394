// The matcher's public interface: patterns compiled into one machine per bus, matched over JSON bytes.

/** A pattern that passed validation, ready to join a machine. */
export interface Pattern {
  /** The text it was parsed from. */
  readonly source: string
}

/** Many patterns as one machine. Immutable: `with` and `without` answer a new one and leave this as it is. */
export interface Matcher<Key> {
  readonly size: number
  with(key: Key, pattern: Pattern): Matcher<Key>
  without(key: Key): Matcher<Key>
  /**
   * The keys of all patterns that the JSON object in `event` matches, in order of joining.
   * `event` must be valid JSON in UTF-8, as ingress checked it; what malformed bytes match is not defined,
   * but they never crash or hang it.
   */
  match(event: Uint8Array): readonly Key[]
}

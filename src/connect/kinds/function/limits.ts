// Every bound of functions. Those that Lambda states are its own numbers:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

/** Bytes of one event in, and of one result out. */
export const PAYLOAD_SIZE_BYTES_MAX: number = 6 * 1024 * 1024
/** Of what surrounds them. */
export const HEADER_SIZE_BYTES_MAX: number = 64 * 1024
/** How long a process may take until its handler is loaded. */
export const START_MS_MAX = 10_000
/** A process that has had nothing to do for this long ends. */
export const IDLE_MS_MAX: number = 10 * 60 * 1000
/** Characters of one line of output; a longer one is logged in pieces. */
export const OUTPUT_LINE_LENGTH_MAX = 16_384
/** Characters kept of what one invocation prints; Lambda hands out the last 4 KB. */
export const OUTPUT_TAIL_LENGTH_MAX = 4096
/** Invocations that may wait for a process of one function. */
export const INVOCATIONS_WAITING_MAX = 1000
/** How long the end of a killed process is waited for. */
export const KILL_WAIT_MS = 2000
/** Characters of an error's message that travel on. */
export const ERROR_MESSAGE_LENGTH_MAX = 2048
export const FUNCTIONS_DISCOVERED_MAX = 1000
/** Bytes of an archive's files together (Lambda). */
export const ZIP_UNPACKED_BYTES_MAX: number = 250 * 1024 * 1024
export const ZIP_ENTRIES_MAX = 20_000

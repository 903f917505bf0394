export { createClient, type Client, type SentEvent } from './client.ts'
export type { TailEventView } from './views.ts'

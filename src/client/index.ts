export {
  createClient,
  type Client,
  type SendRequest,
  type SentEvent,
  type TailQuery,
} from './client.ts'
export type { EnvelopeView, InfoView, StatsView, TailEventView } from './views.ts'

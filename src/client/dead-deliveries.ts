// Dead deliveries as our own API shows and changes them.

export interface DeadDeliveryView {
  readonly id: string
  readonly busKey: string
  readonly ruleName: string
  readonly targetId: string
  readonly eventId: string
  readonly attempts: number
  /** Milliseconds since the Unix epoch. */
  readonly lastAttemptAt: number
  readonly errorCode: string
  readonly errorMessage: string
}

export interface DeadDeliveryFilter {
  readonly bus?: string | undefined
  readonly rule?: string | undefined
  readonly limit?: number | undefined
  /** The id after which to go on. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal
}

export interface DeadDeliveryPage {
  readonly items: readonly DeadDeliveryView[]
  /** Absent on the last page. */
  readonly after?: string
}

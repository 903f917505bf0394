// What this process and a thread that speaks to brokers say to each other. Events cross as bytes that change hands, many
// in one message; a broker is named by a number, under which the thread asks for its secrets and whom it may dial.

import { AppError, describeError, type ErrorCode, type LogFields } from '../base/index.ts'
import type { BrokerSpec, SecretRef, SourceSpec } from '../model/index.ts'
import type { PackedEvents, PackedMessages } from './packed.ts'
import type { ReadCount, Refusal, Rejected } from './source-door.ts'
import type { SinkResult } from './sink.ts'

/** Of a broker as it is now; another number once it is another. */
export interface NumberedBroker {
  readonly number: number
  readonly broker: BrokerSpec
}

export interface ThreadRun extends NumberedBroker {
  readonly source: SourceSpec
  readonly group: string
  readonly instance: number
}

export interface ThreadError {
  /** Absent: it was no error of ours. */
  readonly code?: ErrorCode
  readonly message: string
}

export type ToThread =
  /** `known` is undefined when there is no such broker any more. */
  | { readonly kind: 'broker'; readonly name: string; readonly known?: NumberedBroker }
  | {
      readonly kind: 'send'
      readonly id: number
      readonly address: string
      readonly messages: PackedMessages
    }
  | { readonly kind: 'closeSink'; readonly id: number; readonly address: string }
  | { readonly kind: 'run'; readonly id: number; readonly run: ThreadRun }
  | { readonly kind: 'stop'; readonly id: number }
  | {
      readonly kind: 'answer'
      readonly ask: number
      readonly value?: unknown
      /** What came with the question, to be used again. */
      readonly slab?: ArrayBuffer
    }
  | { readonly kind: 'refuse'; readonly ask: number; readonly error: ThreadError }

export type FromThread =
  /** All delivered when there are no results. */
  | {
      readonly kind: 'sent'
      readonly id: number
      readonly results?: readonly SinkResult[]
      /** In which the messages came, to be used again. */
      readonly slab?: ArrayBuffer
    }
  | { readonly kind: 'ended'; readonly id: number; readonly error?: ThreadError }
  | { readonly kind: 'connected'; readonly id: number }
  | {
      readonly kind: 'lagged'
      readonly id: number
      readonly place: string
      readonly records: number
    }
  | { readonly kind: 'count'; readonly id: number; readonly read: ReadCount }
  | {
      readonly kind: 'line'
      readonly id: number
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: LogFields | undefined
    }
  | { readonly kind: 'ask'; readonly ask: number; readonly question: Question }

export type Question =
  | { readonly kind: 'reveal'; readonly number: number; readonly reference: SecretRef }
  | { readonly kind: 'checkServer'; readonly number: number; readonly server: string }
  | { readonly kind: 'put'; readonly id: number; readonly events: PackedEvents }
  | { readonly kind: 'reject'; readonly id: number; readonly rejected: readonly Rejected[] }

/** By the kind of a question, what answers it. */
export interface Answers {
  readonly reveal: string
  readonly checkServer: undefined
  readonly put: readonly Refusal[]
  readonly reject: undefined
}

/** An error as it crosses. */
export function told(error: unknown): ThreadError {
  const message = describeError(error)
  return error instanceof AppError ? { code: error.code, message } : { message }
}

export function revived({ code = 'BROKER_LOST', message }: ThreadError): AppError {
  return new AppError(code, message)
}

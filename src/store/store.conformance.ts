// What every store driver must do; each driver's test is three lines. Nothing here knows how a driver works: it
// opens stores, asks, and opens them again.

import { describe } from 'node:test'
import { dedupeConformance } from './dedupe.conformance.ts'
import { deliveriesConformance } from './deliveries.conformance.ts'
import { messagesConformance } from './messages.conformance.ts'
import { receivingConformance } from './receiving.conformance.ts'
import { lookingConformance } from './looking.conformance.ts'
import { referencesConformance } from './references.conformance.ts'
import { rowsConformance } from './rows.conformance.ts'
import { rowsModelConformance } from './rows-model.conformance.ts'
import type { OpenStore } from './store-under-test.ts'
import { watchConformance } from './watch.conformance.ts'

export function storeConformance(name: string, open: OpenStore): void {
  describe(`store: ${name}`, () => {
    describe('rows', () => {
      rowsConformance(open)
      rowsModelConformance(open)
    })
    describe('watch', () => watchConformance(open))
    describe('deliveries', () => deliveriesConformance(open))
    describe('messages', () => messagesConformance(open))
    describe('references', () => referencesConformance(open))
    describe('looking', () => lookingConformance(open))
    describe('receiving', () => receivingConformance(open))
    describe('dedupe', () => dedupeConformance(open))
  })
}

// What our own API shows of the brokers themselves: places, who reads them, and the newest records of one.

import type { OwnApiDeps } from './api/index.ts'
import { AppError, type Clock, type Random } from './base/index.ts'
import {
  type BrokerAccess,
  type BrokerBrowser,
  createKafkaBrowser,
  createNatsBrowser,
  type FindBroker,
  type PeekedRecord,
} from './connect/index.ts'

type Browsing = Pick<OwnApiDeps['connectors'], 'browse' | 'peek'>
type PeekedRecordView = Awaited<ReturnType<Browsing['peek']>>[number]

export interface BrowseOptions {
  readonly find: FindBroker
  readonly clock: Clock
  readonly random: Random
}

export function createBrowsing({ find, clock, random }: BrowseOptions): Browsing {
  const browsers = [createKafkaBrowser({ clock, random }), createNatsBrowser(clock)]
  return {
    async browse(name) {
      const { access, browser } = findBrowser(name)
      return browser.places(access)
    },
    async peek(name, query, signal) {
      const { access, browser } = findBrowser(name)
      return (await browser.peek(access, query, signal)).map(viewOf)
    },
  }

  function findBrowser(name: string): {
    readonly access: BrokerAccess
    readonly browser: BrokerBrowser
  } {
    const access = find(name)
    const browser = browsers.find(({ type }) => type === access?.broker.type)
    if (access === undefined || browser === undefined)
      throw new AppError('RESOURCE_NOT_FOUND', `broker \`${name}\` does not exist`)
    return { access, browser }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function viewOf({ body, ...record }: PeekedRecord): PeekedRecordView {
  const content = textOf(body)
  return { ...record, ...content, sizeBytes: body.length }
}

function textOf(body: Uint8Array): { readonly text: string } | { readonly base64: string } {
  try {
    return { text: utf8.decode(body) }
  } catch {
    // Bytes that are no text are shown as what they are.
    return { base64: Buffer.from(body).toString('base64') }
  }
}

// Which page is shown: the part of the address behind `#`, so that it can be linked to and gone back from.

import { useSyncExternalStore } from 'react'

export const PAGES = { live: 'Live', events: 'Events', explain: 'Explain' } as const

export type PageName = keyof typeof PAGES

export function parsePage(hash: string): PageName {
  const name = hash.replace(/^#/, '')
  return Object.hasOwn(PAGES, name) ? (name as PageName) : 'live'
}

export function usePage(): PageName {
  return useSyncExternalStore(onHashChange, () => parsePage(location.hash))
}

export function openPage(name: PageName): void {
  location.hash = name
}

function onHashChange(callback: () => void): () => void {
  addEventListener('hashchange', callback)
  return () => removeEventListener('hashchange', callback)
}

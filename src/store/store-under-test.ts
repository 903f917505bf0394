// How the conformance suite gets an empty store, opens it again over what was committed, and puts it away.

import type { Store } from './store.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Closes the store and opens what it had committed. */
  readonly reopen: () => Promise<StoreUnderTest>
  /** Closes it and removes what it kept. */
  readonly dispose: () => Promise<void>
}

/** Opens an empty store. */
export type OpenStore = () => Promise<StoreUnderTest>

export async function withStore(
  open: OpenStore,
  use: (store: Store) => Promise<void>,
): Promise<void> {
  const { store, dispose } = await open()
  try {
    await use(store)
  } finally {
    await dispose()
  }
}

/** Runs `before`, opens the store again, and runs `after` on what it then holds. */
export async function acrossReopening(
  open: OpenStore,
  before: (store: Store) => Promise<void>,
  after: (store: Store) => Promise<void>,
): Promise<void> {
  let current = await open()
  try {
    await before(current.store)
    current = await current.reopen()
    await after(current.store)
  } finally {
    await current.dispose()
  }
}

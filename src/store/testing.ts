// What other rooms' tests and the simulator need of the store.

export { openMemoryStore } from './drivers/memory/memory-store.ts'
export type { MemoryStore, MemoryStoreOptions } from './drivers/memory/memory-store.ts'
export { createMemoryStoreState, type MemoryStoreState } from './drivers/memory/state.ts'
export { storeConformance } from './store.conformance.ts'
export type { OpenStore, StoreUnderTest } from './store-under-test.ts'

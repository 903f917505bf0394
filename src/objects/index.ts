export { Objects, type Applied, type ObjectsOptions } from './objects.ts'
export type { ObjectWish } from './plan.ts'
export { decodeResource } from './resource-rows.ts'
export type {
  ObjectChange,
  ObjectClient,
  ObjectDraft,
  ObjectKey,
  ObjectPage,
  ObjectQuery,
  ObjectWatch,
  Preconditions,
} from './object-client.ts'

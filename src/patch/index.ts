export { applyJsonPatch } from './json-patch.ts'
export { applyMergePatch } from './merge-patch.ts'
export { applyStrategicPatch } from './strategic-patch.ts'
export {
  serverSideApply,
  trackUpdate,
  type ApplyConflict,
  type ApplyResult,
  type ManagedFieldsEntry,
  type Writer,
} from './managed-fields.ts'
export { PatchError } from './patch-error.ts'

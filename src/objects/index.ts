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
export {
  keyOf,
  type KubeKey,
  type KubeMetadata,
  type KubeObject,
  type KubeOwner,
} from './kube-object.ts'
export { Controller, type ControllerOptions, type ObjectName } from './controller.ts'
export { createOnce } from './create-once.ts'
export { installKinds, type InstallKindsOptions } from './install-kinds.ts'
export { EventRecorder, type Saying } from './event-recorder.ts'
export type { KubeObjects, KubeObjectsOptions } from './kube-objects.ts'
export type { StrategyOf } from './crd-resource-types.ts'
export { type Machinery, type MachineryOptions, openMachinery } from './machinery.ts'
export { apiVersionOf, type OnTypesChanged, type ResourceTypes } from './resource-types.ts'
export {
  hasKubeReason,
  isKubeError,
  KubeError,
  type KubeErrorDetails,
  type KubeReason,
} from './kube-error.ts'
export { accessDenied, badRequest, conflict, forbidden, invalid, notFound } from './kube-faults.ts'
export { nameSelected, parseLabelSelector } from './selectors.ts'
export { patchManifest } from './manifest-patch.ts'
export { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
export { Informer, type InformerOptions } from './informer.ts'
export type { PodLogQuery, PodLogs } from './pod-logs.ts'
export type {
  Deleted,
  DeleteOptions,
  KubeClient,
  KubeEvent,
  KubeList,
  KubeQuery,
  KubeTexts,
  KubeType,
  KubeWatch,
  LocalClient,
  PatchOptions,
  PatchType,
  WriteOptions,
} from './kube-client.ts'
export type {
  AccessAnswer,
  AccessQuestion,
  Actor,
  Admit,
  Authorize,
  Backing,
  Column,
  KubeUser,
  KubeVerb,
  ResourceStrategy,
  ResourceType,
  SeenWrite,
  StrategyContext,
  SubresourceType,
} from './resource-type.ts'

export type { Operation, OperationPlan, OperationWish, OperationWork, Step } from './operation.ts'
export { openOperations, type Operations, type OperationsOptions } from './operations.ts'

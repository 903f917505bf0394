// Every kind that is there from the start.

import { CORE_TYPES } from './builtin-core.ts'
import { RBAC_TYPES } from './builtin-rbac.ts'
import { WORKLOAD_TYPES } from './builtin-workloads.ts'
import { CRD_TYPE } from './crd-type.ts'
import type { ResourceType } from './resource-type.ts'

export const BUILTIN_TYPES: readonly ResourceType[] = [
  ...CORE_TYPES,
  ...WORKLOAD_TYPES,
  ...RBAC_TYPES,
  CRD_TYPE,
]

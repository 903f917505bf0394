export { type Access, type AccessOptions, openAccess } from './access.ts'
export type { Authorizer, UserRules } from './authorizer.ts'

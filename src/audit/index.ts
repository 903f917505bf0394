export { AuditLog, type AuditLogOptions } from './audit-log.ts'
export type { AuditPage, AuditQuery, AuditRecord } from './record.ts'

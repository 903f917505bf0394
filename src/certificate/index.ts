export { type Authority, openAuthority } from './authority.ts'
export type { Certified, ClientWish } from './issue.ts'

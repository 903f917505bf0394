export { type Authority, openAuthority } from './authority.ts'
export type { Certified, ClientWish } from './issue.ts'
export { openSigner, type Signer, type SigningDigest } from './signer.ts'

export { type KindUses, ownKinds } from './own-kinds.ts'

// What tests outside this room need of it.

export { walk } from './walker.ts'

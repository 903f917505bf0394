export { oracleMatches } from './oracle.ts'

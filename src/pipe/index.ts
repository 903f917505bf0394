export { planPipe } from './plan.ts'
export { Pipes, type PipesOptions, type PipeStatus } from './pipes.ts'

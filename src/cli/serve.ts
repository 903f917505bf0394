// `dev` and `start`: the configuration of the server, then the server, which is given as a value.

import { type Mode, parseConfig } from '../config/index.ts'
import type { CommandContext } from './context.ts'

export function runServer(context: CommandContext, mode: Mode): Promise<number> {
  const { io, flags } = context
  const config = parseConfig(mode, { flags, env: io.env, cwd: io.cwd })
  return io.serve(config, io)
}

// The only place that reads the process's environment. What leaves here is a plain frozen value that the
// rest of the program is given.

export type Env = Readonly<Record<string, string>>

export function readEnv(): Env {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) env[name] = value
  }
  return Object.freeze(env)
}

// A process with a busy function of each file named, for the test that kills it.

import { silentLogger, systemClock, systemRandom } from '../../../base/index.ts'
import { createFunctionEnvironment } from './environment.ts'
import { FunctionPool } from './function-pool.ts'

const options = {
  environment: createFunctionEnvironment({ host: process.env, endpointUrl: () => undefined }),
  executables: { node: process.execPath, python: 'python3' },
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
}

for (const file of process.argv.slice(2)) {
  const pool = new FunctionPool(options)
  const spec = {
    account: '000000000000',
    region: 'us-east-1',
    name: 'busy',
    runtime: file.endsWith('.py') ? ('python' as const) : ('node' as const),
    handler: file,
    timeoutMs: 60_000,
    memoryMb: 256,
    concurrency: 1,
  }
  void pool.invoke(spec, { payload: Buffer.from('{}') }, new AbortController().signal)
}

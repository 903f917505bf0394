// What other rooms' tests need of the log: its conformance suite, and a log on a simulated disk that a
// simulator can kill, crash and open again.

export { logConformance, type LogConformanceOptions, type LogFixture } from './log.conformance.ts'
export {
  openSimulatedLog,
  readOut,
  SimulatedDisk,
  type CrashOptions,
  type DiskOperation,
  type ReadOut,
  type SimulatedDiskOptions,
  type SimulatedLog,
  type SimulatedLogOptions,
} from './drivers/file/testing.ts'

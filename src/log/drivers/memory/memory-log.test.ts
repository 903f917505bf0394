// The memory driver, with one partition and with several.

import { FakeClock } from '../../../base/testing.ts'
import { logConformance, type LogFixture } from '../../log.conformance.ts'
import { openMemoryLog } from './memory-log.ts'

for (const partitions of [1, 3]) {
  logConformance(
    `the memory driver with partitions: ${partitions}`,
    async (): Promise<LogFixture> => {
      const clock = new FakeClock()
      return {
        clock,
        isDurable: false,
        open: async () => openMemoryLog({ clock, partitions }),
        settle: (promise) => promise,
        dispose: async () => {},
      }
    },
  )
}

// The loss of power: an ext4 file system is cut off its disk while sixteen producers write, again and again,
// and each time what was acknowledged must be there, whole, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskImageRefusal } from './harness/disk-image.ts'
import { powerLoop, type PowerLoopOptions } from './harness/power-loop.ts'
import { cycles } from './harness/scratch.ts'

const skip = diskImageRefusal() ?? false

const variants: readonly (readonly [name: string, options: Omit<PowerLoopOptions, 'cycles'>])[] = [
  ['on a default ext4', { seed: 2, flag: 'drop-all' }],
  [
    // Leaves a tail of zeros where data was not yet written but the length was.
    'on an ext4 that writes lengths before data',
    { seed: 3, flag: 'flush-journal', mountOptions: 'data=writeback,nodelalloc' },
  ],
]

for (const [name, options] of variants) {
  test(`nothing acknowledged is lost when the power goes, ${name}`, { skip }, async (context) => {
    const result = await powerLoop(context, { ...options, cycles: cycles(15, 200) })
    context.diagnostic(JSON.stringify(result))
    assert.deepEqual(result.faults, [])
  })
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { flagFor } from './buffer-accounting.ts'

test('a V8 that counts what buffers hold by itself is told nothing', () => {
  for (const version of ['14.8.1', '14.10.2-node.1', '15.0.0']) {
    assert.equal(flagFor(version), undefined, version)
  }
  for (const version of ['13.6.233.17-node.53', '14.6.202.9', 'unknown']) {
    assert.notEqual(flagFor(version), undefined, version)
  }
})

test('buffers that are let go at once make V8 mark the whole heap seldom', () => {
  const module = new URL('./buffer-accounting.ts', import.meta.url)
  const script = `
    import { PerformanceObserver, constants } from 'node:perf_hooks'
    import { countLiveBuffers } from ${JSON.stringify(module.href)}
    if (process.argv.includes('told')) countLiveBuffers()
    let count = 0
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries())
        if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) count += 1
    }).observe({ entryTypes: ['gc'] })
    const kept = Array.from({ length: 100_000 }, (_, index) => ({ index }))
    for (let turn = 0; turn < 2000; turn += 1) {
      Buffer.allocUnsafeSlow(512 * 1024)
      if (turn % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    console.log(kept.length === 0 ? '' : count)
  `
  const collections = (...args: readonly string[]): number =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script, ...args]).toString(),
    )
  const asItIs = collections()
  assert.ok(collections('told') <= Math.max(2, asItIs / 2), `${asItIs} when not told`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as assertProperty, nat, property, tuple } from 'fast-check'
import type { Job } from './job.ts'
import { WaitingJobs } from './waiting-jobs.ts'

test('jobs leave in the order in which they came, however many at a time', () => {
  const steps = array(tuple(nat(900), nat(700)), { maxLength: 12 })
  assertProperty(
    property(steps, (turns) => {
      const jobs = new WaitingJobs()
      const list: Job[] = []
      for (const [pushed, taken] of turns) {
        for (let nth = 0; nth < pushed; nth += 1) {
          // Who they are is all that counts here.
          const job = { attempts: nth } as Job
          jobs.push(job)
          list.push(job)
        }
        assert.deepEqual(jobs.take(taken), list.splice(0, taken))
        assert.equal(jobs.length, list.length)
      }
      assert.deepEqual(jobs.takeAll(), list)
      assert.equal(jobs.length, 0)
    }),
    { numRuns: 50 },
  )
})

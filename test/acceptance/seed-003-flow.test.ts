// The whole registration: one published event, and every job publishes the next, until the last has ended. Jobs are
// real programs; events go by the `nats` command.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../tools/tree.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { natsCliLacks, natsCliPath } from '../support/nats-cli.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const EXAMPLE = join(ROOT, 'examples/registration')
const PATIENCE_MS = 60_000
const SUBJECT = '550e8400'
const JOBS = [
  `customer-registered-${SUBJECT}`,
  `marketing-notified-user-0-${SUBJECT}`,
  `save-user-0-${SUBJECT}`,
  `save-user-1-${SUBJECT}`,
  `save-user-2-${SUBJECT}`,
  `swag-ordered-user-0-${SUBJECT}`,
  `touchpoints-created-user-0-${SUBJECT}`,
  `user-saved-user-0-${SUBJECT}`,
  `welcome-email-sent-user-0-${SUBJECT}`,
]

test(
  '003.3 003.4 the registration runs through, each job publishing the next event',
  { skip: natsCliLacks() ?? kubectlLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context, {
      config: `
nats: { listen: on, port: 0 }
podman: off
programs:
  'registration/*': { command: [./step.sh] }
`,
      files: {
        'step.sh': `#!/bin/sh\nPATH=${dirname(natsCliPath())}:$PATH exec sh ${EXAMPLE}/programs/step.sh\n`,
      },
    })
    await promisify(execFile)('chmod', ['+x', join(signalbox.folder, 'step.sh')])
    const kubectl = new Kubectl(signalbox)
    const url = /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
    await kubectl.get('create', 'namespace', 'registration')
    const secret = ['secret', 'generic', 'registration-config', '-n', 'registration']
    await kubectl.get('create', ...secret, `--from-literal=NATS_URL=${url}`)
    await kubectl.get('apply', '-R', '-f', join(EXAMPLE, 'events'))
    const watched = kubectl.follow(context, 'get', 'jobs', '-n', 'registration', '-w')
    const publishing = `${EXAMPLE}/publish-customer-registered.sh`
    const path = `${dirname(natsCliPath())}:${process.env['PATH']}`
    const env = {
      ...process.env,
      PATH: path,
      NATS_URL: url,
      SUBJECT,
      XDG_CONFIG_HOME: '/nonexistent',
    }
    await promisify(execFile)('sh', [publishing], { env })
    const last = `touchpoints-created-user-0-${SUBJECT}`
    await until('the registration is complete', PATIENCE_MS, async () => {
      const { stdout } = await kubectl.run(['logs', '-n', 'registration', `job/${last}`])
      return stdout.includes('the registration is complete')
    })
    const done = ['--for=condition=Complete', '-n', 'registration', '--timeout=30s']
    await kubectl.get('wait', ...JOBS.map((name) => `job/${name}`), ...done)
    const names = await kubectl.get('get', 'jobs', '-n', 'registration', '-o', 'name')
    assert.deepEqual(
      names.trim().split('\n').sort(),
      JOBS.map((name) => `job.batch/${name}`),
    )
    for (const name of JOBS) assert.ok(watched().includes(name), watched())
    const pods = ['get', 'pods', '-n', 'registration', '-l', `job-name=${last}`, '-o', 'name']
    assert.match(await kubectl.get(...pods), /^pod\/touchpoints-created-user-0/)
    assert.match(
      await kubectl.get('get', 'secret', 'registration-config', '-n', 'registration'),
      /Opaque/,
    )
    await kubectl.get('delete', '-R', '-f', join(EXAMPLE, 'events'))
    await until('the jobs are gone', PATIENCE_MS, async () => {
      return (await kubectl.run(['get', 'jobs', '-n', 'registration', '-o', 'name'])).stdout === ''
    })
  },
)

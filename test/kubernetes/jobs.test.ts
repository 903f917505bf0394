// Jobs from kubectl: applied, run by a program of this machine, seen, heard, and told of on the bus.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false

const config = `
podman: off
programs:
  'registry.test/jobs/*': { command: [sh, -c, 'echo "$GREETING, $1"; exit \${CODE:-0}', job] }
`

const job = (name: string, env: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: registry.test/jobs/greet:1
          args: [world]
          envFrom: [{ secretRef: { name: greeting } }]
          env: [${env}]
`

test('a Job is applied, runs, is heard and leaves an event', { skip }, async (context) => {
  const signalbox = await Signalbox.open(context, { config })
  const kubectl = new Kubectl(signalbox)
  await signalbox.python(
    `
sqs.create_queue(QueueName='ends')
route('ends', {'source': ['signalbox/jobs']}, {'Id': 'q', 'Arn': given})
`,
    signalbox.queueArn('ends'),
  )
  const watched = kubectl.follow(context, 'get', 'jobs', '-w')
  await kubectl.get('create', 'secret', 'generic', 'greeting', '--from-literal=GREETING=hello')
  await kubectl.apply(job('good', ''))
  await kubectl.get('wait', '--for=condition=Complete', 'job/good', '--timeout=20s')
  assert.equal(await kubectl.get('logs', 'job/good'), 'hello, world\n')
  assert.match(await kubectl.get('get', 'jobs'), /^good +Complete +1\/1 +\d+s +\d+s$/m)
  assert.match(await kubectl.get('get', 'pods', '-l', 'job-name=good'), / 0\/1 +Completed +0 /)
  const pod = await kubectl.get('describe', 'pod', '-l', 'job-name=good')
  assert.match(pod, /Started container main/)
  assert.doesNotMatch(pod, /hello/)
  await kubectl.apply(job('bad', '{ name: CODE, value: "3" }'))
  await kubectl.get('wait', '--for=condition=Failed', 'job/bad', '--timeout=20s')
  assert.match(await kubectl.get('describe', 'job', 'bad'), /BackoffLimitExceeded/)
  const ends = await signalbox.python<Record<string, unknown>[]>(`result = bodies('ends', 2)`)
  assert.deepEqual(
    new Set(ends.map((end) => end['detail-type'])),
    new Set(['io.signalbox.job.completed', 'io.signalbox.job.failed']),
  )
  await until('the watch has seen both', DEADLINE_MS, () =>
    /good +Complete[^]*bad +Failed/.test(watched()),
  )
  await kubectl.get('delete', 'job', 'good')
  assert.equal(await kubectl.get('get', 'pods', '-l', 'job-name=good', '-o', 'name'), '')
})

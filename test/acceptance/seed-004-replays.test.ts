// The learning platform's archive and its replay, with the client of its document.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'

test('004.6 an archive with a pattern, and its replay to one rule by ARN with FilterArns', async (context) => {
  const signalbox = await Signalbox.open(context, {
    account: '123456789012',
    region: 'ap-south-1',
    args: ['--strict'],
  })
  const result = await signalbox.python<Record<string, unknown>>(
    `
    import datetime
    bus = 'mylearning-application-events'
    events.create_event_bus(Name=bus)
    for name in ['onboarding', 'analytics']:
        sqs.create_queue(QueueName=name)
        route(name, {'source': ['mylearning.user-service']},
              {'Id': 'queue', 'Arn': given + name}, bus=bus)
    archive_response = events.create_archive(
        ArchiveName='MyLearning-UserEvents-Archive',
        EventSourceArn='arn:aws:events:ap-south-1:123456789012:event-bus/' + bus,
        Description='Archive of user-related events for replay and analysis',
        EventPattern=json.dumps({
            'source': ['mylearning.user-service'],
            'detail-type': ['User Registration Completed', 'Course Enrollment', 'Course Completion']
        }),
        RetentionDays=90)
    kinds = ['User Registration Completed', 'Password Changed', 'Course Completion']
    for kind in kinds:
        put('mylearning.user-service', kind, {'kind': kind}, EventBusName=bus)
    for name in ['onboarding', 'analytics']:
        assert len(take(name, 3)) == 3
    rule = 'arn:aws:events:ap-south-1:123456789012:rule/%s/onboarding' % bus
    now = datetime.datetime.now(datetime.timezone.utc)
    replay = dict(
        Description='Replay user events for testing new features',
        EventSourceArn=archive_response['ArchiveArn'],
        EventStartTime=now - datetime.timedelta(hours=1),
        EventEndTime=now + datetime.timedelta(hours=1))
    refused = refusal(events.start_replay, ReplayName='MyLearning-Replay-1', **replay,
                      Destination={'Arn': rule, 'FilterArns': []})
    events.start_replay(ReplayName='MyLearning-Replay-2', **replay, Destination={
        'Arn': 'arn:aws:events:ap-south-1:123456789012:event-bus/' + bus, 'FilterArns': [rule]})
    got = bodies('onboarding', 2)
    while events.describe_replay(ReplayName='MyLearning-Replay-2')['State'] != 'COMPLETED':
        time.sleep(0.05)
    managed = [r for r in events.list_rules(EventBusName=bus)['Rules'] if 'ManagedBy' in r]
    result = dict(
        refused=refused,
        kinds=[event['detail-type'] for event in got],
        names=[event['replay-name'] for event in got],
        others=is_empty('analytics') and is_empty('onboarding'),
        count=events.describe_archive(ArchiveName='MyLearning-UserEvents-Archive')['EventCount'],
        managed=[r['Name'] for r in managed],
        untouched=refusal(events.delete_rule, Name=managed[0]['Name'], EventBusName=bus)[0])
    `,
    signalbox.queueArn(''),
  )
  assert.deepEqual(result, {
    refused: [
      'ValidationException',
      'Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.',
    ],
    kinds: ['User Registration Completed', 'Course Completion'],
    names: ['MyLearning-Replay-2', 'MyLearning-Replay-2'],
    others: true,
    count: 2,
    managed: ['Events-Archive-MyLearning-UserEvents-Archive'],
    untouched: 'ManagedRuleException',
  })
})

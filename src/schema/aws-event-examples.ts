// Details of events of AWS services: computing, storage, and what watches over them.
// https://docs.aws.amazon.com/eventbridge/latest/ref/events.html

import type { AwsEventExample } from './aws-events.ts'

const AT = '2026-01-31T12:00:00Z'
const REQUEST = {
  version: '0',
  bucket: { name: 'bucket' },
  'request-id': 'N4N7GDK58NMKJ12R',
  requester: '123456789012',
}
const OBJECT = { key: 'key', 'version-id': 'v1', sequencer: '617f08299329d189' }
const SCALING = {
  StatusCode: 'InProgress',
  Description: 'Launching a new EC2 instance',
  AutoScalingGroupName: 'group',
  ActivityId: '87654321-4321-4321-4321-210987654321',
  Details: { 'Availability Zone': 'us-east-1b', 'Subnet ID': 'subnet-12345678' },
  RequestId: '12345678-1234-1234-1234-123456789012',
  StatusMessage: '',
  EndTime: AT,
  EC2InstanceId: 'i-1234567890abcdef0',
  StartTime: AT,
  Cause: 'description text',
}
const LIFECYCLE = {
  LifecycleActionToken: '87654321-4321-4321-4321-210987654321',
  AutoScalingGroupName: 'group',
  LifecycleHookName: 'hook',
  EC2InstanceId: 'i-1234567890abcdef0',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
}
const API_CALL = {
  eventVersion: '1.08',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROA:me',
    arn: 'arn:aws:sts::123456789012:assumed-role/role/me',
    accountId: '123456789012',
    accessKeyId: 'AKIA',
    sessionContext: {
      attributes: { mfaAuthenticated: 'false', creationDate: AT },
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROA',
        arn: 'arn:aws:iam::123456789012:role/role',
        accountId: '123456789012',
        userName: 'role',
      },
    },
  },
  eventTime: AT,
  eventSource: 'ec2.amazonaws.com',
  eventName: 'StopInstances',
  awsRegion: 'us-east-1',
  sourceIPAddress: '192.0.2.1',
  userAgent: 'aws-cli',
  requestParameters: {},
  responseElements: null,
  errorCode: 'AccessDenied',
  errorMessage: 'not allowed',
  requestID: '12345678-1234-1234-1234-123456789012',
  eventID: '12345678-1234-1234-1234-123456789012',
  eventType: 'AwsApiCall',
}
const { errorCode: _code, errorMessage: _message, ...GOOD_CALL } = API_CALL
const { sessionContext: _session, ...USER } = API_CALL.userIdentity

/** A call through CloudTrail; what is asked and answered is of each service's own form. */
function apiCall(source: string): AwsEventExample {
  const good = { ...GOOD_CALL, userIdentity: USER, responseElements: {} }
  return [source, 'AWS API Call via CloudTrail', API_CALL, good]
}

export const AWS_EVENT_EXAMPLES: readonly AwsEventExample[] = [
  [
    'aws.ec2',
    'EC2 Instance State-change Notification',
    { 'instance-id': 'i-abcd1111', state: 'pending' },
  ],
  [
    'aws.ec2',
    'EC2 Spot Instance Interruption Warning',
    { 'instance-id': 'i-1234567890abcdef0', 'instance-action': 'terminate' },
  ],
  ['aws.ec2', 'EC2 Instance Rebalance Recommendation', { 'instance-id': 'i-1234567890abcdef0' }],
  [
    'aws.ec2',
    'EBS Volume Notification',
    { result: 'available', cause: '', event: 'createVolume', 'request-id': '01234567' },
  ],
  [
    'aws.ec2',
    'EBS Snapshot Notification',
    {
      event: 'createSnapshot',
      result: 'succeeded',
      cause: '',
      'request-id': '',
      snapshot_id: 'arn:aws:ec2::us-east-1:snapshot/snap-01234567',
      source: 'arn:aws:ec2::us-east-1:volume/vol-01234567',
      startTime: AT,
      endTime: AT,
    },
  ],
  ['aws.autoscaling', 'EC2 Instance Launch Successful', SCALING],
  ['aws.autoscaling', 'EC2 Instance Launch Unsuccessful', SCALING],
  ['aws.autoscaling', 'EC2 Instance Terminate Successful', SCALING],
  ['aws.autoscaling', 'EC2 Instance Terminate Unsuccessful', SCALING],
  [
    'aws.autoscaling',
    'EC2 Instance-launch Lifecycle Action',
    { ...LIFECYCLE, NotificationMetadata: 'additional info' },
    LIFECYCLE,
  ],
  [
    'aws.autoscaling',
    'EC2 Instance-terminate Lifecycle Action',
    { ...LIFECYCLE, NotificationMetadata: 'additional info' },
    LIFECYCLE,
  ],
  [
    'aws.s3',
    'Object Created',
    {
      ...REQUEST,
      object: { ...OBJECT, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184' },
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
    {
      ...REQUEST,
      object: { key: 'key', size: 5, etag: 'e', sequencer: 's' },
      reason: 'CopyObject',
    },
  ],
  [
    'aws.s3',
    'Object Deleted',
    {
      ...REQUEST,
      object: { ...OBJECT, etag: 'b1946ac92492d2347c6235b4d2611184' },
      'source-ip-address': '1.2.3.4',
      reason: 'DeleteObject',
      'deletion-type': 'Permanently Deleted',
    },
    {
      ...REQUEST,
      object: { key: 'key', sequencer: 's' },
      reason: 'Lifecycle Expiration',
      'deletion-type': 'Delete Marker Created',
    },
  ],
  [
    'aws.s3',
    'Object Restore Completed',
    {
      ...REQUEST,
      object: { ...OBJECT, size: 5, etag: 'e' },
      'restore-expiry-time': AT,
      'source-storage-class': 'GLACIER',
    },
    {
      ...REQUEST,
      object: { key: 'key', size: 5, etag: 'e', sequencer: 's' },
      'restore-expiry-time': AT,
      'source-storage-class': 'GLACIER',
    },
  ],
  [
    'aws.health',
    'AWS Health Event',
    {
      eventArn: 'arn:aws:health:us-east-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/1',
      service: 'EC2',
      eventTypeCode: 'AWS_EC2_OPERATIONAL_ISSUE',
      eventTypeCategory: 'issue',
      eventScopeCode: 'PUBLIC',
      communicationId: '01b0993207d81a09dcd552ebd1e633e36cf1f09a-1',
      startTime: 'Fri, 27 Jan 2023 06:02:51 GMT',
      endTime: 'Fri, 27 Jan 2023 09:01:22 GMT',
      lastUpdatedTime: 'Fri, 27 Jan 2023 09:01:22 GMT',
      statusCode: 'open',
      eventRegion: 'us-east-1',
      eventDescription: [{ language: 'en_US', latestDescription: 'text' }],
      affectedEntities: [{ entityValue: 'i-1', status: 'IMPAIRED', lastUpdatedTime: 'text' }],
      affectedAccount: '123456789012',
      page: '1',
      totalPages: '1',
    },
    {
      eventArn: 'arn',
      service: 'EC2',
      eventTypeCode: 'code',
      eventTypeCategory: 'issue',
      communicationId: 'id',
      startTime: 'text',
      eventDescription: [{ language: 'en_US', latestDescription: 'text' }],
    },
  ],
  [
    'aws.cloudwatch',
    'CloudWatch Alarm State Change',
    {
      alarmName: 'alarm',
      configuration: {
        description: 'text',
        metrics: [
          {
            id: 'm1',
            metricStat: {
              metric: {
                namespace: 'AWS/EC2',
                name: 'CPUUtilization',
                dimensions: { InstanceId: 'i' },
              },
              period: 300,
              stat: 'Average',
            },
            returnData: true,
          },
        ],
      },
      previousState: {
        reason: 'text',
        reasonData: 'text',
        timestamp: '2026-01-31T12:00:00.000+0000',
        value: 'OK',
      },
      state: {
        reason: 'text',
        reasonData: 'text',
        timestamp: '2026-01-31T12:00:00.000+0000',
        value: 'ALARM',
      },
    },
    {
      alarmName: 'alarm',
      configuration: {
        metrics: [{ id: 'm1', expression: 'm2 + m3', label: 'sum', returnData: true }],
      },
      previousState: { reason: 'text', timestamp: 'text', value: 'OK' },
      state: { reason: 'text', timestamp: 'text', value: 'ALARM' },
    },
  ],
  ['aws.events', 'Scheduled Event', {}],
  ...['aws.ec2', 'aws.s3', 'aws.iam', 'aws.lambda', 'aws.sts', 'aws.kms', 'aws.sqs'].map(apiCall),
  [
    'aws.signin',
    'AWS Console Sign In via CloudTrail',
    {
      ...GOOD_CALL,
      userIdentity: USER,
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: { LoginTo: 'text', MobileVersion: 'No', MFAUsed: 'Yes' },
    },
  ],
]

// The commands that the empty page offers, for the server it came from.

export interface Suggestion {
  readonly title: string
  readonly text: string
}

export function suggestions(endpointUrl: string): readonly Suggestion[] {
  return [
    { title: 'with the AWS CLI', text: awsCommand(endpointUrl) },
    { title: 'with curl, as a CloudEvent', text: curlCommand(endpointUrl) },
  ]
}

function awsCommand(endpointUrl: string): string {
  return `export AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=signalbox AWS_DEFAULT_REGION=us-east-1
aws events put-events --endpoint-url ${endpointUrl} \\
  --entries '[{"Source":"my.app","DetailType":"order.created","Detail":"{\\"id\\":1}"}]'`
}

function curlCommand(endpointUrl: string): string {
  return `curl ${endpointUrl}/events -H 'content-type: application/cloudevents+json' \\
  -d '{"specversion":"1.0","id":"'$RANDOM$RANDOM'","source":"my.app","type":"order.created","data":{"id":1}}'`
}

/** The event behind the button. */
export function sampleEvent(id: string, now: Date): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: 'signalbox.console',
    type: 'sample.greeting',
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: { message: 'Hello from the console', sentAt: now.toISOString() },
  })
}

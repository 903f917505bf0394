// A function, its permission, a topic and its subscription as terraform keeps them: the rule of the media downloader
// with all that belongs to it. What was applied needs no change.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'
import { noTerraform, TerraformProject } from '../support/terraform.ts'

function configuration(code: string, greeting: string): string {
  return `
resource "aws_lambda_function" "hello" {
  function_name    = "hello"
  role             = "arn:aws:iam::123456789012:role/lambda"
  runtime          = "nodejs20.x"
  handler          = "index.handler"
  filename         = "${code}"
  source_code_hash = filebase64sha256("${code}")
  timeout          = 10
  tags             = { team = "a" }
  environment {
    variables = { GREETING = "${greeting}" }
  }
}
resource "aws_cloudwatch_event_rule" "placed" {
  name          = "placed"
  event_pattern = jsonencode({ source = ["shop"] })
}
resource "aws_cloudwatch_event_target" "hello" {
  rule = aws_cloudwatch_event_rule.placed.name
  arn  = aws_lambda_function.hello.arn
}
resource "aws_lambda_permission" "events" {
  statement_id  = "AllowExecutionFromEventBridge"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.hello.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.placed.arn
}
resource "aws_sns_topic" "alerts" {
  name         = "alerts"
  display_name = "Alerts"
  tags         = { team = "a" }
}
resource "aws_sqs_queue" "on_call" {
  name = "on-call"
}
resource "aws_sns_topic_subscription" "on_call" {
  topic_arn            = aws_sns_topic.alerts.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.on_call.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ level = ["high"] })
}
`
}

test(
  'terraform applies a function with its permission, and a topic with its subscription, and then finds nothing to do',
  { skip: noTerraform },
  async (context) => {
    const signalbox = await Signalbox.open(context, { account: '123456789012' })
    const project = new TerraformProject(signalbox, ['events', 'lambda', 'sns', 'sqs'])
    const code = join(signalbox.folder, 'code.zip')
    await signalbox.python(
      `
      import zipfile
      with zipfile.ZipFile(given, 'w') as archive:
          archive.writestr('index.js', 'exports.handler = async (e) => ({ said: process.env.GREETING })')
      `,
      code,
    )
    project.write(configuration(code, 'hello'))
    await project.init()
    await project.apply()
    assert.equal(await project.plan(), '')
    const said = await signalbox.python<unknown>(`
      functions = boto3.client('lambda', config=once)
      result = json.loads(functions.invoke(FunctionName='hello')['Payload'].read())
    `)
    assert.deepEqual(said, { said: 'hello' })

    // Each further step loads the provider again.
    if (process.env['SIGNALBOX_SOAK'] !== '1') return
    project.write(configuration(code, 'hi'))
    await project.apply()
    assert.equal(await project.plan(), '')
    await project.destroy()
    const { Functions: left } = await signalbox.aws<{ Functions: unknown[] }>(
      'lambda',
      'list-functions',
    )
    assert.deepEqual(left, [])
  },
)

// The Java of schemas is held against the compiler of Java, and reads and writes an event with Jackson.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { shareSignalbox } from '../support/signalbox.ts'

const JARS = globSync(
  ['databind', 'core', 'annotations'].flatMap((part) => [
    join(homedir(), `.m2/repository/com/fasterxml/jackson/core/jackson-${part}/2.*/*.jar`),
    `/usr/share/java/jackson-${part}.jar`,
  ]),
)
const hasCompiler = spawnSync('javac', ['-version']).status === 0
const isWhole = ['databind', 'core', 'annotations'].every((part) =>
  JARS.some((jar) => jar.includes(`jackson-${part}`)),
)
const skip = hasCompiler && isWhole ? false : 'no javac, or no Jackson, on this machine'
const open = shareSignalbox()

const FETCH = `
import io, zipfile
schemas = boto3.client('schemas', config=once)
schemas.create_registry(RegistryName='shop')
schemas.create_schema(RegistryName='shop', SchemaName='shop@Order', Type='OpenApi3', Content=json.dumps({
    'openapi': '3.0.0', 'info': {'version': '1', 'title': 'Order'}, 'paths': {}, 'components': {'schemas': {
        'Order': {'type': 'object', 'properties': {
            'order-id': {'type': 'string'}, 'at': {'type': 'string', 'format': 'date-time'},
            'class': {'type': 'integer'}, 'any': {'anyOf': [{'type': 'string'}, {'type': 'number'}]},
            'lines': {'type': 'array', 'items': {'$ref': '#/components/schemas/Line'}}}},
        'Line': {'type': 'object', 'description': 'a \\\\u000a */ line',
                 'properties': {'sku': {'type': 'string'}, 'next': {'$ref': '#/components/schemas/Line'}}}}}}))
def java(**name):
    schemas.put_code_binding(Language='Java8', **name)
    zipped = zipfile.ZipFile(io.BytesIO(schemas.get_code_binding_source(Language='Java8', **name)['Body'].read()))
    return {path: zipped.read(path).decode() for path in zipped.namelist()}
result = java(RegistryName='shop', SchemaName='shop@Order')
for each in 'aws.ec2@EC2InstanceStateChangeNotification', 'aws.ecs@ECSTaskStateChange', 'aws.ec2@AWSAPICallViaCloudTrail':
    result.update(java(RegistryName='aws.events', SchemaName=each))
`

const PROGRAM = `
import java.io.*;
import schema.shop.order.*;
import schema.shop.order.marshaller.Marshaller;
import schema.aws.ec2.ec2instancestatechangenotification.EC2InstanceStateChangeNotification;

public class Main {
    public static void main(String[] args) throws IOException {
        AWSEvent<Order> event =
            Marshaller.unmarshalEvent(new ByteArrayInputStream(args[0].getBytes("UTF-8")), Order.class);
        System.err.println(event.getDetailType() + " " + event.getDetail().getOrderId() + " "
            + event.getDetail().getLines().get(0).getSku() + " " + event.getTime().getTime());
        new EC2InstanceStateChangeNotification().setInstanceId("i-1");
        Marshaller.marshal(System.out, event.getDetail());
    }
}
`

test('Java of schemas compiles, and reads and writes an event', { skip }, async (context) => {
  const files = await open().python<Readonly<Record<string, string>>>(FETCH)
  const folder = write(context, { ...files, 'Main.java': PROGRAM })
  const path = [...JARS, folder].join(delimiter)
  const sources = [...Object.keys(files), 'Main.java'].map((file) => join(folder, file))
  const compile = ['-encoding', 'UTF-8', '-proc:none']
  execFileSync('javac', [...compile, '-cp', path, '-d', folder, ...sources], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const detail = {
    'order-id': 'o1',
    at: '2026-01-31T12:00:00.000+00:00',
    class: 7,
    any: 'x',
    lines: [{ sku: 's1', next: { sku: 's2' } }],
  }
  const event = {
    'detail-type': 'Order',
    time: '1970-01-01T00:00:01Z',
    unknown: 1,
    detail: { ...detail, more: 1 },
  }
  const ran = spawnSync('java', ['-cp', path, 'Main', JSON.stringify(event)], { encoding: 'utf8' })
  assert.equal(ran.stderr.trim(), 'Order o1 s1 1000')
  assert.deepEqual(JSON.parse(ran.stdout), detail)
})

function write(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-java-'))
  context.after(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

// EventBridge Schemas with boto3 and the aws CLI: registries, schemas and their versions, what AWS refuses and with
// which status, pages, search, export, code, policies and tags.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REGISTRATION } from '../../src/schema/testing.ts'
import { shareSignalbox } from '../support/signalbox.ts'

const open = shareSignalbox()

const SCHEMAS = `
schemas = boto3.client('schemas', config=once)
def status(call, **arguments):
    try:
        answer = call(**arguments)
        return [answer['ResponseMetadata']['HTTPStatusCode']]
    except ClientError as error:
        return [error.response['ResponseMetadata']['HTTPStatusCode'], error.response['Error']['Code'],
                error.response['Error']['Message']]
name = dict(RegistryName='shop', SchemaName='Order')
def order(**properties):
    return json.dumps({'openapi': '3.0.0', 'info': {'version': '1', 'title': 'Order'}, 'paths': {}, 'components': {
        'schemas': {'Order': {'type': 'object', 'properties': {'id': {'type': 'string'}, **properties}}}}})
def clean(answer):
    return {key: value for key, value in answer.items() if key != 'ResponseMetadata'}
`

function program(text: string): string {
  return `${SCHEMAS}\n${text
    .split('\n')
    .map((line) => line.replace(/^ {4}/, ''))
    .join('\n')}`
}

test('a registry is made, described, listed, changed and deleted; two are there by themselves', async () => {
  const signalbox = open()
  const seen = await signalbox.python<Record<string, unknown>>(
    program(`
    result = dict(
        created=clean(schemas.create_registry(RegistryName='shop', Description='of the shop', Tags={'team': 'a'})),
        again=status(schemas.create_registry, RegistryName='shop'),
        fixed=[status(schemas.create_registry, RegistryName=each)
               for each in ['aws.mine', 'aws.events', 'discovered-schemas']],
        changed=clean(schemas.update_registry(RegistryName='shop', Description='new')),
        listed=[each['RegistryName'] for each in schemas.list_registries()['Registries']],
        local=[each['RegistryName'] for each in schemas.list_registries(Scope='LOCAL')['Registries']],
        pages=[[each['RegistryName'] for each in page['Registries']]
               for page in schemas.get_paginator('list_registries').paginate(PaginationConfig=dict(PageSize=2))],
        full=(schemas.create_schema(Type='OpenApi3', Content=order(), **name)
              and status(schemas.delete_registry, RegistryName='shop')),
        emptied=[status(schemas.delete_schema, **name), status(schemas.delete_registry, RegistryName='shop')],
        gone=status(schemas.describe_registry, RegistryName='shop'),
        limit=status(schemas.list_registries, Limit=0))
    `),
  )
  const arn = `arn:aws:schemas:us-east-1:${signalbox.account}:registry/shop`
  const created = {
    RegistryArn: arn,
    RegistryName: 'shop',
    Description: 'of the shop',
    Tags: { team: 'a' },
  }
  assert.deepEqual(seen, {
    created,
    again: [409, 'ConflictException', 'Registry with name shop already exists.'],
    fixed: ['aws.mine', 'aws.events', 'discovered-schemas'].map((name) => [
      403,
      'ForbiddenException',
      `Registry ${name} cannot be modified.`,
    ]),
    changed: { ...created, Description: 'new' },
    listed: ['aws.events', 'discovered-schemas', 'shop'],
    local: ['discovered-schemas', 'shop'],
    pages: [['aws.events', 'discovered-schemas'], ['shop']],
    full: [400, 'BadRequestException', 'Registry shop cannot be deleted since it has schemas.'],
    emptied: [[204], [204]],
    gone: [404, 'NotFoundException', 'Registry with name shop does not exist.'],
    limit: [400, 'BadRequestException', 'Limit must be between 1 and 100.'],
  })
})

test('content that changed is a new version; content that says the same is not', async () => {
  const seen = await open().python<Record<string, unknown>>(
    program(`
    schemas.create_registry(RegistryName='shop')
    created = schemas.create_schema(Type='OpenApi3', Content=order(), Tags={'a': 'b'}, **name)
    spaced = json.dumps(json.loads(order()), indent=2)
    same = schemas.update_schema(Type='OpenApi3', Content=spaced, Description='d', **name)
    more = schemas.update_schema(Content=order(size={'type': 'number'}), **name)
    result = dict(
        created=[created['SchemaVersion'], created['Type'], created['Tags'], created['SchemaArn'].split(':')[-1],
                 created['ResponseMetadata']['HTTPStatusCode'], created['LastModified'] == created['VersionCreatedDate']],
        same=[same['SchemaVersion'], same['Description'], same['VersionCreatedDate'] == created['VersionCreatedDate']],
        more=more['SchemaVersion'],
        first='size' in schemas.describe_schema(SchemaVersion='1', **name)['Content'],
        last='size' in schemas.describe_schema(**name)['Content'],
        versions=[[each['SchemaVersion'], each['Type']] for each in
                  schemas.list_schema_versions(**name)['SchemaVersions']],
        listed=[[each['SchemaName'], each['VersionCount']] for each in
                schemas.list_schemas(RegistryName='shop', SchemaNamePrefix='Or')['Schemas']],
        deleted=status(schemas.delete_schema_version, SchemaVersion='1', **name),
        last_one=status(schemas.delete_schema_version, SchemaVersion='2', **name),
        unknown=status(schemas.delete_schema_version, SchemaVersion='9', **name),
        next=schemas.update_schema(Content=order(), **name)['SchemaVersion'],
        missing=status(schemas.describe_schema, RegistryName='shop', SchemaName='None'),
        twice=status(schemas.create_schema, Type='OpenApi3', Content=order(), **name),
        broken=status(schemas.create_schema, RegistryName='shop', SchemaName='b', Type='OpenApi3', Content='{'),
        typed=status(schemas.create_schema, RegistryName='shop', SchemaName='b', Type='Avro', Content='{}'))
    `),
  )
  const { broken, typed, ...rest } = seen as Record<string, unknown[]>
  assert.deepEqual(rest, {
    created: ['1', 'OpenApi3', { a: 'b' }, 'schema/shop/Order', 201, true],
    same: ['1', 'd', true],
    more: '2',
    first: false,
    last: true,
    versions: [
      ['1', 'OpenApi3'],
      ['2', 'OpenApi3'],
    ],
    listed: [['Order', 2]],
    deleted: [204],
    last_one: [400, 'BadRequestException', 'The last version of schema Order cannot be deleted.'],
    unknown: [404, 'NotFoundException', 'Schema Order with version 9 does not exist.'],
    next: '3',
    missing: [404, 'NotFoundException', 'Schema with name None does not exist.'],
    twice: [409, 'ConflictException', 'Schema with name Order already exists.'],
  })
  assert.deepEqual(broken!.slice(0, 2), [400, 'BadRequestException'])
  assert.match(
    String(typed),
    /400,BadRequestException,.*enum value set: \[OpenApi3, JSONSchemaDraft4\]/,
  )
})

test('schemas are searched by words, exported as draft 4, and made of events', async () => {
  const seen = await open().python<{
    found: string[][]
    exported: { Type: string; Content: string; SchemaVersion: string }
    discovered: string
    draft: string
  }>(
    program(`
    schemas.create_registry(RegistryName='shop')
    schemas.create_schema(Type='OpenApi3', Content=order(colour={'type': 'string'}), **name)
    schemas.create_schema(RegistryName='shop', SchemaName='Registration', Type='OpenApi3',
                          Content=given, Description='of users')
    def search(words):
        return [each['SchemaName'] for each in
                schemas.search_schemas(RegistryName='shop', Keywords=words)['Schemas']]
    samples = [json.dumps({'source': 's', 'detail-type': 'Order Paid', 'detail': {'id': index, **more}})
               for index, more in enumerate([{}, {'note': 'x'}])]
    result = dict(
        found=[search('COLOUR'), search('users'), search('email premium'), search('order users'), search('o')],
        exported=clean(schemas.export_schema(Type='JSONSchemaDraft4', RegistryName='shop',
                                             SchemaName='Registration')),
        discovered=schemas.get_discovered_schema(Type='OpenApi3', Events=samples)['Content'],
        draft=schemas.get_discovered_schema(Type='JSONSchemaDraft4', Events=samples)['Content'])
    `),
    REGISTRATION,
  )
  assert.deepEqual(seen.found, [
    ['Order'],
    ['Registration'],
    ['Registration'],
    [],
    ['Order', 'Registration'],
  ])
  assert.equal(seen.exported.Type, 'JSONSchemaDraft4')
  assert.equal(seen.exported.SchemaVersion, '1')
  const exported = JSON.parse(seen.exported.Content) as Record<string, unknown>
  assert.equal(exported['$schema'], 'http://json-schema.org/draft-04/schema#')
  const { components } = JSON.parse(seen.discovered) as {
    components: { schemas: Record<string, unknown> }
  }
  assert.deepEqual(components.schemas['OrderPaid'], {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'number' }, note: { type: 'string' } },
  })
  const draft = JSON.parse(seen.draft) as Record<string, unknown>
  assert.equal(draft['x-amazon-events-detail-type'], 'Order Paid')
  assert.deepEqual(Object.keys(draft['definitions'] as object), ['OrderPaid'])
})

test('schemas of the events of AWS are there to read, with code, and nobody changes them', async () => {
  const seen = await open().python<Record<string, unknown>>(
    program(`
    aws = dict(RegistryName='aws.events')
    state = dict(SchemaName='aws.ec2@EC2InstanceStateChangeNotification', **aws)
    described = schemas.describe_schema(**state)
    exported = json.loads(schemas.export_schema(Type='JSONSchemaDraft4', **state)['Content'])
    schemas.put_code_binding(Language='Python36', **state)
    schemas.get_waiter('code_binding_exists').wait(Language='Python36', **state)
    listed = [each['SchemaName'] for page in schemas.get_paginator('list_schemas').paginate(
        PaginationConfig=dict(PageSize=10), **aws) for each in page['Schemas']]
    result = dict(
        described=[described['Type'], described['SchemaVersion'], described['Description']],
        envelope=json.loads(described['Content'])['components']['schemas']['AWSEvent']['x-amazon-events-source'],
        exported=[exported['x-amazon-events-detail-type'], '$schema' in exported],
        listed=[listed == sorted(listed), len(listed) == len(set(listed)), state['SchemaName'] in listed],
        prefix=[each['SchemaName'] for each in
                schemas.list_schemas(SchemaNamePrefix='aws.s3@Object', **aws)['Schemas']],
        versions=len(schemas.list_schema_versions(**state)['SchemaVersions']),
        found=[each['SchemaName'] for each in schemas.search_schemas(Keywords='spot interruption', **aws)['Schemas']],
        zipped=schemas.get_code_binding_source(Language='Python36', **state)['Body'].read()[:2].decode(),
        missing=status(schemas.describe_schema, SchemaName='aws.ec2@None', **aws),
        refused=[each[:2] for each in [
            status(schemas.create_schema, SchemaName='a', Type='OpenApi3', Content=order(), **aws),
            status(schemas.update_schema, Content=order(), **state),
            status(schemas.delete_schema, **state),
            status(schemas.delete_schema_version, SchemaVersion='1', **state),
            status(schemas.put_resource_policy, Policy=json.dumps({'Version': '2012-10-17', 'Statement': []}), **aws),
            status(schemas.tag_resource, ResourceArn=described['SchemaArn'], Tags={'a': 'b'}),
            status(schemas.delete_registry, **aws)]])
    `),
  )
  assert.deepEqual(seen, {
    described: [
      'OpenApi3',
      '1',
      'Schema for event type EC2 Instance State-change Notification, published by AWS service aws.ec2',
    ],
    envelope: 'aws.ec2',
    exported: ['EC2 Instance State-change Notification', true],
    listed: [true, true, true],
    prefix: ['aws.s3@ObjectCreated', 'aws.s3@ObjectDeleted', 'aws.s3@ObjectRestoreCompleted'],
    versions: 1,
    found: ['aws.ec2@EC2SpotInstanceInterruptionWarning'],
    zipped: 'PK',
    missing: [404, 'NotFoundException', 'Schema with name aws.ec2@None does not exist.'],
    refused: Array.from({ length: 7 }, () => [403, 'ForbiddenException']),
  })
})

test('code of a schema is asked for, described and fetched as a zip', async () => {
  const seen = await open().python<Record<string, unknown>>(
    program(`
    import io, zipfile
    schemas.create_registry(RegistryName='shop')
    schemas.create_schema(Type='OpenApi3', Content=order(), **name)
    before = status(schemas.describe_code_binding, Language='TypeScript3', **name)
    put = schemas.put_code_binding(Language='TypeScript3', **name)
    body = schemas.get_code_binding_source(Language='TypeScript3', **name)['Body'].read()
    archive = zipfile.ZipFile(io.BytesIO(body))
    result = dict(
        before=before,
        put=[put['Status'], put['SchemaVersion'], put['ResponseMetadata']['HTTPStatusCode']],
        described=schemas.describe_code_binding(Language='TypeScript3', **name)['Status'],
        names=archive.namelist(), text=archive.read(archive.namelist()[0]).decode(),
        other=status(schemas.put_code_binding, Language='Cobol', **name))
    `),
  )
  const { text, other, ...rest } = seen
  assert.deepEqual(rest, {
    before: [404, 'NotFoundException', 'Code binding TypeScript3 of schema Order does not exist.'],
    put: ['CREATE_IN_PROGRESS', '1', 202],
    described: 'CREATE_COMPLETE',
    names: ['schema/Order.ts'],
  })
  assert.match(String(text), /export interface OrderDetail \{\n {2}readonly id\?: string\n\}/)
  assert.deepEqual(other, [
    400,
    'BadRequestException',
    'there is no code in `Cobol`, expected one of Go1, Java8, Python36, TypeScript3',
  ])
})

test('a policy is replaced only over the revision that its writer has read', async () => {
  const seen = await open().python<Record<string, unknown>>(
    program(`
    schemas.create_registry(RegistryName='shop')
    text = json.dumps({'Version': '2012-10-17', 'Statement': []})
    missing = status(schemas.get_resource_policy, RegistryName='shop')
    first = schemas.put_resource_policy(RegistryName='shop', Policy=text)
    second = schemas.put_resource_policy(RegistryName='shop', Policy=text, RevisionId=first['RevisionId'])
    result = dict(
        missing=missing,
        read=schemas.get_resource_policy(RegistryName='shop')['Policy'] == text,
        changed=first['RevisionId'] != second['RevisionId'],
        stale=status(schemas.put_resource_policy, RegistryName='shop', Policy=text, RevisionId=first['RevisionId']),
        broken=status(schemas.put_resource_policy, RegistryName='shop', Policy='{')[:2],
        deleted=status(schemas.delete_resource_policy, RegistryName='shop'),
        again=status(schemas.delete_resource_policy, RegistryName='shop')[:2])
    `),
  )
  assert.deepEqual(seen, {
    missing: [404, 'NotFoundException', 'Policy of registry shop does not exist.'],
    read: true,
    changed: true,
    stale: [412, 'PreconditionFailedException', 'The revision id does not match the policy.'],
    broken: [400, 'BadRequestException'],
    deleted: [204],
    again: [404, 'NotFoundException'],
  })
})

test('registries, schemas and discoverers have tags by their ARN', async () => {
  const seen = await open().python<unknown[]>(
    program(`
    schemas.create_registry(RegistryName='shop')
    schemas.create_schema(Type='OpenApi3', Content=order(), **name)
    events.create_event_bus(Name='orders')
    arns = [schemas.describe_registry(RegistryName='shop')['RegistryArn'],
            schemas.describe_schema(**name)['SchemaArn'],
            schemas.create_discoverer(SourceArn=events.describe_event_bus(Name='orders')['Arn'])['DiscovererArn']]
    result = []
    for arn in arns:
        schemas.tag_resource(ResourceArn=arn, Tags={'a': '1', 'b': '2'})
        schemas.untag_resource(ResourceArn=arn, TagKeys=['a', 'c'])
        result.append(schemas.list_tags_for_resource(ResourceArn=arn)['Tags'])
    result.append(status(schemas.list_tags_for_resource, ResourceArn=arns[0] + 'x')[:2])
    `),
  )
  assert.deepEqual(seen, [{ b: '2' }, { b: '2' }, { b: '2' }, [404, 'NotFoundException']])
})

test('a discoverer is made for a bus, once, stopped, started, changed and deleted', async () => {
  const signalbox = open()
  const seen = await signalbox.python<Record<string, unknown>>(
    program(`
    bus = events.create_event_bus(Name='orders')['EventBusArn']
    created = clean(schemas.create_discoverer(SourceArn=bus, Description='d', Tags={'a': 'b'}))
    id = created['DiscovererId']
    result = dict(
        created=created,
        again=status(schemas.create_discoverer, SourceArn=bus),
        nowhere=status(schemas.create_discoverer, SourceArn=bus + 'x')[:2],
        stopped=clean(schemas.stop_discoverer(DiscovererId=id)),
        started=schemas.start_discoverer(DiscovererId=id)['State'],
        changed=schemas.update_discoverer(DiscovererId=id, CrossAccount=False, Description='e')['CrossAccount'],
        listed=[each['DiscovererId'] for each in
                schemas.list_discoverers(DiscovererIdPrefix='events', SourceArnPrefix=bus)['Discoverers']],
        deleted=status(schemas.delete_discoverer, DiscovererId=id),
        gone=status(schemas.describe_discoverer, DiscovererId=id))
    `),
  )
  const scope = `us-east-1:${signalbox.account}`
  assert.deepEqual(seen, {
    created: {
      Description: 'd',
      DiscovererArn: `arn:aws:schemas:${scope}:discoverer/events-event-bus-orders`,
      DiscovererId: 'events-event-bus-orders',
      SourceArn: `arn:aws:events:${scope}:event-bus/orders`,
      State: 'STARTED',
      CrossAccount: true,
      Tags: { a: 'b' },
    },
    again: [409, 'ConflictException', 'Discoverer with id events-event-bus-orders already exists.'],
    nowhere: [404, 'NotFoundException'],
    stopped: { DiscovererId: 'events-event-bus-orders', State: 'STOPPED' },
    started: 'STARTED',
    changed: false,
    listed: ['events-event-bus-orders'],
    deleted: [204],
    gone: [404, 'NotFoundException', 'Discoverer with id events-event-bus-orders does not exist.'],
  })
})

test('the aws CLI prints a schema as programs that make types take it', async () => {
  const signalbox = open()
  await signalbox.aws('schemas', 'create-registry', { 'registry-name': 'MediaDownloaderSchemas' })
  const name = { 'registry-name': 'MediaDownloaderSchemas', 'schema-name': 'Registration' }
  await signalbox.aws('schemas', 'create-schema', {
    ...name,
    type: 'OpenApi3',
    content: REGISTRATION,
  })
  const { Content } = await signalbox.aws<{ Content: string }>('schemas', 'describe-schema', name)
  assert.equal(Content, REGISTRATION)
})

test('a discoverer learns from what is published, and no longer once it is stopped', async () => {
  const seen = await open().python<Record<string, unknown>>(
    program(`
    bus = events.create_event_bus(Name='orders')['EventBusArn']
    id = schemas.create_discoverer(SourceArn=bus)['DiscovererId']
    learnt = dict(RegistryName='discovered-schemas', SchemaName='my.shop@OrderCreated')
    def version(number, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                found = schemas.describe_schema(**learnt)
                if found['SchemaVersion'] == number:
                    return json.loads(found['Content'])['components']['schemas']
            except ClientError:
                pass
            time.sleep(0.05)
        raise AssertionError('there is no version ' + number)
    put('my.shop', 'Order Created', {'id': 1}, EventBusName='orders')
    first = version('1')
    put('my.shop', 'Order Created', {'id': 2}, EventBusName='orders')
    put('my.shop', 'Order Created', {'id': 3, 'customer': {'name': 'a'}}, EventBusName='orders')
    second = version('2')
    schemas.stop_discoverer(DiscovererId=id)
    put('my.shop', 'Order Created', {'other': 4}, EventBusName='orders')
    put('my.shop', 'Order Paid', {'id': 5}, EventBusName='orders')
    schemas.start_discoverer(DiscovererId=id)
    put('my.shop', 'Order Created', {'id': 'six', 'customer': {'name': 'a'}}, EventBusName='orders')
    third = version('3')
    result = dict(
        first=first['OrderCreated'], second=second['OrderCreated'], customer=second['Customer'],
        third=third['OrderCreated']['properties']['id'],
        event=[first['AWSEvent']['x-amazon-events-source'], first['AWSEvent']['x-amazon-events-detail-type']],
        listed=[each['SchemaName'] for each in schemas.list_schemas(RegistryName='discovered-schemas')['Schemas']],
        own=status(schemas.update_schema, Content='{}', **learnt)[:2],
        deleted=status(schemas.delete_schema, **learnt))
    `),
  )
  assert.deepEqual(seen, {
    first: { type: 'object', required: ['id'], properties: { id: { type: 'number' } } },
    second: {
      type: 'object',
      required: ['id'],
      properties: { customer: { $ref: '#/components/schemas/Customer' }, id: { type: 'number' } },
    },
    customer: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    third: { anyOf: [{ type: 'number' }, { type: 'string' }] },
    event: ['my.shop', 'Order Created'],
    listed: ['my.shop@OrderCreated'],
    own: [403, 'ForbiddenException'],
    deleted: [204],
  })
})

// Answers in the words of a Confluent schema registry: its media type, and `{"error_code", "message"}` with a code whose
// first three digits are the status.
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html#errors

import type { HttpResponse } from '../http/exchange.ts'

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'

export class ConfluentFault extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export function reply(value: unknown, status = 200): HttpResponse {
  return { status, headers: { 'Content-Type': MEDIA_TYPE }, body: JSON.stringify(value) }
}

export function replyFault({
  code,
  message,
}: Pick<ConfluentFault, 'code' | 'message'>): HttpResponse {
  return reply({ error_code: code, message }, Number(String(code).slice(0, 3)))
}

export function subjectMissing(subject: string): ConfluentFault {
  return new ConfluentFault(40401, `Subject '${subject}' not found.`)
}

export function versionMissing(version: string): ConfluentFault {
  return new ConfluentFault(40402, `Version ${version} not found.`)
}

export function schemaMissing(): ConfluentFault {
  return new ConfluentFault(40403, 'Schema not found')
}

export function invalidSchema(reason: string): ConfluentFault {
  return new ConfluentFault(42201, `Invalid schema: ${reason}`)
}

export function invalidVersion(version: string): ConfluentFault {
  return new ConfluentFault(
    42202,
    `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  )
}

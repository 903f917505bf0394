// The four events of the media downloader, with the fields that its document prints, as OpenAPI 3.

type Fields = Readonly<Record<string, 'string' | 'number'>>

interface MediaEvent {
  readonly name: string
  readonly source: string
  readonly fields: Fields
  readonly optional: readonly string[]
}

export const MEDIA_EVENTS: readonly MediaEvent[] = [
  {
    name: 'FileMetadataReady',
    source: 'aws.mediadownloader.metadata',
    fields: {
      fileId: 'string',
      title: 'string',
      description: 'string',
      authorName: 'string',
      authorUser: 'string',
      publishDate: 'string',
      contentType: 'string',
      size: 'number',
    },
    optional: [],
  },
  {
    name: 'FileDownloadStarted',
    source: 'aws.mediadownloader.download',
    fields: { fileId: 'string', timestamp: 'number' },
    optional: [],
  },
  {
    name: 'FileDownloadCompleted',
    source: 'aws.mediadownloader.download',
    fields: {
      fileId: 'string',
      s3Key: 'string',
      s3Url: 'string',
      size: 'number',
      contentType: 'string',
    },
    optional: ['s3Url'],
  },
  {
    name: 'FileDownloadFailed',
    source: 'aws.mediadownloader.download',
    fields: { fileId: 'string', error: 'string', errorCode: 'string', timestamp: 'number' },
    optional: ['errorCode'],
  },
]

/** The OpenAPI document of an event. */
export function mediaSchema({ name, source, fields, optional }: MediaEvent): string {
  const properties = Object.entries(fields).map(([field, type]) => [field, { type }])
  return JSON.stringify({
    openapi: '3.0.0',
    info: { version: '1.0.0', title: name },
    paths: {},
    components: {
      schemas: {
        AWSEvent: {
          type: 'object',
          required: ['detail-type', 'detail', 'source'],
          'x-amazon-events-detail-type': name,
          'x-amazon-events-source': source,
          properties: {
            detail: { $ref: `#/components/schemas/${name}` },
            'detail-type': { type: 'string' },
            source: { type: 'string' },
          },
        },
        [name]: {
          type: 'object',
          required: Object.keys(fields).filter((field) => !optional.includes(field)),
          properties: Object.fromEntries(properties),
        },
      },
    },
  })
}

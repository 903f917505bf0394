// Java of a book of types, in the shape of AWS's bindings: a class with getters and setters for each record, `AWSEvent`
// around the detail, and a `Marshaller` over Jackson. It needs Java 8 and jackson-databind.

import { assertNever } from '../base/index.ts'
import { typeName } from './names.ts'
import type { Declaration, RecordField, TypeBook, TypeNode } from './type-book.ts'
import type { ZipFile } from './zip.ts'

/** Names that the package itself or `java.lang` has. */
export const JAVA_RESERVED: readonly string[] =
  'AWSEvent Boolean Date Deprecated Double Iterable JsonIgnoreProperties JsonProperty List Long Map Marshaller Module Object Objects Override Process Record Runtime String System Thread Void'.split(
    ' ',
  )

const KEYWORDS = new Set(
  'abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for goto if implements import instanceof int interface long native new null package private protected public return short static strictfp super switch synchronized this throw throws transient true try void volatile while _'.split(
    ' ',
  ),
)

type RecordDeclaration = Extract<Declaration, { kind: 'record' }>

const HEAD = '// Made from a schema of the registry; changes here are lost.\n\n'

/** `schema.aws.ec2.ec2instancestatechangenotification` */
export function javaPackage(source: string, title: string): string {
  return ['schema', ...source.split(/[./]+/), title]
    .map((part) => part.toLowerCase().replace(/[^a-z0-9_]/g, '_'))
    .filter((part) => part !== '')
    .map((part) => (KEYWORDS.has(part) || /^\d/.test(part) ? `_${part}` : part))
    .join('.')
}

/** The files of a package with every type of the book, and how they are read and written. */
export function formatJava(book: TypeBook, packageName: string): readonly ZipFile[] {
  const folder = packageName.replaceAll('.', '/')
  const writer = new JavaWriter(book)
  const records = book.declarations.flatMap((one) => (one.kind === 'record' ? [one] : []))
  return [
    ...records.map((record) => ({
      path: `${folder}/${writer.nameOf(record.name)}.java`,
      text: `${HEAD}package ${packageName};\n\n${writer.record(record)}`,
    })),
    {
      path: `${folder}/AWSEvent.java`,
      text: `${HEAD}package ${packageName};\n\n${writer.envelope()}`,
    },
    { path: `${folder}/marshaller/Marshaller.java`, text: `${HEAD}${marshaller(packageName)}` },
  ]
}

interface JavaField {
  readonly key: string
  readonly type: string
}

const ENVELOPE: readonly JavaField[] = [
  { key: 'detail', type: 'T' },
  { key: 'detail-type', type: 'String' },
  { key: 'resources', type: 'List<String>' },
  { key: 'id', type: 'String' },
  { key: 'source', type: 'String' },
  { key: 'time', type: 'Date' },
  { key: 'region', type: 'String' },
  { key: 'version', type: 'String' },
  { key: 'account', type: 'String' },
]

class JavaWriter {
  readonly #declarations: ReadonlyMap<string, Declaration>
  /** The class of a detail has the name of its event, as AWS has it. */
  readonly #renamed: ReadonlyMap<string, string>

  constructor(book: TypeBook) {
    this.#declarations = new Map(book.declarations.map((one) => [one.name, one]))
    this.#renamed = new Map(
      book.events.flatMap(({ name, detail }) =>
        detail.kind === 'named' ? [[detail.name, name] as const] : [],
      ),
    )
  }

  nameOf(name: string): string {
    return this.#renamed.get(name) ?? name
  }

  record({ name, fields, doc }: RecordDeclaration): string {
    const typed = fields.map(({ key, type }: RecordField) => ({ key, type: this.#typeOf(type) }))
    const comment = doc === undefined ? '' : `/** ${commentOf(doc)} */\n`
    return `${IMPORTS}\n\n${comment}${formatClass(this.nameOf(name), this.nameOf(name), typed)}`
  }

  envelope(): string {
    return `${IMPORTS}\n\n${formatClass('AWSEvent', 'AWSEvent<T>', ENVELOPE)}`
  }

  #typeOf(given: TypeNode): string {
    const type = this.#behind(given)
    switch (type.kind) {
      case 'primitive':
        return type.format === 'date-time' ? 'Date' : PRIMITIVES[type.name]
      case 'list':
        return `List<${this.#typeOf(type.items)}>`
      case 'map':
        return `Map<String, ${this.#typeOf(type.values)}>`
      case 'named':
        return this.#declarations.get(type.name)?.kind === 'record'
          ? this.nameOf(type.name)
          : 'Object'
      case 'literal':
        return type.values.every((value) => typeof value === 'string') ? 'String' : 'Object'
      case 'union':
        return this.#union(type.members)
      case 'both':
        return 'Object'
      default:
        return assertNever(type)
    }
  }

  /** Every class takes null; other alternatives have no type in Java. */
  #union(members: readonly TypeNode[]): string {
    const others = members.filter((one) => !(one.kind === 'primitive' && one.name === 'null'))
    return others.length === 1 ? this.#typeOf(others[0]!) : 'Object'
  }

  /** Java has no names for what is no class; one that is made of itself is anything. */
  #behind(type: TypeNode): TypeNode {
    const seen = new Set<string>()
    let current = type
    while (current.kind === 'named' && !seen.has(current.name)) {
      seen.add(current.name)
      const declared = this.#declarations.get(current.name)
      if (declared?.kind !== 'alias') return current
      const { type: behind } = declared
      if (behind.kind === 'list' || behind.kind === 'map') return ANY
      current = behind
    }
    return current
  }
}

const ANY: TypeNode = { kind: 'primitive', name: 'any' }

const IMPORTS = `import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;`

const PRIMITIVES = {
  any: 'Object',
  boolean: 'Boolean',
  integer: 'Long',
  null: 'Object',
  number: 'Double',
  string: 'String',
} as const

interface Member extends JavaField {
  readonly field: string
  readonly accessor: string
}

function formatClass(name: string, generic: string, fields: readonly JavaField[]): string {
  const members = nameMembers(fields)
  const self = generic === name ? name : `${name}<?>`
  const same = members.map(({ field }) => `Objects.equals(this.${field}, that.${field})`)
  const body = [
    ...members.map(
      ({ key, type, field }) => `    @JsonProperty(${text(key)})\n    private ${type} ${field};`,
    ),
    `    public ${name}() {}`,
    ...members.flatMap(({ type, field, accessor }) => [
      `    public ${type} get${accessor}() {\n        return ${field};\n    }`,
      `    public void set${accessor}(${type} ${field}) {\n        this.${field} = ${field};\n    }`,
    ]),
    `    @Override
    public boolean equals(Object other) {
        if (!(other instanceof ${name})) return false;
        ${self} that = (${self}) other;
        return ${same.length === 0 ? 'that != null' : same.join('\n            && ')};
    }`,
    `    @Override
    public int hashCode() {
        return Objects.hash(${members.map(({ field }) => field).join(', ')});
    }`,
  ]
  return `@JsonIgnoreProperties(ignoreUnknown = true)\npublic class ${generic} {\n${body.join('\n\n')}\n}\n`
}

/** `gift-note` as `giftNote` with `getGiftNote`; no two of a class alike, none a keyword or a method of every object. */
function nameMembers(fields: readonly JavaField[]): readonly Member[] {
  const taken = new Set(['Class'])
  return fields.map((each) => {
    let accessor = typeName(each.key).replace(/[^\p{L}\p{Nd}]/gu, '_')
    while (taken.has(accessor)) accessor = `${accessor}X`
    taken.add(accessor)
    const plain = accessor.slice(0, 1).toLowerCase() + accessor.slice(1)
    return { ...each, accessor, field: KEYWORDS.has(plain) ? `${plain}_` : plain }
  })
}

/** A literal of JSON is one of Java, but for what Java reads before it reads literals. */
function text(value: string): string {
  return JSON.stringify(value)
}

/** In one line, and never the end of the comment; a backslash may begin an escape that Java reads everywhere. */
function commentOf(doc: string): string {
  return doc.replace(/\s+/g, ' ').replaceAll('*/', '* /').replaceAll('\\', '/').trim()
}

function marshaller(packageName: string): string {
  return `package ${packageName}.marshaller;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import ${packageName}.AWSEvent;

public class Marshaller {
    private static final ObjectMapper MAPPER = createMapper();

    private Marshaller() {}

    public static <T> void marshal(OutputStream output, T value) throws IOException {
        MAPPER.writeValue(output, value);
    }

    public static <T> T unmarshal(InputStream input, Class<T> type) throws IOException {
        return MAPPER.readValue(input, type);
    }

    public static <T> AWSEvent<T> unmarshalEvent(InputStream input, Class<T> type) throws IOException {
        JavaType event = MAPPER.getTypeFactory().constructParametricType(AWSEvent.class, type);
        return MAPPER.readValue(input, event);
    }

    private static ObjectMapper createMapper() {
        return new ObjectMapper()
            .setVisibility(PropertyAccessor.ALL, Visibility.NONE)
            .setVisibility(PropertyAccessor.FIELD, Visibility.ANY)
            .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .configure(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS, false);
    }
}
`
}

// The one event: a CloudEvents 1.0 value whose data stays the original bytes, plus where it lives
// (bus, account, region) and the resources it is about. Everything else is a view of this.

/** Extension attribute values of CloudEvents 1.0 that survive JSON. */
export type ExtensionValue = string | number | boolean

export interface Event {
  readonly id: string
  readonly source: string
  readonly type: string
  /** RFC 3339, exactly as the producer gave it (or as we stamped it). */
  readonly time: string
  readonly subject?: string
  readonly dataschema?: string
  /** Absent means `application/json`. */
  readonly datacontenttype?: string
  readonly extensions: Readonly<Record<string, ExtensionValue>>
  /** The original bytes; undefined when the event has no data. */
  readonly data?: Uint8Array
  readonly bus: BusRef
  readonly resources: readonly string[]
}

/** What names a bus everywhere: its account (12 digits), region and name. */
export interface BusRef {
  readonly account: string
  readonly region: string
  readonly name: string
}

/** The text form of a BusRef, used as a key: `account/region/name` (a name may itself hold slashes). */
export function formatBusKey(bus: BusRef): string {
  return `${bus.account}/${bus.region}/${bus.name}`
}

export function parseBusKey(key: string): BusRef {
  const first = key.indexOf('/')
  const second = key.indexOf('/', first + 1)
  return {
    account: key.slice(0, first),
    region: key.slice(first + 1, second),
    name: key.slice(second + 1),
  }
}

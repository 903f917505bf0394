// Brings a thing that is there into the form that is wanted: what was changed in the object, and what somebody changed
// outside. What the service does not show as it was told, right after it was told, is looked at no more: it would be told
// again for ever.

import type { Json } from '../../../structure/index.ts'
import { isList, isObject, type JsonObject } from '../../json-tree.ts'
import type { AwsKind, Naming } from './aws-kinds.ts'
import { hashOf } from './calls.ts'
import { differing } from './drift.ts'
import type { Part, PartAt } from './parts.ts'

/** What is kept of a thing between looks; no values, which may be secret. */
export interface Agreed {
  /** The hash of what the thing itself was told; absent for one that was taken over. */
  readonly form?: string
  /** The hash of what cannot be changed. */
  readonly fixed?: string
  /** Members that it was told, and of which sort each was. */
  readonly members: Readonly<Record<string, Sort>>
  /** Members that the service shows otherwise than it is told; absent before that is known. */
  readonly blind?: readonly string[]
  readonly parts?: Readonly<Record<string, AgreedPart>>
}

interface AgreedPart {
  readonly form: string
  readonly names: readonly string[]
  readonly isBlind: boolean
}

type Sort = 'text' | 'list' | 'other'

export interface Agreeing {
  readonly kind: AwsKind
  readonly naming: Naming
  readonly before: Agreed
  readonly mayUpdate: boolean
  readonly thing: JsonObject
  /** How the thing, its parts included, is asked for. */
  readonly at: Omit<PartAt, 'thing' | 'naming'>
  /** The thing as it is now. */
  readonly read: () => Promise<JsonObject | undefined>
}

export interface InAgreement {
  readonly thing: JsonObject
  readonly agreed: Agreed
}

/** What was told to a thing that has just been made. */
export function toldOf(kind: AwsKind, naming: Naming): Agreed {
  const { own, fixed } = split(kind, naming)
  const sorts = Object.entries(own).map(([name, value]) => [name, sortOf(value)] as const)
  return { form: hashOf(own), fixed: hashOf(fixed), members: Object.fromEntries(sorts) }
}

export function agreedIn(memory: JsonObject): Agreed {
  const { form, fixed, members, blind, parts } = memory
  return {
    ...(typeof form === 'string' ? { form } : {}),
    ...(typeof fixed === 'string' ? { fixed } : {}),
    members: (isObject(members) ? members : {}) as Agreed['members'],
    ...(isList(blind) ? { blind: blind.map(String) } : {}),
    ...(isObject(parts) ? { parts: parts as unknown as NonNullable<Agreed['parts']> } : {}),
  }
}

export async function agree(agreeing: Agreeing): Promise<InAgreement> {
  const { before, mayUpdate } = agreeing
  // A thing that has just been made gets its parts, also where nothing may be changed later.
  const isNew = before.form !== undefined && before.parts === undefined
  const own = await agreeOnThing(agreeing)
  if (!mayUpdate && !isNew) return own
  return agreeOnParts(agreeing, own)
}

async function agreeOnThing(agreeing: Agreeing): Promise<InAgreement> {
  const { kind, naming, before, mayUpdate, thing, at, read } = agreeing
  const { own, fixed } = split(kind, naming)
  const told = toldOf(kind, naming)
  const isTaken = before.form === undefined
  const other = differing(thing, own)
  const blind = before.blind ?? (isTaken ? [] : other)
  const drift = other.filter((name) => !blind.includes(name))
  const isChanged = !isTaken && before.form !== told.form
  if (!mayUpdate) return { thing, agreed: { ...before, blind } }
  if (before.fixed !== undefined && before.fixed !== told.fixed)
    throw new Error(
      `${kind.service} does not change ${texts(kind.fixed ?? Object.keys(fixed))} of what it made: delete the object and make it anew`,
    )
  const { parts } = before
  const kept = parts === undefined ? {} : { parts }
  if (!isChanged && drift.length === 0) return { thing, agreed: { ...told, ...kept, blind } }
  if (kind.update === undefined)
    throw new Error(
      `${texts(isChanged ? Object.keys(own) : drift)} of \`${naming.name}\` is not as it is wanted, and ${kind.service} does not change what it made: delete the object and make it anew`,
    )
  const wanted = { ...emptied(before.members, own), ...own }
  await at.call(kind.update(at.id, { ...naming, wanted }))
  const now = (await read()) ?? thing
  return { thing: now, agreed: { ...told, ...kept, blind: differing(now, own) } }
}

async function agreeOnParts(agreeing: Agreeing, own: InAgreement): Promise<InAgreement> {
  const { kind, naming, before, at, read } = agreeing
  let { thing } = own
  const agreed: Record<string, AgreedPart> = {}
  for (const part of kind.parts ?? []) {
    const wanted = unlessEmpty(part.wanted(naming.wanted))
    const old = before.parts?.[part.name]
    if (wanted === undefined) {
      if (old !== undefined) await part.write({ ...at, thing, naming }, undefined, old.names)
      continue
    }
    const form = hashOf({ wanted })
    const names = part.names(wanted)
    const isWritten = await writePart(part, { at: { ...at, thing, naming }, wanted, old, form })
    if (isWritten) thing = (await read()) ?? thing
    const isBlind = isWritten
      ? !(await part.isAgreed({ ...at, thing, naming }, wanted))
      : old?.isBlind === true
    agreed[part.name] = { form, names, isBlind }
  }
  return { thing, agreed: { ...own.agreed, parts: agreed } }
}

/** An apply that says nothing of a part any more may leave an empty one behind. */
function unlessEmpty(wanted: Json | undefined): Json | undefined {
  return isObject(wanted) && Object.keys(wanted).length === 0 ? undefined : wanted
}

/** Whether there was something to write. */
async function writePart(
  part: Part,
  {
    at,
    wanted,
    old,
    form,
  }: {
    readonly at: PartAt
    readonly wanted: Json
    readonly old: AgreedPart | undefined
    readonly form: string
  },
): Promise<boolean> {
  const names = part.names(wanted)
  const isSame = old?.form === form
  const isGone = old?.names.some((name) => !names.includes(name)) === true
  if (isSame && old.isBlind) return false
  if (!isGone && (await part.isAgreed(at, wanted))) return false
  await part.write(at, wanted, old?.names ?? [])
  return true
}

/** `forProvider` by who says it: the thing itself, and what is said once only. */
function split(
  { fixed = [], parts = [] }: AwsKind,
  { wanted }: Naming,
): { readonly own: JsonObject; readonly fixed: JsonObject } {
  const others = new Set(parts.flatMap(({ members }) => members))
  const entries = Object.entries(wanted)
  return {
    own: Object.fromEntries(entries.filter(([name]) => !others.has(name) && !fixed.includes(name))),
    fixed: Object.fromEntries(entries.filter(([name]) => fixed.includes(name))),
  }
}

/** What is wanted no more is told as empty: services leave what they are not told. */
function emptied(members: Agreed['members'], own: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, sort]) => {
      if (own[name] !== undefined || sort === 'other') return []
      return [[name, sort === 'text' ? '' : []] as const]
    }),
  )
}

function sortOf(value: JsonObject[string]): Sort {
  if (isList(value)) return 'list'
  return typeof value === 'string' ? 'text' : 'other'
}

function texts(names: readonly string[]): string {
  return names.length === 0 ? 'something' : names.map((name) => `\`${name}\``).join(', ')
}

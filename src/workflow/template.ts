// A template: checked when it is applied, and rendered with parameters into the steps of a workflow.
//
//   text (where there is one) ──Go template──► YAML ──parse──► steps ──placeholders──► steps ──read, check──► Step[]

import { describeError, parseManifest } from '../base/index.ts'
import type { FieldFault, Json } from '../structure/index.ts'
import { checkActions, type Checking } from './check-actions.ts'
import { invalid, missing } from './faults.ts'
import { checkGraph } from './graph.ts'
import { isList, isObject, type JsonObject } from './json-tree.ts'
import { TEMPLATE_LENGTH_MAX } from './limits.ts'
import { checkParameters, type Declaration, readDeclaration } from './parameters.ts'
import { fillPlaceholders, findPlaceholders } from './placeholders.ts'
import { readSteps, type Step } from './steps.ts'
import { findTextParameters, prepareText, putBack } from './template-text.ts'

/** Executes a Go template over parameters; throws an Error that says what is wrong and where. */
export type RenderText = (template: string, parameters: JsonObject) => string

export interface Template {
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
  /** Of the object. */
  readonly spec: JsonObject
  /** `spec.template`, or what `spec.templateRef` points to. */
  readonly text?: string
}

export interface TemplateReport {
  readonly faults: readonly FieldFault[]
  readonly steps: number
  readonly resources: number
}

/** What is wrong with a template before anybody gives parameters. */
export function checkTemplate(template: Template, checking?: Checking): TemplateReport {
  const { declaration: _, faults: declared } = declarationOf(template)
  const { steps: list } = template.spec
  if (template.text !== undefined || isTextual(template.spec)) {
    const both =
      list === undefined ? [] : [invalid('spec.steps', list, 'the steps are in the text')]
    return { faults: [...declared, ...both], steps: 0, resources: 0 }
  }
  const { steps, faults } = readSteps(list, 'spec.steps')
  const inside = faults.length > 0 ? [] : checkSteps(steps, checking)
  const resources = steps.reduce((sum, step) => sum + step.resources.length, 0)
  return { faults: [...declared, ...faults, ...inside], steps: steps.length, resources }
}

/** What is wrong with steps that have the form of steps. */
export function checkSteps(steps: readonly Step[], checking?: Checking): readonly FieldFault[] {
  return [...checkGraph(steps, 'spec.steps'), ...checkActions(steps, 'spec.steps', checking)]
}

function isTextual(spec: JsonObject): boolean {
  return spec['template'] !== undefined || spec['templateRef'] !== undefined
}

export function declarationOf({ annotations, spec, text }: Template): {
  readonly declaration: Declaration
  readonly faults: readonly FieldFault[]
} {
  const placeholders =
    text === undefined ? findPlaceholders(spec['steps'] ?? null) : findTextParameters(text)
  return readDeclaration({ annotations, schema: spec['parameters'], placeholders })
}

export type Rendered =
  | {
      readonly kind: 'rendered'
      /** As a workflow's `spec.steps`. */
      readonly value: Json
      readonly steps: readonly Step[]
      /** Parameters that were given and are not declared. */
      readonly unknown: readonly string[]
    }
  | { readonly kind: 'refused'; readonly faults: readonly FieldFault[] }

export interface RenderOptions {
  readonly template: Template
  readonly given: JsonObject
  /** What is put in for a parameter instead of its value, which is not to be shown. */
  readonly masks: JsonObject
  /** Where the parameters were given. */
  readonly path: string
  readonly renderText: RenderText
}

/** Every fault at once, and nothing is made of a template that has one. */
export function renderTemplate(options: RenderOptions): Rendered {
  const { template, given, masks, path } = options
  const { declaration, faults: declared } = declarationOf(template)
  const checked = checkParameters(given, declaration, path)
  const faults = [...declared, ...checked.faults.map((fault) => hideMasked(fault, masks, path))]
  if (faults.length > 0) return { kind: 'refused', faults }
  const parameters = { ...checked.values, ...masks }
  const source = stepsOf(options, parameters)
  if (source.kind === 'refused') return source
  const { value, unfilled } = fillPlaceholders(source.value, {
    parameters,
    optional: declaration.optional,
    path: 'spec.steps',
  })
  if (unfilled.length > 0) {
    const texts = unfilled.map(({ parameter, path: where }) =>
      missing(
        `${path}.${parameter}`,
        `template \`${template.name}\` uses \`${parameter}\` at ${where}, and nothing gives it`,
      ),
    )
    return { kind: 'refused', faults: texts }
  }
  const read = readSteps(value, 'spec.steps')
  const found = read.faults.length > 0 ? read.faults : checkSteps(read.steps)
  if (found.length > 0) return { kind: 'refused', faults: found }
  return { kind: 'rendered', value, steps: read.steps, unknown: checked.unknown }
}

function stepsOf(
  { template, renderText }: RenderOptions,
  parameters: JsonObject,
): { readonly kind: 'found'; readonly value: Json } | Extract<Rendered, { kind: 'refused' }> {
  const { text, spec } = template
  if (text === undefined) return { kind: 'found', value: spec['steps'] ?? null }
  try {
    const prepared = prepareText(text)
    const rendered = renderText(prepared.text, parameters)
    if (rendered.length > TEMPLATE_LENGTH_MAX)
      return refuse(`expected at most ${TEMPLATE_LENGTH_MAX} characters once rendered`)
    return { kind: 'found', value: putBack(unwrap(parseManifest(rendered)), prepared.words) }
  } catch (error) {
    return refuse(describeError(error))
  }
}

/** The text is the steps, a `steps` member, or a whole object. */
function unwrap(value: unknown): Json {
  if (isList(value)) return value
  if (!isObject(value)) return value as Json
  const spec = isObject(value['spec']) ? value['spec'] : value
  return spec['steps'] ?? null
}

/** A fault of a value that is not to be shown says which it is, and not what. */
function hideMasked(fault: FieldFault, masks: JsonObject, path: string): FieldFault {
  const name = Object.keys(masks).find(
    (one) => fault.field === `${path}.${one}` || fault.field.startsWith(`${path}.${one}.`),
  )
  if (name === undefined) return fault
  const message = 'Invalid value: it comes from a Secret, and is not what the template declares'
  return { ...fault, message }
}

function refuse(message: string): Extract<Rendered, { kind: 'refused' }> {
  return {
    kind: 'refused',
    faults: [{ type: 'FieldValueInvalid', field: 'spec.template', message }],
  }
}

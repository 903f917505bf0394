// The use cases of code bindings. What is stored is that one was asked for; the code follows from the content of
// the version, which never changes, so it is made when it is fetched.

import type { CodeBindingSpec, Scope } from '../model/index.ts'
import { checkBindingLanguage, createCodeBinding } from '../schema/index.ts'
import { fault } from './faults.ts'
import { modifiedNow } from './resources.ts'
import { bindingKeyOf } from './schema-names.ts'
import type { SchemaParts } from './schema-parts.ts'
import { findVersion, nowText } from './schema-store.ts'
import type { VersionName } from './schemas.ts'

export interface CodeBindings {
  put(scope: Scope, name: VersionName, language: string): Promise<CodeBindingSpec>
  get(scope: Scope, name: VersionName, language: string): Promise<CodeBindingSpec>
  /** The zip with the code. */
  source(scope: Scope, name: VersionName, language: string): Promise<Buffer>
}

export function createCodeBindings(parts: SchemaParts): CodeBindings {
  return {
    async put(scope, name, language) {
      checkBindingLanguage(language)
      const { version } = await findVersion(parts, scope, name)
      const { registry, schema } = name
      const key = bindingKeyOf(scope, { registry, schema, number: version.number, language })
      const stored = await parts.resources.get('CodeBinding', key)
      if (stored !== undefined) return stored.spec
      const { account, region } = scope
      const createdAt = nowText(parts)
      const spec = {
        account,
        region,
        registry,
        schema,
        number: version.number,
        language,
        createdAt,
      }
      const draft = { ...key, annotations: modifiedNow(parts), spec }
      return (await parts.resources.create('CodeBinding', draft)).spec
    },
    get: (scope, name, language) => findBinding(parts, scope, name, language),
    async source(scope, name, language) {
      const { number } = await findBinding(parts, scope, name, language)
      const { version, content } = await findVersion(parts, scope, { ...name, number })
      return createCodeBinding(language, { name: name.schema, type: version.type, content })
    },
  }
}

async function findBinding(
  parts: SchemaParts,
  scope: Scope,
  name: VersionName,
  language: string,
): Promise<CodeBindingSpec> {
  const { version } = await findVersion(parts, scope, name)
  const { registry, schema } = name
  const key = bindingKeyOf(scope, { registry, schema, number: version.number, language })
  const stored = await parts.resources.get('CodeBinding', key)
  if (stored === undefined) throw fault('code-binding-not-found', { schema, language })
  return stored.spec
}

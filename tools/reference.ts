// Writes the generated pages of docs/reference from the tables in the code; tests compare them.

import { mkdirSync, writeFileSync } from 'node:fs'
import { formatReference } from '../src/config/index.ts'
import { formatCompatibility } from './compatibility.ts'

const directory = new URL('../docs/reference/', import.meta.url)
mkdirSync(directory, { recursive: true })
writeFileSync(new URL('configuration.md', directory), formatReference())
writeFileSync(new URL('compatibility.md', directory), formatCompatibility())

// Loaded before a server to make a wrong one of it: its flushes of files do nothing, so that it acknowledges
// what is only in the page cache. The power cut must find it out.

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

fs.fdatasyncSync = () => {}
fs.fsyncSync = () => {}
syncBuiltinESMExports()

// The page is built into static files that the server serves below /_signalbox/ui, under a policy that allows
// nothing inline: so no asset becomes a data URL and no script is put into the page.

import react from '@vitejs/plugin-react'
import type { UserConfig } from 'vite'

const config: UserConfig = {
  base: '/_signalbox/ui/',
  plugins: [react()],
  build: { assetsInlineLimit: 0, target: 'es2024' },
  server: {
    proxy: { '/_signalbox/v1': 'http://127.0.0.1:4566', '/events': 'http://127.0.0.1:4566' },
  },
}

export default config

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compress } from './compress.ts';

// `npm run dev` shows the page with live reload; a gateway must run. SAKER_GATEWAY names it.
const gateway = process.env.SAKER_GATEWAY ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react(), tailwindcss(), compress()],
  server: {
    port: Number(process.env.PORT ?? 5173),
    proxy: {
      '/api': gateway,
      '/auth': gateway,
      '/ws': { target: gateway, ws: true },
    },
  },
  worker: { format: 'es' },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  test: { include: ['src/**/*_test.ts'], environment: 'node' },
});

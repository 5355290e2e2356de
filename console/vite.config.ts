import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompressed } from './precompressed.ts';

// `npm run dev` asks the daemon at KEYFENCE_API (http://127.0.0.1:8600 without it).
const api = process.env.KEYFENCE_API ?? 'http://127.0.0.1:8600';

export default defineConfig({
  plugins: [react(), precompressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': { target: api, changeOrigin: true } } },
  build: {
    target: 'es2022',
    // The content security policy allows no data: fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});

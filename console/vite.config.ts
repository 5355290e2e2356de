import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompressed } from './precompressed.ts';

// `npm run dev` asks the daemon at KEYFENCE_API (http://127.0.0.1:8600 without it).
const api = process.env.KEYFENCE_API ?? 'http://127.0.0.1:8600';

// What most pages behind the sign-in form share, and what that is made of, in one file rather than in thirty: each file
// of its own costs a slow machine more than it saves.
const behindTheDoor = {
  name: 'behind_the_door',
  test: /@floating-ui|remove-scroll|react-transition-group|@mantine.notifications|@tabler.*icons.Icon|components.(Menu|Combobox|Popover|Modal|Drawer|ScrollArea|Select|Tooltip|SegmentedControl|Switch|Checkbox|Radio|Transition|Portal|Floating|CopyButton)|src.components.(dialog|toast|time|page|copy|ui)|src.features.(audit|history).(actors|audit_text|difference)/,
  minShareCount: 3,
};

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
    rolldownOptions: { output: { codeSplitting: { groups: [behindTheDoor] } } },
  },
});

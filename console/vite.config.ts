import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compiledAtOnce, preloaded, sharedPage, variables } from './build_plugins.ts';
import { precompressed } from './precompressed.ts';

// `npm run dev` asks the daemon at KEYFENCE_API (http://127.0.0.1:8600 without it).
const api = process.env.KEYFENCE_API ?? 'http://127.0.0.1:8600';

// What every page is made of, in as few files as can be: each of its own costs a slow machine more than it saves.
const groups = [
  {
    name: 'start',
    test: /src.(styles|api.(early|url)|app.color_scheme)\.|global\.css|variables\.css|baseline\.layer/,
    priority: 4,
  },
  {
    name: 'react',
    test: /node_modules.(react|react-dom|scheduler)[\\/]|src.api.(client|gate|problem)|src.net.|src.components.(plain|bits|once)\.|src.features.signin.(door|sign_in_page|sign_in_form|doorway)|src.app.logo|@tabler.*(createReactComponent|defaultAttributes)/,
    priority: 3,
  },
  {
    name: 'frame',
    test: /@tanstack.(react-router|router-core|history|store|react-store|query-core|react-query)[\\/]|use-sync-external-store|@mantine.core.esm.core.MantineProvider|src.app.(app|router|shell|home|nav_link|broken|navigation|person_button|unreachable|account_choice|library|theme)\.|src.api.queries|src.components.(page|time|time_formats|numbers|later|toast)\.|src.features.overview.overview_page|src.features.usage.(chart|usage_api|time_range)\./,
    priority: 2,
  },
  {
    name: 'library',
    test: /@floating-ui|remove-scroll|react-transition-group|@mantine.core.esm.core|components.(Menu|Combobox|Popover|Modal|Drawer|ScrollArea|Select|Tooltip|SegmentedControl|Switch|Checkbox|Radio|Transition|Portal|Floating|CopyButton|Button|Input|TextInput|Text|Title|Group|Stack|Loader)|src.components.(dialog|copy)/,
    minShareCount: 3,
    priority: 1,
  },
];

export default defineConfig({
  plugins: [react(), variables(), sharedPage(), preloaded(), compiledAtOnce(), precompressed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': { target: api, changeOrigin: true } } },
  build: {
    target: 'es2022',
    // The content security policy allows no data: fonts and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: ['index.html', 'sign-in.html', 'src/first.ts'], output: { codeSplitting: { groups } } },
  },
});

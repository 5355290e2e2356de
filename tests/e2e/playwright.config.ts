import { defineConfig } from '@playwright/test';

// KEYFENCE_E2E_TAG: run only the tests with this tag, such as @core.
const tag = process.env['KEYFENCE_E2E_TAG'];
const instrumented = process.env['KEYFENCE_PRELOAD'] !== undefined || process.env['KEYFENCE_VALGRIND'] !== undefined;

export default defineConfig({
  testDir: 'specs',
  outputDir: process.env['KEYFENCE_E2E_OUTPUT'] ?? 'test-results',
  ...(tag ? { grep: new RegExp(`${tag}\\b`) } : {}),
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: instrumented ? 90_000 : 30_000,
  // Long, for a machine that builds meanwhile: what is slow is nobody's promise here.
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    locale: 'en-GB',
    launchOptions: {
      executablePath: process.env['KEYFENCE_CHROMIUM'] ?? '/usr/bin/chromium',
      // Nothing of the browser's own leaves the machine, and no test waits for what it would fetch.
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-default-apps',
        '--disable-domain-reliability',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});

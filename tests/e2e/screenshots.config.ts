import { defineConfig } from '@playwright/test';

import tests from './playwright.config.ts';

// script/screenshots runs this: pictures of the console, no assertions beyond that each page shows.
export default defineConfig({ ...tests, testDir: 'screenshots', timeout: 300_000, workers: 1 });

// Started from tests/e2e, whose packages it uses.
export default {
  testDir: 'specs',
  outputDir: process.env['KEYFENCE_E2E_OUTPUT'] ?? 'test-results',
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  reporter: [['list']],
};

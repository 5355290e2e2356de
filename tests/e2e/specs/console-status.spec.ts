// The operator's status page: what is well, what is not, and what to do about it.
import { checksOf, spanText, worstOf } from '../../../console/src/features/operator/health.ts';
import type { Status } from '../../../console/src/api/types.ts';
import { expect, expectAccessible, test } from '../lib/console.ts';
import { eventually } from '../lib/net.ts';

const well: Status = {
  version: '1',
  ready: true,
  store_revision: 12,
  image: {
    revision: 12,
    generation: 1,
    keys: 1,
    accounts: 1,
    file_bytes: 1,
    reserved_bytes: 1,
    arena_used_bytes: 1,
    arena_garbage_bytes: 0,
  },
  publisher_failure: null,
  usage: {
    stored: 1,
    backlog_bytes: 0,
    lag_micros: 0,
    segments: 1,
    failure: null,
    dropped: 0,
    damaged: 0,
    bytes: 1,
    oldest_at: null,
    files_set_aside: [],
    gateways: [],
  },
  started_at: '2026-01-01T00:00:00Z',
};
const told = (status: Status) => checksOf(status).map(({ name, tone, remedy }) => [name, tone, remedy !== undefined]);

test('each thing that can be wrong is told with what to do, and nothing else is', () => {
  expect(worstOf(checksOf(well))).toBe('ok');
  expect(checksOf(well).every(({ remedy }) => remedy === undefined)).toBe(true);
  const usage = well.usage!;
  const cases: [Status, string, string][] = [
    [{ ...well, publisher_failure: 'no space left' }, 'Policy', 'bad'],
    [{ ...well, store_revision: 14 }, 'Policy', 'warn'],
    [{ ...well, usage: { ...usage, failure: 'disk full' } }, 'Usage log', 'bad'],
    [{ ...well, usage: { ...usage, backlog_bytes: 9, lag_micros: 60_000_000 } }, 'Usage log', 'warn'],
    [{ ...well, usage: { ...usage, dropped: 3 } }, 'Dropped by gateways', 'bad'],
    [{ ...well, usage: { ...usage, damaged: 3 } }, 'Damaged records', 'warn'],
    [{ ...well, usage: { ...usage, files_set_aside: ['2026-01-01.db'] } }, 'Files set aside', 'warn'],
  ];
  for (const [status, name, tone] of cases) {
    expect(told(status).filter(([, is]) => is !== 'ok')).toEqual([[name, tone, true]]);
    expect(worstOf(checksOf(status))).toBe(tone);
  }
  expect(spanText(600_000_000)).toBe('10 minutes');
});

test('the status page says that all is well, and when the daemon no longer answers', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.status(key.secret, '203.0.113.9');
  await eventually('the record is stored', async () => (await desk.daemon.ok('GET', '/api/v1/status')).usage.stored === 1);
  await desk.open('/operator/status');
  await expect(page.getByText('All is well')).toBeVisible();
  const revision = (await desk.daemon.ok('GET', '/api/v1/status')).store_revision;
  await expect(page.locator('[data-check="Policy"]')).toContainText(`up to revision ${revision}`);
  await expect(page.locator('[data-check="Usage log"]')).toContainText('1 records stored');
  const [gateway] = (await desk.daemon.ok('GET', '/api/v1/status')).usage.gateways;
  expect(gateway).toMatchObject({ stored: 1, dropped: 0, last_revision: revision });
  const row = page.getByRole('row', { name: gateway.name });
  await expect(row).toContainText('just now');
  await expect(row).toContainText(String(revision));
  await expect(page.locator('[data-check="Dropped by gateways"]')).toContainText('none');
  await expectAccessible(page);
  await desk.daemon.stop();
  await expect(page.getByText('The daemon does not answer')).toBeVisible();
  await desk.daemon.start();
  await expect(page.getByText('All is well')).toBeVisible();
});

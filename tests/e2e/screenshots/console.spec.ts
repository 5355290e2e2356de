// Pictures of every page of the console, on sample data that a gateway really decided.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test, type Desk } from '../lib/console.ts';
import { eventually } from '../lib/net.ts';

const directory = process.env['KEYFENCE_SCREENSHOTS'] ?? 'test-results/screenshots';
const office = '203.0.113.0/24';

interface Sample {
  billing: { id: string; secret: string };
  requestId: string;
  from: string;
}

/** About a minute of traffic, so that the chart has something to show. */
async function sample(desk: Desk): Promise<Sample> {
  const from = new Date(Date.now() - 15_000).toISOString();
  await desk.daemon.ok('POST', '/api/v1/accounts', { name: 'Contoso Freight' });
  const billing = await desk.createKey('Billing service', [
    { text: office, label: 'Office Lisbon' },
    { text: '198.51.100.10 - 198.51.100.20', label: 'Build servers' },
    { text: '2001:db8:4::/48', label: 'Data centre' },
  ]);
  // What the history and the audit log have to tell.
  const list = `/api/v1/keys/${billing.id}/allowlist`;
  const { entries } = await desk.daemon.ok('GET', list);
  await desk.daemon.ok('PATCH', `${list}/entries/${entries[1].id}`, { label: 'Build farm' });
  const visitor = await desk.daemon.ok('POST', `${list}/entries`, { text: '198.51.100.77', label: 'Visitor' });
  await desk.daemon.ok('DELETE', `${list}/entries/${visitor.entry.id}`);
  const mobile = await desk.createKey('Mobile app');
  const partner = await desk.createKey('Partner import', [], { when_empty: 'deny' });
  await desk.createKey('Nightly reports', [{ text: '198.51.100.7', label: 'Report host' }]);
  const paths = ['/v1/payments', '/v1/payments/refunds', '/v1/messages', '/v1/customers'];
  for (let second = 0; second < 45; ++second) {
    const burst = 4 + Math.round(4 * Math.sin(second / 5) + 3 * Math.sin(second / 2));
    for (let i = 0; i < burst; ++i) {
      const path = paths[(second + i) % paths.length]!;
      await desk.request(i % 2 === 0 ? billing.secret : mobile.secret, `203.0.113.${1 + ((second * 7 + i) % 250)}`, path);
    }
    if (second % 3 === 0) await desk.request(billing.secret, '192.0.2.45', '/v1/payments');
    if (second % 7 === 0) await desk.request(partner.secret, '192.0.2.101', '/v1/import');
    if (second > 30 && second < 38) {
      for (let i = 0; i < 5; ++i) await desk.request(billing.secret, `2001:db8:9::${i + 1}`, '/v1/payments');
    }
    await sleep(900);
  }
  const refused = await desk.request(billing.secret, '192.0.2.45', '/v1/payments/refunds');
  await eventually('the log is drained', async () => {
    return (await desk.daemon.call('GET', `/api/v1/usage/${refused.requestId}`)).status === 200;
  });
  return { billing, requestId: refused.requestId, from };
}

test('every page in light, dark and narrow', async ({ desk }) => {
  mkdirSync(directory, { recursive: true });
  const { page } = desk;
  const shot = (name: string) => page.screenshot({ path: join(directory, `${name}.png`), animations: 'disabled' });
  const looks = [
    ['light', 'light', { width: 1280, height: 820 }],
    ['dark', 'dark', { width: 1280, height: 820 }],
    ['narrow', 'light', { width: 360, height: 780 }],
  ] as const;
  await desk.open('/sign-in');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  for (const [look, colorScheme, viewport] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await shot(`sign-in-${look}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 820 });
  await desk.signIn();
  const { billing, requestId, from } = await sample(desk);
  const account = `/a/${desk.accountId}`;
  const pages: [string, string][] = [
    ['overview', account],
    ['keys', `${account}/keys`],
    ['key-new', `${account}/keys/new`],
    ['key', `${account}/keys/${billing.id}`],
    ['allowlist', `${account}/allowlist`],
    ['history', `${account}/keys/${billing.id}/history`],
    ['usage', `${account}/usage?from=${encodeURIComponent(from)}`],
    ['request', `${account}/usage?from=${encodeURIComponent(from)}&open=${requestId}`],
    ['audit', `${account}/audit`],
    ['all-changes', '/operator/audit?action=allowlist.*'],
    ['members', `${account}/settings`],
    ['tokens', `${account}/settings?tab=tokens`],
    ['general', `${account}/settings?tab=general`],
    ['profile', '/profile'],
    ['accounts', '/operator/accounts'],
    ['global', '/operator/allowlist'],
    ['instance', '/operator/instance'],
    ['status', '/operator/status'],
  ];
  for (const [look, colorScheme, viewport] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    for (const [name, path] of pages) {
      await desk.open(path);
      await page.waitForLoadState('networkidle');
      await shot(`${name}-${look}`);
    }
    await desk.open('/operator/allowlist');
    await page.getByRole('button', { name: 'Import many' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import entries' });
    await dialog
      .getByRole('textbox')
      .fill('203.0.113.0/24, Office Lisbon\n198.51.100.7\tReport host\n10.0.0.5/24, Test bench\ngateway.example.com\n2001:db8:4::/48 # data centre');
    await expect(dialog.getByText('2 wrong', { exact: true })).toBeVisible();
    await shot(`import-${look}`);
  }
});

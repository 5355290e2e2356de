// Every page: axe finds nothing serious in light and in dark, nothing is cut off at 360 px, no policy is violated; and
// the weight of the first load.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, expectAccessible, test, type Desk } from '../lib/console.ts';

const pages: [name: string, path: (desk: Desk, keyId: string) => string, ready: string][] = [
  ['Overview', (desk) => `/a/${desk.accountId}`, 'Northwind Payments'],
  ['API keys', (desk) => `/a/${desk.accountId}/keys`, 'API keys'],
  ['Create key', (desk) => `/a/${desk.accountId}/keys/new`, 'Create key'],
  ['A key', (desk, keyId) => `/a/${desk.accountId}/keys/${keyId}`, 'Billing service'],
  ['IP allowlist', (desk) => `/a/${desk.accountId}/allowlist`, 'IP allowlist'],
  ['History', (desk) => `/a/${desk.accountId}/allowlist/history`, 'History of the IP allowlist'],
  ["A key's history", (desk, keyId) => `/a/${desk.accountId}/keys/${keyId}/history`, 'History of the key’s allowlist'],
  ['Usage logs', (desk) => `/a/${desk.accountId}/usage`, 'Usage logs'],
  ['Audit log', (desk) => `/a/${desk.accountId}/audit`, 'Audit log'],
  ['Members', (desk) => `/a/${desk.accountId}/settings`, 'Settings'],
  ['Tokens', (desk) => `/a/${desk.accountId}/settings?tab=tokens`, 'Settings'],
  ['General', (desk) => `/a/${desk.accountId}/settings?tab=general`, 'Settings'],
  ['Profile', () => '/profile', 'Profile and security'],
  ['Accounts', () => '/operator/accounts', 'Accounts'],
  ['Global list', () => '/operator/allowlist', 'Global IP allowlist'],
  ['Global history', () => '/operator/allowlist/history', 'History of the global IP allowlist'],
  ['All changes', () => '/operator/audit', 'All changes'],
  ['Instance', () => '/operator/instance', 'Instance settings'],
  ['Status', () => '/operator/status', 'Status'],
  ['Nothing', () => '/no/such/page', 'There is no such page'],
];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page is accessible in ${colorScheme}, and fits a narrow screen`, async ({ desk }) => {
    test.setTimeout(300_000);
    const { page } = desk;
    const violations: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy|Content-Security-Policy/.test(message.text())) violations.push(message.text());
    });
    await page.emulateMedia({ colorScheme });
    await desk.open('/sign-in');
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await expectAccessible(page);
    await desk.signIn();
    const key = await desk.createKey('Billing service', [
      { text: '203.0.113.0/24', label: 'Office' },
      { text: '2001:db8:4:a:b:c:d:e - 2001:db8:4:a:b:c:d:ffff', label: 'A range with a long name that has to wrap' },
    ]);
    await desk.daemon.ok('POST', `/api/v1/accounts/${desk.accountId}/allowlist/entries`, { text: '203.0.113.0/24' });
    await desk.request(key.secret, '203.0.113.9');
    await desk.request(key.secret, '198.51.100.9', '/v1/a/rather/long/path/that/does/not/fit/on/one/line/of/a/telephone');
    for (const [name, path, ready] of pages) {
      await test.step(name, async () => {
        await page.setViewportSize({ width: 1280, height: 900 });
        await desk.open(path(desk, key.id));
        await expect(page.getByRole('heading', { name: ready, exact: true }).first()).toBeVisible();
        await page.waitForLoadState('networkidle');
        await expectAccessible(page);
        await page.setViewportSize({ width: 360, height: 780 });
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(width, 'no page scrolls sideways').toBeLessThanOrEqual(360);
      });
    }
    expect(violations).toEqual([]);
  });
}

test('the menu and a dialog work by keyboard alone, and give the focus back', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.createKey('By keyboard');
  await desk.openAccount('/keys');
  const menu = page.getByRole('button', { name: 'Actions for By keyboard' });
  await menu.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'IP allowlist' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(menu).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Revoke' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Revoke By keyboard?' });
  await expect(dialog.getByRole('button', { name: 'Revoke for good' })).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('the first load is under 250 kB of compressed script', async ({ desk }) => {
  const scripts = new Map<string, number>();
  desk.page.on('response', async (response) => {
    const url = new URL(response.url());
    if (url.pathname.endsWith('.js')) {
      expect(response.headers()['content-encoding'], url.pathname).toBe('gzip');
      scripts.set(url.pathname, 0);
    }
  });
  await desk.signIn();
  await expect(desk.page.getByRole('heading', { name: 'Northwind Payments' })).toBeVisible();
  await desk.page.waitForLoadState('networkidle');
  const dist = join(import.meta.dirname, '../../../console/dist');
  let bytes = 0;
  for (const path of scripts.keys()) bytes += statSync(join(dist, `${path}.gz`)).size;
  expect(scripts.size).toBeGreaterThan(2);
  expect(bytes).toBeLessThan(250_000);
});

test('nothing that was built asks another host', () => {
  const dist = join(import.meta.dirname, '../../../console/dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(js|css|html)$/.test(name));
  expect(files.length).toBeGreaterThan(10);
  for (const name of files) {
    const text = readFileSync(join(dist, name), 'utf8');
    expect(text, name).not.toMatch(/(src|href)=["']https?:\/\/|url\(["']?https?:/);
  }
});

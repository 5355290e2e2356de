// What a person does in the console from one end to the other, and what the gateway then answers.
import { readFileSync } from 'node:fs';

import type { Locator } from '@playwright/test';

import { expect, ownAddress, signInForm, test, type Desk } from '../lib/console.ts';
import { eventually } from '../lib/net.ts';

// The tests know no types of the browser's own.
const isFocused = (of: Locator): Promise<boolean> =>
  of.evaluate((element: any) => element === element.ownerDocument.activeElement);

const stored = (desk: Desk, count: number) =>
  eventually(`${count} requests are stored`, async () => (await desk.daemon.ok('GET', '/api/v1/status')).usage.stored >= count);

test('the sidebar leads the operator to everything, and a viewer to what is theirs, to read', async ({ signedIn: desk, browser }) => {
  const { page } = desk;
  const own = ['Overview', 'API keys', 'IP allowlist', 'Usage logs', 'Audit log', 'Settings'];
  const operators = ['Accounts', 'Global IP allowlist', 'All usage', 'All changes', 'Instance settings', 'Status'];
  const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  await expect(links).toHaveText([...own, ...operators]);
  for (const name of [...own, ...operators]) {
    await links.filter({ hasText: new RegExp(`^${name}$`) }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name === 'Overview' ? 'Northwind Payments' : name);
  }

  const key = await desk.createKey('Looked at', [{ text: '203.0.113.0/24' }]);
  const { token } = await desk.daemon.ok('POST', `/api/v1/accounts/${desk.accountId}/invitations`, { login: 'vera', role: 'viewer' });
  await desk.daemon.ok('POST', '/api/v1/invitations/accept', { token, name: 'Vera', password: 'only looks at things' });
  const context = await browser.newContext();
  const viewer = await context.newPage();
  await viewer.goto(`${desk.origin}/sign-in`);
  await signInForm(viewer, 'vera', 'only looks at things');
  await expect(viewer.getByRole('navigation', { name: 'Pages' }).getByRole('link')).toHaveText(own);
  await viewer.goto(`${desk.origin}/a/${desk.accountId}/keys/${key.id}`);
  await expect(viewer.getByText('203.0.113.0/24').first()).toBeVisible();
  await expect(viewer.getByRole('button', { name: 'Add IP' })).toHaveCount(0);
  await expect(viewer.getByRole('button', { name: /^Remove/ })).toHaveCount(0);
  await context.close();
});

test('a key with description, scopes and an end is made by keyboard alone, and fenced', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.openAccount('/keys/new');
  await expect(page.getByPlaceholder('Billing service')).toBeFocused();
  await page.keyboard.type('By hand');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Typed, never clicked');
  await page.keyboard.press('Tab');
  await page.keyboard.type('messages:read');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('01012031');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type('1200PM');
  const entry = page.getByLabel('Address or CIDR');
  for (let i = 0; i < 12 && !(await isFocused(entry)); ++i) await page.keyboard.press('Tab');
  await page.keyboard.type('198.51.100.0/24');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Office');
  await page.keyboard.press('Enter');
  await expect(desk.entry('198.51.100.0/24')).toContainText('Office');
  await expect(entry, 'ready for the next one').toBeFocused();
  const create = page.getByRole('button', { name: 'Create key' });
  for (let i = 0; i < 20 && !(await isFocused(create)); ++i) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const secret = await page.locator('[data-secret]').innerText();
  expect(await desk.status(secret, '198.51.100.7')).toBe(200);
  expect(await desk.status(secret, ownAddress)).toBe(403);
  const [key] = (await desk.daemon.ok('GET', `/api/v1/accounts/${desk.accountId}/keys`)).items;
  expect(key).toMatchObject({ name: 'By hand', description: 'Typed, never clicked', scopes: ['messages:read'] });
  expect(key.expires_at).toMatch(/^203[01]-/);
});

test('on a key’s own page a blocked request is seen, understood and let in', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('One page');
  await desk.openAccount(`/keys/${key.id}`);
  const address = page.url();
  await page.getByLabel('Address or CIDR').fill('203.0.113.0/24');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Saved\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(403);
  await desk.section('Last requests').getByRole('button', { name: /Blocked 403.*198\.51\.100\.23/ }).click();
  const panel = page.getByRole('dialog', { name: 'Request' });
  await expect(panel.getByText('Not on the key’s allowlist').first()).toBeVisible();
  await panel.getByRole('button', { name: 'Allow this address' }).click();
  const dialog = page.getByRole('dialog', { name: 'Allow this address' });
  await dialog.getByLabel('Name').fill('Let in');
  await dialog.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(dialog.getByText('Requests from it pass now')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(200);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await panel.getByRole('button', { name: 'Close' }).click();
  await expect(desk.entry('198.51.100.23/32')).toContainText('Let in');
  expect(page.url(), 'without leaving the page').toBe(address);
});

test('an entry of the account is opened by a click and changed; who is second is shown what became of it', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  const list = `/api/v1/accounts/${desk.accountId}/allowlist`;
  const { entry } = await desk.daemon.ok('POST', `${list}/entries`, { text: '198.51.100.7', label: 'Office' });
  await desk.openAccount('/allowlist');
  const dialog = page.getByRole('dialog', { name: 'Edit entry' });
  const open = () => desk.entry('198.51.100.7/32').getByRole('button', { name: /^Edit/ }).click();
  await open();
  await dialog.getByLabel('Address or CIDR').fill('198.51.100.8');
  await desk.daemon.ok('PATCH', `${list}/entries/${entry.id}`, { label: 'Moved office' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Somebody changed this entry meanwhile')).toBeVisible();
  await expect(dialog.getByRole('list', { name: 'What changed meanwhile' })).toContainText('name: Office → Moved office');
  expect(await desk.status(key.secret, '198.51.100.8'), 'nothing is overwritten').toBe(403);
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  await expect(dialog.getByLabel('Address or CIDR'), 'what was typed is kept').toHaveValue('198.51.100.8');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(/198\.51\.100\.8 saved\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.8')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(403);

  // A change of something else in the list is nobody's quarrel; an entry that is gone is said to be.
  await desk.daemon.ok('POST', `${list}/entries`, { text: '192.0.2.1' });
  await desk.entry('198.51.100.8/32').getByRole('button', { name: /^Edit/ }).click();
  await dialog.getByPlaceholder('Office, build server, …').fill('Third');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(desk.entry('198.51.100.8/32')).toContainText('Third');
  await desk.entry('198.51.100.8/32').getByRole('button', { name: /^Edit/ }).click();
  await desk.daemon.ok('DELETE', `${list}/entries/${entry.id}`);
  await dialog.getByPlaceholder('Office, build server, …').fill('Fourth');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Somebody removed this entry meanwhile')).toBeVisible();
});

test('who changes the settings of a list second is told, and nothing is overwritten', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  const list = `/api/v1/accounts/${desk.accountId}/allowlist`;
  await desk.openAccount('/allowlist');
  await page.getByRole('button', { name: 'Settings of the list' }).click();
  await page.getByRole('radio', { name: /Monitor/ }).check();
  await desk.daemon.ok('PATCH', list, { when_empty: 'deny' });
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText('Somebody changed these settings meanwhile')).toBeVisible();
  await expect(page.getByRole('list', { name: 'What changed meanwhile' })).toContainText('empty, it admits');
  expect(await desk.status(key.secret, '198.51.100.7'), 'nothing was saved').toBe(403);
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText(/Settings saved\. Enforced at revision/)).toBeVisible();
  expect(await desk.daemon.ok('GET', list)).toMatchObject({ mode: 'monitor', when_empty: 'deny' });
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
});

test('the field says what is risky: very broad, private, for documentation, never seen', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.openAccount('/allowlist');
  const field = page.getByLabel('Address or CIDR');
  await field.fill('10.1.2.3');
  await expect(page.getByText(/never sees this address.*private/)).toBeVisible();
  await field.fill('203.0.113.9');
  await expect(page.getByText(/for documentation/)).toBeVisible();
  await field.fill('0.0.0.0/1');
  await expect(page.getByText('2,147,483,648 addresses, 0.0.0.0 to 127.255.255.255')).toBeVisible();
  await expect(page.getByText('Very broad: it admits one in 2 of all IPv4 addresses.')).toBeVisible();
});

test('the usage log is filtered by key, status, reason, method and time, and exported as it is filtered', async ({ signedIn: desk }) => {
  const { page } = desk;
  const fenced = await desk.createKey('Fenced', [{ text: '203.0.113.0/24' }]);
  const open = await desk.createKey('Open');
  for (const from of ['203.0.113.1', '198.51.100.1', '198.51.100.2']) await desk.request(fenced.secret, from);
  await desk.gateway.ask('/v1/messages', { key: open.secret, method: 'POST', headers: [['X-Forwarded-For', '192.0.2.1'], ['Content-Length', '0']] });
  await stored(desk, 4);
  await desk.openAccount('/usage');
  const rows = page.locator('[data-request]');
  const choose = async (label: string, option: string) => {
    await page.getByRole('search').getByLabel(label, { exact: true }).first().click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  await expect(rows).toHaveCount(4);
  await choose('Key', 'Open');
  await expect(rows).toHaveCount(1);
  await choose('Method', 'POST');
  await expect(rows).toHaveCount(1);
  await choose('Key', 'Fenced');
  await expect(page.getByText('No request is like that')).toBeVisible();
  await page.getByRole('button', { name: 'Clear' }).click();
  await choose('Status', '403, blocked');
  await expect(rows).toHaveCount(2);
  await choose('Reason', 'Not on the key’s allowlist');
  await expect(rows).toHaveCount(2);
  await expect(page).toHaveURL(/status=403.*reason=address_denied_key/);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const csv = readFileSync(await (await download).path(), 'utf8').trimEnd().split('\r\n');
  expect(csv).toHaveLength(3);
  expect(csv.filter((line) => line.includes('198.51.100.'))).toHaveLength(2);
  await expect(page.getByText('2 rows exported.')).toBeVisible();
  await page.getByRole('button', { name: 'Time: Last 24 hours' }).click();
  await page.getByLabel('Until').fill('2020-01-01T00:00');
  await expect(page.getByText('No request is like that')).toBeVisible();
});

test('a log of many requests holds only the rows in view, and reads on as one scrolls', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Busy');
  for (let i = 0; i < 450; ++i) await desk.request(key.secret, `203.0.113.${i % 250}`, `/v1/number/${i}`);
  await stored(desk, 450);
  await desk.openAccount('/usage');
  const rows = page.locator('[data-request]');
  await expect(rows.filter({ hasText: '/v1/number/449' })).toBeVisible();
  expect(await rows.count()).toBeLessThan(60);
  const box = page.getByRole('region', { name: 'Requests, newest first' });
  await expect(async () => {
    await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect(page.getByTitle('/v1/number/0', { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass();
  expect(await rows.count()).toBeLessThan(60);
});

test('the overview says who was blocked, which keys are open, which entries were never used, and what changed', async ({ signedIn: desk }) => {
  const { page } = desk;
  const fenced = await desk.createKey('Fenced', [{ text: '203.0.113.0/24', label: 'Office' }, { text: '192.0.2.9', label: 'Forgotten' }]);
  await desk.createKey('Wide open');
  await desk.request(fenced.secret, '203.0.113.5');
  for (let i = 0; i < 3; ++i) await desk.request(fenced.secret, '198.51.100.1');
  await stored(desk, 4);
  await desk.openAccount('');
  await expect(page.getByRole('img', { name: 'Requests over time: 1 allowed, 3 blocked' })).toBeVisible();
  await expect(desk.section('Blocked, by address')).toContainText('198.51.100.13 times');
  await expect(desk.section('Blocked, by key')).toContainText('Fenced3 times');
  await expect(desk.section('Keys without a restriction of their own')).toContainText('Wide open');
  await expect(desk.section('Keys without a restriction of their own')).not.toContainText('Fenced');
  await expect(desk.section('Entries never used')).toContainText('192.0.2.9');
  await expect(desk.section('Entries never used')).not.toContainText('203.0.113.0/24');
  await expect(desk.section('What changed lately')).toContainText('created a key Wide open');
  await desk.section('Blocked, by address').getByRole('link').first().click();
  await expect(page.locator('[data-request]')).toHaveCount(3);
});

test.describe('in Tokyo', () => {
  test.use({ timezoneId: 'Asia/Tokyo' });
  test('times are those of the viewer’s zone, with UTC on hover', async ({ signedIn: desk }) => {
    const { page } = desk;
    const key = await desk.createKey('Ends');
    await desk.daemon.ok('PATCH', `/api/v1/keys/${key.id}`, { expires_at: '2031-01-01T20:30:00Z' });
    await desk.openAccount(`/keys/${key.id}`);
    const end = page.locator('time[datetime^="2031-01-01T20:30:00"]').first();
    await expect(end).toHaveText('2 Jan 2031, 05:30');
    await end.hover();
    await expect(page.getByText('2031-01-01 20:30:00 UTC')).toBeVisible();
  });
});

test('a large screen is filled without stretching what is read', async ({ signedIn: desk }) => {
  const { page } = desk;
  await page.setViewportSize({ width: 3840, height: 2160 });
  for (const path of ['/keys', '/allowlist', '/usage', '/audit']) {
    await desk.openAccount(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const inside = await page.evaluate<boolean>('document.documentElement.scrollWidth <= window.innerWidth');
    const width = (await page.locator('main [class*=lede]').first().boundingBox())?.width ?? 0;
    expect(inside, path).toBe(true);
    expect(width, 'a line of text stays readable').toBeLessThan(900);
  }
});

// From a blocked request to one that passes, without leaving the page.
import { expect, test } from '../lib/console.ts';
import { eventually } from '../lib/net.ts';
import type { Desk } from '../lib/console.ts';

const stored = (desk: Desk, count: number) =>
  eventually(`${count} requests are stored`, async () => {
    return (await desk.daemon.ok('GET', '/api/v1/usage?limit=1000')).items.length >= count;
  });

test('a blocked request says why, and its address is allowed from there', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Mobile app', [{ text: '203.0.113.0/24', label: 'Office' }]);
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(200);
  const refused = await desk.request(key.secret, '198.51.100.23', '/v1/refused');
  expect(refused.status).toBe(403);
  await stored(desk, 2);

  await desk.openAccount('/usage');
  await page.getByRole('button', { name: /Blocked 403.*\/v1\/refused.*198\.51\.100\.23/ }).click();
  const panel = page.getByRole('dialog', { name: 'Request' });
  await expect(panel.getByText('Not on the key’s allowlist').first()).toBeVisible();
  await expect(panel.getByText(refused.requestId)).toBeVisible();
  await panel.getByRole('button', { name: 'Allow this address' }).click();
  const dialog = page.getByRole('dialog', { name: 'Allow this address' });
  await dialog.getByLabel('Name').fill('Warehouse');
  await expect(dialog.getByLabel(/^Key’s allowlist/)).toBeChecked();
  await dialog.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(dialog.getByText('Requests from it pass now')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.24')).toBe(403);
});

test('an address that two lists block is let in step by step, and the page says what is missing', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Twice', [{ text: '203.0.113.0/24' }]);
  await desk.daemon.ok('POST', `/api/v1/accounts/${desk.accountId}/allowlist/entries`, { text: '203.0.113.0/24' });
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(403);
  await stored(desk, 1);
  await desk.openAccount('/usage');
  await page.getByRole('button', { name: /Blocked 403/ }).click();
  await page.getByRole('button', { name: 'Allow this address' }).click();
  const dialog = page.getByRole('dialog', { name: 'Allow this address' });
  await dialog.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(dialog.getByText('Added, but still blocked')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(403);
  await dialog.getByRole('button', { name: 'Add it to another list' }).click();
  await dialog.getByLabel(/^Key’s allowlist/).check();
  await dialog.getByRole('button', { name: 'Allow', exact: true }).click();
  await expect(dialog.getByText('Requests from it pass now')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(200);
});

test('the filter stands in the address, and a reload shows the same', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Filtered', [{ text: '203.0.113.0/24' }]);
  for (const from of ['203.0.113.1', '203.0.113.2', '198.51.100.1']) await desk.request(key.secret, from);
  await desk.request('kf_not-a-key', '203.0.113.3');
  await stored(desk, 4);
  await desk.openAccount('/usage');
  const rows = page.locator('[data-request]');
  await expect(rows).toHaveCount(3);
  await page.getByLabel('Address, CIDR or range').fill('203.0.113.0/24');
  await expect(rows).toHaveCount(2);
  await expect(page).toHaveURL(/address=203\.0\.113\.0%2F24/);
  await page.reload();
  await expect(rows).toHaveCount(2);
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(rows).toHaveCount(3);
  await expect(page.getByRole('img', { name: 'Requests over time: 2 allowed, 1 blocked' })).toBeVisible();
  await desk.open('/operator/usage');
  await expect(rows).toHaveCount(4);
});

test('an address that was blocked is one click away in the key’s list', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Suggested', [{ text: '203.0.113.0/24' }]);
  await desk.request(key.secret, '198.51.100.23');
  await stored(desk, 1);
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByRole('button', { name: 'Add an address that was blocked' }).click();
  await page.getByRole('menuitem', { name: /198\.51\.100\.23/ }).click();
  await page.getByRole('button', { name: 'Add IP' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.23')).toBe(200);
});

test('new requests come in by themselves while one follows live', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Live');
  await desk.openAccount('/usage');
  await page.getByLabel('Follow live').check();
  await desk.request(key.secret, '203.0.113.1', '/v1/now');
  await expect(page.getByRole('button', { name: /Allowed 200.*\/v1\/now/ })).toBeVisible();
});

test('a long log holds the rows in view and no others, and is read page by page as it is scrolled', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Busy');
  const requests = 1_000;
  for (let sent = 0; sent < requests; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => desk.status(key.secret, '203.0.113.9').then((status) => expect(status, `${sent + i}`).toBe(200))));
  }
  await eventually('all are stored', async () => (await desk.daemon.ok('GET', '/api/v1/status')).usage.stored === requests);
  const pages: string[] = [];
  page.on('request', (request) => {
    if (/\/api\/v1\/usage\?/.test(request.url())) pages.push(request.url());
  });
  await desk.openAccount('/usage');
  const box = page.getByRole('region', { name: 'Requests, newest first' });
  const rows = box.locator('[data-request]');
  await expect(rows.first()).toBeVisible();
  const inDocument = async () => expect(await rows.count()).toBeLessThan(60);
  await inDocument();
  expect(pages, 'no more than is looked at').toHaveLength(1);
  let before = -1;
  for (let at = 0; at > before || pages.length < requests / 200; ) {
    before = at;
    at = await box.evaluate(async (element) => {
      element.scrollTop += 4 * element.clientHeight;
      await new Promise((resolve) => setTimeout(resolve, 60));
      return element.scrollTop;
    });
    await inDocument();
  }
  // Five full ones, and one that may say that nothing follows.
  expect(pages.length).toBeLessThanOrEqual(requests / 200 + 1);
  expect(new Set(pages).size, 'none is read twice').toBe(pages.length);
  await expect(page.locator(`[data-index="${requests - 1}"]`)).toBeVisible();
  await box.evaluate((element) => {
    element.scrollTop = 0;
  });
  await expect(page.locator('[data-index="0"]')).toBeVisible();
  await inDocument();
});

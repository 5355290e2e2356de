// The account's and the global allowlist: changed entry by entry, and by import.
import { expect, ownAddress, test } from '../lib/console.ts';

test('an entry of the account counts at once, its removal too, and Undo brings it back', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.openAccount('/allowlist');
  await page.getByLabel('Address or CIDR').fill('2001:db8:4::/48');
  await page.getByPlaceholder('Office, build server, …').fill('Data centre');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await page.getByRole('button', { name: 'Add it all the same' }).click();
  await expect(page.getByText(/2001:db8:4::\/48 added\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '2001:db8:4::1')).toBe(200);
  expect(await desk.status(key.secret, ownAddress)).toBe(403);

  await page.getByLabel('Address or CIDR').fill('198.51.100.0/24');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await expect(desk.entry('198.51.100.0/24')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  await page.getByRole('button', { name: 'Remove 198.51.100.0/24' }).click();
  await expect(desk.entry('198.51.100.0/24')).toHaveCount(0);
  await expect(page.getByText(/198\.51\.100\.0\/24 removed/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(403);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(desk.entry('198.51.100.0/24')).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
});

test('the global list says what it means empty, and warns before it leaves the own address out', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.open('/operator/allowlist');
  await expect(page.getByText('Open to any address')).toBeVisible();
  await page.getByLabel('Address or CIDR').fill('198.51.100.0/24');
  await page.getByRole('button', { name: 'Add IP' }).click();
  const dialog = page.getByRole('dialog', { name: 'This leaves your own address out' });
  await expect(dialog).toContainText(ownAddress);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await desk.status(key.secret, ownAddress)).toBe(200);
  await page.getByRole('button', { name: 'Add IP' }).click();
  await dialog.getByRole('button', { name: 'Add it all the same' }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, ownAddress)).toBe(403);
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);

  await page.getByRole('button', { name: 'Remove 198.51.100.0/24' }).click();
  await page.getByRole('button', { name: 'Remove it and open to any address' }).click();
  await expect(page.getByText(/removed\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, ownAddress)).toBe(200);
});

test('an import shows every line, strikes the wrong ones, and is enforced as one', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.daemon.ok('POST', '/api/v1/allowlist/entries', { text: ownAddress });
  await desk.open('/operator/allowlist');
  await page.getByRole('button', { name: 'Import many' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import entries' });
  const pasted = [
    '\ufeff"198.51.100.0/24","Office, main"',
    '192.0.2.7\tBuild server',
    '\u00a02001:db8:4::/48\u00a0, Data centre',
    '# a comment',
    '',
    '10.0.0.5/24, wrong bits',
    'gateway.example.com',
    `${ownAddress}, stands already`,
  ].join('\r\n');
  await dialog.getByRole('textbox').fill(pasted);
  await expect(dialog.getByText('3 new')).toBeVisible();
  await expect(dialog.getByText('1 stand already')).toBeVisible();
  await expect(dialog.getByText('2 wrong', { exact: true })).toBeVisible();
  await expect(dialog.getByText('Office, main', { exact: true })).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Use 10.0.0.0/24' }).click();
  await expect(dialog.getByText('4 new')).toBeVisible();
  await dialog.getByRole('button', { name: 'Strike the 1 wrong line' }).click();
  await dialog.getByRole('button', { name: 'Import 4 entries' }).click();
  await expect(page.getByText(/4 entries imported\. Enforced at revision/)).toBeVisible();
  for (const address of ['198.51.100.9', '192.0.2.7', '2001:db8:4::9', '10.0.0.77']) {
    expect(await desk.status(key.secret, address), address).toBe(200);
  }
  expect(await desk.status(key.secret, '192.0.2.8')).toBe(403);
});

test('a file that is no text is refused with words, and one of many lines keeps the page at work', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.open('/operator/allowlist');
  await page.getByRole('button', { name: 'Import many' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import entries' });
  const choose = async (name: string, buffer: Buffer) => {
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose a text or CSV file' }).click();
    await (await chooser).setFiles({ name, mimeType: 'text/plain', buffer });
  };
  await choose('list.xlsx', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 8, 0, 0xff, 0xfe]));
  await expect(dialog.getByText('list.xlsx is no text file')).toBeVisible();
  const lines = Array.from({ length: 100_000 }, (_, i) => `11.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}, host ${i}`);
  await choose('too-many.txt', Buffer.from([...lines, '12.0.0.1'].join('\n')));
  await expect(dialog.getByText('100,001 lines are more than the 100,000 that one import takes')).toBeVisible();
  await choose('hosts.txt', Buffer.from(lines.join('\n')));
  await expect(dialog.getByText('100,000 new')).toBeVisible();
  await expect(dialog.getByText('Imports of up to 500 are easier to look over')).toBeVisible();
  expect(await dialog.locator('[data-result]').count()).toBeLessThan(60);
  await dialog.getByRole('button', { name: 'Import 100,000 entries' }).click();
  await expect(page.getByText('100,000 of 1,000,000 entries')).toBeVisible();
  expect(await page.locator('[data-entry]').count()).toBeLessThan(60);

  await page.getByLabel('Search the list').fill('11.0.78.31');
  await expect(desk.entry('11.0.78.31/32')).toBeVisible({ timeout: 30_000 });
  const key = await desk.createKey('Any');
  expect(await desk.status(key.secret, '11.0.78.31')).toBe(200);
  expect(await desk.status(key.secret, '11.1.134.159')).toBe(200);
  expect(await desk.status(key.secret, '11.1.134.160')).toBe(403);
});

test('a sheet that a spreadsheet saved is imported but for its heading', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.openAccount('/allowlist');
  await page.getByRole('button', { name: 'Import many' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import entries' });
  const sheet = ['\ufeffAddress;Name;Site', '198.51.100.0/24;"Büro; ""Nord""";Köln', '192.0.2.10 - 192.0.2.20;Lager;', ';;', '2001:db8:4::/48;;'].join('\r\n');
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Choose a text or CSV file' }).click();
  await (await chooser).setFiles({ name: 'sheet.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) });
  await expect(dialog.getByText('3 new')).toBeVisible();
  await expect(dialog.getByText('Büro; "Nord", Köln', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: /^Strike the 1 wrong line/ }).click();
  await dialog.getByRole('button', { name: 'Import 3 entries' }).click();
  await expect(page.getByText(/3 entries imported\. Enforced at revision/)).toBeVisible();
  for (const address of ['198.51.100.9', '192.0.2.15', '2001:db8:4::9']) {
    expect(await desk.status(key.secret, address), address).toBe(200);
  }
  expect(await desk.status(key.secret, '192.0.2.21')).toBe(403);
});

test('a removal shows before the daemon has answered, and is taken back where it refuses', async ({ signedIn: desk }) => {
  const { page } = desk;
  for (const text of ['203.0.113.0/24', '198.51.100.7']) {
    await desk.daemon.ok('POST', `/api/v1/accounts/${desk.accountId}/allowlist/entries`, { text });
  }
  await desk.openAccount('/allowlist');
  await expect(desk.entry('198.51.100.7/32')).toBeVisible();
  let refuse = () => {};
  const held = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  await page.route('**/allowlist/entries/*', async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue();
    await held;
    const problem = { type: 'about:blank', title: 'Unavailable', status: 503, code: 'busy', detail: 'The store is busy; try again.', request_id: 'x' };
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
  await desk.entry('198.51.100.7/32').getByRole('button', { name: /^Remove/ }).click();
  await expect(desk.entry('198.51.100.7/32')).toHaveCount(0);
  await expect(desk.entry('203.0.113.0/24')).toBeVisible();
  refuse();
  await expect(page.getByText('The store is busy; try again.')).toBeVisible();
  await expect(desk.entry('198.51.100.7/32')).toBeVisible();
});

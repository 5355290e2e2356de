// Keys and their allowlists in the console; what the page promised is what the gateway does.
import { expect, ownAddress, test } from '../lib/console.ts';
import { eventually } from '../lib/net.ts';

test('a key is created with its allowlist; the secret is shown once and works from there alone', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.openAccount('');
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByPlaceholder('Billing service').fill('Billing service');
  await page.getByLabel('Address or CIDR').fill('203.0.113.5/24');
  await page.getByRole('button', { name: 'Use 203.0.113.0/24' }).click();
  await expect(page.getByText('256 addresses, 203.0.113.0 to 203.0.113.255')).toBeVisible();
  await page.getByPlaceholder('Office, build server, …').fill('Office');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await expect(desk.entry('203.0.113.0/24')).toContainText('Office');
  await page.getByRole('button', { name: 'Create key' }).click();

  const dialog = page.getByRole('dialog', { name: 'The key is ready' });
  const secret = await dialog.locator('[data-secret]').innerText();
  expect(secret).toMatch(/^kf_[0-9A-Za-z]{49}$/);
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled();
  await dialog.getByLabel('I have copied the secret').check();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('heading', { name: 'Billing service' })).toBeVisible();
  expect(await page.content()).not.toContain(secret);

  expect(await desk.status(secret, '203.0.113.200')).toBe(200);
  const refused = await desk.request(secret, '198.51.100.1');
  expect(refused.status).toBe(403);
  expect(refused.json()).toMatchObject({ error: { code: 'IP_NOT_ALLOWED' } });
});

test('a list is edited as a whole: nothing counts before Save, all of it after', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Whole', [{ text: '198.51.100.1', label: 'old' }, { text: '198.51.100.2', label: 'stays' }]);
  await desk.openAccount(`/keys/${key.id}`);
  await expect(page.getByText('2 of 20 entries')).toBeVisible();
  await page.getByRole('button', { name: 'Remove old, 198.51.100.1' }).click();
  await page.getByText('Range', { exact: true }).click();
  await page.getByLabel('From', { exact: true }).fill('198.51.100.10');
  await page.getByLabel('To', { exact: true }).fill('198.51.100.20');
  await page.getByPlaceholder('Office, build server, …').fill('Build servers');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await page.getByRole('button', { name: /^Edit ?stays/ }).click();
  await page.getByPlaceholder('Office, build server, …').nth(1).fill('renamed');
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('1 added, 1 changed, 1 removed, not saved yet')).toBeVisible();
  await expect(page.getByText(`Your own address ${ownAddress} will not be admitted`)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.1')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.15')).toBe(403);

  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Saved\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.1')).toBe(403);
  expect(await desk.status(key.secret, '198.51.100.15')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.2')).toBe(200);
});

test('my current address is one click', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Mine');
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByRole('button', { name: `Add my current address (${ownAddress})` }).click();
  await page.getByRole('button', { name: 'Add IP' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, ownAddress)).toBe(200);
  expect(await desk.status(key.secret, '203.0.113.78')).toBe(403);
});

test('the last entry goes only after a question, for then the list is open', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Last', [{ text: '198.51.100.1' }]);
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByRole('button', { name: 'Remove 198.51.100.1' }).click();
  await expect(page.getByText('Open to any address')).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Open to any address?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(403);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByRole('button', { name: 'Open it to any address' }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(200);
});

test('a list can be closed until an address is added', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Closed');
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByRole('button', { name: 'Settings of the list' }).click();
  await page.getByLabel('No address may call until one is added').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, ownAddress)).toBe(403);
});

test('who saves second is shown what changed, overwrites nothing, and can put the own changes on top', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Shared', [{ text: '198.51.100.1', label: 'first' }]);
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByLabel('Address or CIDR').fill('198.51.100.2');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await expect(desk.entry('198.51.100.2/32')).toBeVisible();
  await desk.daemon.ok('POST', `/api/v1/keys/${key.id}/allowlist/entries`, { text: '198.51.100.3', label: 'theirs' });
  await page.getByRole('button', { name: 'Save', exact: true }).click();

  const dialog = page.getByRole('dialog', { name: 'This list was changed meanwhile' });
  await expect(dialog.getByRole('list', { name: 'What changed meanwhile' })).toContainText('198.51.100.3');
  expect(await desk.status(key.secret, '198.51.100.3')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.2')).toBe(403);
  await dialog.getByRole('button', { name: 'Put my changes on top' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  for (const last of [1, 2, 3]) expect(await desk.status(key.secret, `198.51.100.${last}`)).toBe(200);
});

test('what is wrong in an entry is said as one types, with a way out', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Strict', [{ text: '198.51.100.0/24', label: 'Office' }]);
  await desk.openAccount(`/keys/${key.id}`);
  const field = page.getByLabel('Address or CIDR');
  const add = page.getByRole('button', { name: 'Add IP' });
  await field.fill('010.0.0.1');
  await expect(page.getByText(/leading zero/i)).toBeVisible();
  await expect(add).toBeDisabled();
  await field.fill('198.51.100.7');
  await expect(page.getByText('Lies inside Office (198.51.100.0/24)')).toBeVisible();
  await expect(add).toBeEnabled();
  await field.fill('198.51.100.0/24');
  await expect(page.getByText('is in the list already')).toBeVisible();
  await field.fill('8.0.0.0/8');
  await expect(page.getByText('nothing wider than a /9')).toBeVisible();
  await expect(add).toBeDisabled();
});

test('the menu rotates, disables and revokes, each from the very next request', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Turned', [], {});
  await desk.openAccount('/keys');
  const menu = page.getByRole('button', { name: 'Actions for Turned' });
  await menu.click();
  await page.getByRole('menuitem', { name: 'Rotate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
  const secret = await page.locator('[data-secret]').innerText();
  expect(await desk.status(key.secret, ownAddress)).toBe(401);
  expect(await desk.status(secret, ownAddress)).toBe(200);
  await page.getByLabel('I have copied the secret').check();
  await page.getByRole('button', { name: 'Done' }).click();

  await menu.click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await expect(page.getByText(/Turned is disabled/)).toBeVisible();
  expect(await desk.status(secret, ownAddress)).toBe(401);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText(/Turned is active/)).toBeVisible();
  expect(await desk.status(secret, ownAddress)).toBe(200);

  await menu.click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke for good' }).click();
  await expect(page.getByText(/Turned is revoked/)).toBeVisible();
  expect(await desk.status(secret, ownAddress)).toBe(401);
});

test('the key list finds by name and state, and tells restriction, last use and from where', async ({ signedIn: desk }) => {
  const { page } = desk;
  const fenced = await desk.createKey('Fenced', [{ text: '203.0.113.0/24' }, { text: '198.51.100.7' }, { text: '192.0.2.1' }]);
  await desk.createKey('Open');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await desk.status(fenced.secret, '203.0.113.9');
  await desk.status(fenced.secret, '198.51.100.99');
  await eventually('the key has its evidence', async () => {
    return (await desk.daemon.ok('GET', `/api/v1/keys/${fenced.id}`)).evidence?.denied?.hits === 1;
  });
  await desk.openAccount('/keys');
  const row = page.locator('[data-row="Fenced"]');
  await expect(row).toContainText('3 entries');
  await expect(row).toContainText('198.51.100.99');
  await expect(row.getByTitle('1 allowed, 1 blocked')).toBeVisible();
  const open = page.locator('[data-row="Open"]');
  await expect(open).toContainText('Any IP');
  await expect(open).toContainText('never');
  expect(asked.filter((path) => path === '/api/v1/usage'), 'the list of keys tells it').toEqual([]);

  await page.getByLabel('Search keys').fill('fen');
  await expect(open).toHaveCount(0);
  await expect(page).toHaveURL(/q=fen/);
  await page.getByLabel('State').first().click();
  await page.getByRole('option', { name: 'Disabled' }).click();
  await expect(page.getByText('No key is like that')).toBeVisible();
  await page.getByRole('button', { name: 'Show all keys' }).click();
  await expect(page.locator('[data-row]')).toHaveCount(2);
});

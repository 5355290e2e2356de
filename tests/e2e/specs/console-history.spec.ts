// What an allowlist was: its revisions, what differs between any two, and the way back, as the gateway then decides.
import { expect, expectAccessible, ownAddress, test } from '../lib/console.ts';

test('a change of the account’s list is found in its history, taken back, and the taking back too', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  const list = `/api/v1/accounts/${desk.accountId}/allowlist`;
  await desk.daemon.ok('POST', `${list}/entries`, { text: '203.0.113.0/24', label: 'Office' });
  const added = await desk.daemon.ok('POST', `${list}/entries`, { text: '198.51.100.7', label: 'Build server' });
  await desk.daemon.ok('PATCH', `${list}/entries/${added.entry.id}`, { label: 'Old build server' });
  await desk.daemon.ok('DELETE', `${list}/entries/${added.entry.id}`);
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(403);

  await desk.openAccount('/allowlist');
  await page.getByRole('link', { name: 'History' }).click();
  const revisions = page.getByRole('list', { name: 'Revisions, newest first' }).getByRole('listitem');
  await expect(revisions).toHaveCount(5);
  await expect(revisions.first()).toContainText('removed an entry');
  await expect(revisions.first()).toContainText('stands now');
  const difference = page.getByRole('list', { name: /What is different between/ });
  await expect(difference).toContainText('198.51.100.7 Old build server');
  await expect(difference).toContainText('removed');

  await revisions.nth(1).getByRole('button', { name: /changed an entry/ }).click();
  await expect(difference).toContainText('name: Build server → Old build server');
  await revisions.nth(3).getByRole('radio', { name: /Compare from/ }).check();
  await revisions.nth(0).getByRole('radio', { name: /Compare to/ }).check();
  await expect(page.getByText('Nothing is different.')).toBeVisible();
  await expect(page).toHaveURL(/from=\d+&to=\d+/);
  const compared = page.url();
  await page.reload();
  await expect(page.getByText('Nothing is different.')).toBeVisible();
  expect(page.url()).toBe(compared);

  await revisions.nth(1).getByRole('button', { name: /^Restore revision/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Restore revision/ });
  await expect(dialog.getByRole('list', { name: 'What would change' })).toContainText('198.51.100.7 Old build server');
  await expectAccessible(page);
  expect(await desk.status(key.secret, '198.51.100.7'), 'nothing happens before it is confirmed').toBe(403);
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByText(/again what it was at revision \d+\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  await expect(revisions).toHaveCount(6);

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText(/Undone\. Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(403);
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(200);
});

test('a key’s list that was open is opened again only with words, and the own address is thought of', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Fenced');
  const list = `/api/v1/keys/${key.id}/allowlist`;
  await desk.daemon.ok('POST', `${list}/entries`, { text: '198.51.100.7' });
  await desk.daemon.ok('POST', `${list}/entries`, { text: ownAddress });
  expect(await desk.status(key.secret, '192.0.2.1')).toBe(403);

  await desk.openAccount(`/keys/${key.id}`);
  await page.getByRole('link', { name: 'History' }).click();
  const revisions = page.getByRole('list', { name: 'Revisions, newest first' }).getByRole('listitem');
  await expect(revisions).toHaveCount(3);
  await revisions.nth(1).getByRole('button', { name: /^Restore revision/ }).click();
  await expect(page.getByRole('dialog')).toContainText('This leaves your own address out');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await revisions.nth(2).getByRole('button', { name: /^Restore revision/ }).click();
  await expect(page.getByRole('dialog')).toContainText('This opens the list to any address');
  await page.getByRole('button', { name: 'Restore it and open to any address' }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '192.0.2.1')).toBe(200);
});

test('a restoration that somebody was quicker than is not made, and shows what it would do now', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Any');
  await desk.daemon.ok('POST', '/api/v1/allowlist/entries', { text: '198.51.100.7' });
  await desk.daemon.ok('POST', '/api/v1/allowlist/entries', { text: '198.51.100.8' });
  await desk.open('/operator/allowlist');
  await page.getByRole('link', { name: 'History' }).click();
  const revisions = page.getByRole('list', { name: 'Revisions, newest first' }).getByRole('listitem');
  await revisions.nth(1).getByRole('button', { name: /^Restore revision/ }).click();
  const dialog = page.getByRole('dialog');
  const changes = dialog.getByRole('list', { name: 'What would change' });
  await expect(changes).toContainText('198.51.100.8');
  await desk.daemon.ok('POST', '/api/v1/allowlist/entries', { text: '198.51.100.9' });
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(dialog).toContainText('The list was changed meanwhile');
  await expect(changes).toContainText('198.51.100.9');
  for (const last of [7, 8, 9]) expect(await desk.status(key.secret, `198.51.100.${last}`)).toBe(200);
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  for (const last of [8, 9]) expect(await desk.status(key.secret, `198.51.100.${last}`)).toBe(403);
});

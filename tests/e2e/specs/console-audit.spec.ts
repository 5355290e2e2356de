// The audit log: its filters stand in the page's address, a line opens to before and after, and what is shown is what
// is exported.
import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

import { expect, expectAccessible, test } from '../lib/console.ts';

const choose = async (page: Page, label: string, option: string | RegExp) => {
  await page.getByRole('search').getByLabel(label, { exact: true }).first().click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

test('the audit log is filtered by action, person, subject and time; the address keeps the filter', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Audited');
  await desk.daemon.ok('PATCH', `/api/v1/keys/${key.id}`, { description: 'told by hand' });
  await desk.daemon.ok('POST', `/api/v1/keys/${key.id}/allowlist/entries`, { text: '198.51.100.7', label: 'Office' });
  await desk.openAccount('/audit');
  const lines = page.getByRole('list', { name: 'Changes' }).locator('[data-line]');
  await expect(lines).toHaveCount(4);

  await choose(page, 'Action', 'All about keys');
  await expect(lines).toHaveCount(2);
  await expect(page).toHaveURL(/action=key\.\*/);
  await choose(page, 'Action', 'Changed a key');
  await expect(lines).toHaveCount(1);
  await lines.getByRole('button').click();
  const change = lines.getByRole('row', { name: /description/ });
  await expect(change).toContainText('told by hand');
  await expectAccessible(page);
  await page.reload();
  await expect(lines).toHaveCount(1);
  await expect(change, 'the open line is part of the address').toContainText('told by hand');

  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(lines).toHaveCount(4);
  await page.getByLabel('Id of what was changed').fill(key.id);
  await expect(lines).toHaveCount(3);
  await choose(page, 'Who', 'Operator');
  await expect(page.getByText('No change is like that')).toBeVisible();
  await choose(page, 'Who', /^Token /);
  await expect(lines).toHaveCount(3);
  await page.getByRole('button', { name: 'Time: Any time' }).click();
  await page.getByLabel('Until').fill('2020-01-01T00:00');
  await expect(page.getByText('No change is like that')).toBeVisible();
});

test('the operator sees every account, what was denied, and narrows it to one', async ({ signedIn: desk }) => {
  const { page } = desk;
  const other = await desk.daemon.ok('POST', '/api/v1/accounts', { name: 'Contoso Freight' });
  await desk.daemon.ok('POST', `/api/v1/accounts/${other.id}/allowlist/entries`, { text: '198.51.100.7' });
  await page.request.post(`${desk.origin}/api/v1/session`, {
    data: { login: 'operator', password: 'not the password' },
    headers: { 'Keyfence-Csrf': '1' },
  });
  await desk.open('/operator/audit');
  const lines = page.locator('[data-line]');
  await expect(lines.filter({ hasText: 'failed to sign in' })).toContainText('denied');
  await expect(lines.filter({ hasText: 'added an entry' })).toContainText('in Contoso Freight');
  await choose(page, 'Outcome', 'Denied');
  await expect(lines).toHaveCount(1);
  await expect(lines).toContainText('failed to sign in');
  await expect(page).toHaveURL(/outcome=denied/);
  await choose(page, 'Outcome', 'Done');
  await expect(lines.filter({ hasText: 'added an entry' })).toHaveCount(1);
  await expect(lines.filter({ hasText: 'failed to sign in' })).toHaveCount(0);
  await choose(page, 'Outcome', 'Any outcome');
  await choose(page, 'Account', 'Contoso Freight');
  await expect(lines).toHaveCount(2);
  await expect(page).toHaveURL(new RegExp(`account_id=${other.id}`));
});

test('what is exported is what the filter finds, as CSV and as JSON', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.createKey('One');
  await desk.createKey('Two');
  await desk.openAccount('/audit?action=key.create');
  const exported = async (name: string) => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const file = await download;
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8').trimEnd() };
  };
  const csv = await exported('Export CSV');
  expect(csv.name).toMatch(/^keyfence-audit-.*\.csv$/);
  expect(csv.text.split('\r\n')).toHaveLength(3);
  await expect(page.getByText('2 rows exported.')).toBeVisible();
  const json = await exported('Export JSON');
  const actions = json.text.split('\n').map((line) => JSON.parse(line).action);
  expect(actions).toEqual(['key.create', 'key.create']);
});

test('lines beyond the first page are read on demand, and an import shows its entries', async ({ signedIn: desk }) => {
  const { page } = desk;
  for (let i = 0; i < 101; ++i) {
    await desk.daemon.ok('PATCH', `/api/v1/accounts/${desk.accountId}/allowlist`, { mode: i % 2 === 0 ? 'monitor' : 'enforce' });
  }
  await desk.daemon.ok('POST', `/api/v1/accounts/${desk.accountId}/allowlist/import`, '198.51.100.7\n198.51.100.8');
  await desk.openAccount('/audit');
  const lines = page.locator('[data-line]');
  await expect(lines).toHaveCount(100);
  await page.getByRole('button', { name: 'Show older changes' }).click();
  await expect(lines).toHaveCount(103);
  await lines.first().getByRole('button').click();
  await expect(lines.first().getByRole('list', { name: 'Entries' })).toContainText('198.51.100.7');
});

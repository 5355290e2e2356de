// What the operator alone does: who else runs the instance, and accounts by their state.
import { expect, expectAccessible, signInForm, test } from '../lib/console.ts';

test('a second operator is added with a password shown once, signs in, and is removed', async ({ signedIn: desk, browser }) => {
  const { page } = desk;
  await desk.open('/operator/instance');
  const operators = desk.section('Operators');
  await expect(operators.locator('[data-row="operator"]')).toBeVisible();
  await expect(operators.getByRole('button', { name: /^Remove/ })).toHaveCount(0);

  await operators.getByRole('button', { name: 'Add operator' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an operator' });
  await dialog.getByLabel('Login').fill('night@example.com');
  await dialog.getByLabel('Name').fill('Night shift');
  await dialog.getByRole('button', { name: 'Make operator' }).click();
  const password = await dialog.locator('[data-secret]').innerText();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await expect(operators.locator('[data-row="night@example.com"]')).toContainText('Night shift');

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(`${desk.origin}/operator/status`);
  await signInForm(other, 'night@example.com', password);
  await expect(other.getByRole('heading', { name: 'Status' })).toBeVisible();

  await operators.getByRole('button', { name: 'Remove Night shift' }).click();
  await page.getByRole('button', { name: 'Remove the operator' }).click();
  await expect(operators.locator('[data-row="night@example.com"]')).toHaveCount(0);
  await other.reload();
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await context.close();
});

test('accounts are found by name and state, and the address keeps the choice', async ({ signedIn: desk }) => {
  const { page } = desk;
  const asleep = (await desk.daemon.ok('POST', '/api/v1/accounts', { name: 'Sleepy Traders' })) as { id: string };
  await desk.daemon.ok('PATCH', `/api/v1/accounts/${asleep.id}`, { state: 'suspended' });
  await desk.open('/operator/accounts?state=suspended');
  const accounts = desk.section('Accounts');
  await expect(accounts.locator('[data-row]')).toHaveCount(1);
  await expect(accounts.locator('[data-row="Sleepy Traders"]')).toBeVisible();
  await page.getByRole('textbox', { name: 'Search accounts' }).fill('north');
  await expect(page.getByText('No account is like that')).toBeVisible();
  expect(page.url()).toContain('q=north');
  await page.getByRole('button', { name: 'Show all accounts' }).click();
  await expect(accounts.locator('[data-row="Northwind Payments"]')).toBeVisible();
});

test('keys without a restriction are told apart without a reading of their lists', async ({ signedIn: desk }) => {
  const { page } = desk;
  const read: string[] = [];
  page.on('request', (request) => read.push(new URL(request.url()).pathname));
  await desk.createKey('Open to all');
  await desk.createKey('Held to one', [{ text: '203.0.113.7', label: 'Office' }]);
  await desk.openAccount('');
  const open = desk.section('Keys without a restriction of their own');
  await expect(open).toContainText('Open to all');
  await expect(open).not.toContainText('Held to one');
  await expect(desk.section('Entries never used')).toContainText('of Held to one');
  await desk.openAccount('/keys?restriction=none');
  const keys = desk.section('Keys');
  await expect(keys.locator('[data-row]')).toHaveCount(1);
  await expect(keys.locator('[data-row="Open to all"]')).toContainText('Any IP');
  await desk.openAccount('/keys');
  await expect(keys.locator('[data-row="Held to one"]')).toContainText('1 entry');
  expect(read.filter((path) => /\/keys\/[^/]+\/allowlist/.test(path))).toEqual([]);
});

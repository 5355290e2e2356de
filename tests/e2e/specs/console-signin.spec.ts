// Getting in: password, second factor, recovery, invitation, a session that ends in the middle of an edit.
import { createHmac } from 'node:crypto';

import { expect, expectAccessible, signInForm, test } from '../lib/console.ts';

function bytesOfBase32(text: string): Buffer {
  const bits = [...text].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** RFC 6238 with SHA-1, six digits, 30 seconds; `later` steps from now. */
function codeOf(secret: string, later = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const digest = createHmac('sha1', bytesOfBase32(secret)).update(counter).digest();
  const at = digest[19]! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('the first operator signs in with the printed password, and a wrong one says nothing more than that', async ({ desk }) => {
  const { page } = desk;
  await desk.open('/operator/status');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signInForm(page, 'operator', 'not the password');
  await expect(page.getByRole('alert')).toBeVisible();
  await signInForm(page, 'operator', desk.password);
  await expect(page.getByRole('heading', { name: 'Status' })).toBeVisible();

  await page.getByRole('button', { name: /profile, appearance, sign out/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await desk.open('/operator/status');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a second factor is set up by QR code and then asked for; a recovery code stands in for it, once', async ({ signedIn: desk }) => {
  const { page } = desk;
  await desk.open('/profile');
  await page.getByRole('button', { name: 'Set up' }).click();
  const uri = (await page.getByRole('img', { name: /QR code/ }).getAttribute('data-otpauth'))!;
  const secret = new URL(uri).searchParams.get('secret')!;
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.getByRole('button', { name: 'Turn it on' }).click();
  const codes = page.locator('[data-recovery]');
  await expect(codes).toHaveCount(10);
  const recovery = await codes.first().innerText();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(desk.section('Second factor')).toContainText('10 recovery codes are left');

  const signInAgain = async () => {
    await page.context().clearCookies();
    await desk.open('/sign-in');
    await signInForm(page, 'operator', desk.password);
  };
  await signInAgain();
  await page.getByLabel('Code').fill(codeOf(secret, 1));
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();

  await signInAgain();
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(recovery);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
  await desk.open('/profile');
  await expect(desk.section('Second factor')).toContainText('9 recovery codes are left');

  await signInAgain();
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(recovery);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
});

test('an invited admin joins, fences a key, and sees nothing of the operator', async ({ signedIn: desk, browser }) => {
  const { page } = desk;
  await desk.openAccount('/settings');
  await page.getByRole('button', { name: 'Invite' }).first().click();
  await page.getByLabel('Login').fill('grace@example.com');
  await page.getByRole('button', { name: 'Make invitation' }).click();
  const link = await page.locator('[data-secret]').innerText();
  expect(link).toContain(`${desk.origin}/invitation#kfi_`);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(desk.section('Invitations under way')).toContainText('grace@example.com');

  const context = await browser.newContext();
  const invited = await context.newPage();
  await invited.goto(link);
  await expect(invited.getByRole('heading', { name: 'Join Northwind Payments' })).toBeVisible();
  await expectAccessible(invited);
  await invited.getByLabel('Your name').fill('Grace Hopper');
  await invited.getByLabel('Choose a password').fill('nanoseconds and wires');
  await invited.getByRole('button', { name: 'Join' }).click();
  await expect(invited.getByRole('link', { name: 'API keys' })).toBeVisible();
  await expect(invited.getByRole('link', { name: 'Global IP allowlist' })).toHaveCount(0);

  const key = await desk.createKey('Fenced by Grace');
  await invited.goto(`${desk.origin}/a/${desk.accountId}/keys/${key.id}`);
  await invited.getByLabel('Address or CIDR').fill('198.51.100.7');
  await invited.getByRole('button', { name: 'Add IP' }).click();
  await invited.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(invited.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  expect(await desk.status(key.secret, '198.51.100.8')).toBe(403);

  await invited.goto(link);
  await expect(invited.getByRole('heading', { name: 'This invitation does not work' })).toBeVisible();
  await context.close();
});

test('an edit survives a session that ended: sign in over the page, and it is saved', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Edited for long');
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByLabel('Address or CIDR').fill('198.51.100.0/24');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await expect(desk.entry('198.51.100.0/24')).toBeVisible();
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save', exact: true }).click();

  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('textbox', { name: 'Password' }).fill(desk.password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.9')).toBe(200);
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(403);
});

test('the daemon goes away under an open page and comes back: what was typed is kept', async ({ signedIn: desk }) => {
  const { page } = desk;
  const key = await desk.createKey('Patient');
  await desk.openAccount(`/keys/${key.id}`);
  await page.getByLabel('Address or CIDR').fill('198.51.100.7');
  await page.getByRole('button', { name: 'Add IP' }).click();
  await expect(desk.entry('198.51.100.7/32')).toBeVisible();
  await desk.daemon.stop('SIGKILL');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Keyfence does not answer; trying again')).toBeVisible();
  expect(await desk.status(key.secret, '203.0.113.9'), 'the gateway goes on').toBe(200);

  await desk.daemon.start();
  await expect(page.getByText('Keyfence does not answer; trying again')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/Enforced at revision/)).toBeVisible();
  expect(await desk.status(key.secret, '198.51.100.7')).toBe(200);
  expect(await desk.status(key.secret, '203.0.113.9')).toBe(403);
});

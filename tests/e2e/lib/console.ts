// The console in a real browser, before a daemon that serves it and an nginx that enforces what it says.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import type { Answer } from './client.ts';
import { Daemon } from './daemon.ts';
import { expect, proxied, test as base, type Gateway } from './fixtures.ts';

export { expect };

const isRoot = process.getuid?.() === 0;

/** The console under test is this checkout's, wherever the daemon was built. */
export const consoleDir = resolve(import.meta.dirname, '../../../console/dist');

/** Where requests of the browser come from, as the daemon is told by its trusted proxy. */
export const ownAddress = '203.0.113.77';

export interface CreatedKey {
  id: string;
  secret: string;
}

export class Desk {
  constructor(
    readonly page: Page,
    readonly daemon: Daemon,
    readonly gateway: Gateway,
    readonly password: string,
    readonly accountId: string,
  ) {}

  get origin(): string {
    return `http://127.0.0.1:${this.daemon.port}`;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.origin + path);
  }

  /** Opens a page of the account. */
  async openAccount(path: string): Promise<void> {
    await this.open(`/a/${this.accountId}${path}`);
  }

  async signIn(login = 'operator', password = this.password): Promise<void> {
    await this.open('/sign-in');
    await signInForm(this.page, login, password);
    await expect(this.page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
  }

  /** A request through the gateway with a key, from an address. */
  request(secret: string, from: string, path = '/v1/messages'): Promise<Answer> {
    return this.gateway.ask(path, { key: secret, headers: [['X-Forwarded-For', from]] });
  }

  /** What a request with this key from this address is answered with. */
  async status(secret: string, from: string): Promise<number> {
    return (await this.request(secret, from)).status;
  }

  /** A key made through the API. */
  async createKey(name: string, entries: { text: string; label?: string }[] = [], more: object = {}): Promise<CreatedKey> {
    const path = `/api/v1/accounts/${this.accountId}/keys`;
    const { key, secret } = await this.daemon.ok('POST', path, { name, allowlist: { entries, ...more } });
    return { id: key.id, secret };
  }

  toast(text: string | RegExp): Locator {
    return this.page.getByRole('alert').filter({ hasText: text });
  }

  /** The section of a page with this name. */
  section(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  /** An entry of the list in view, by its canonical text. */
  entry(canonical: string): Locator {
    return this.page.locator(`[data-entry="${canonical}"]`);
  }
}

export async function signInForm(page: Page, login: string, password: string): Promise<void> {
  await page.getByLabel('Login').fill(login);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Nothing that axe calls serious or worse, on what is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(told).toEqual([]);
}

export async function startDesk(
  page: Page,
  dir: string,
  start: (setup: Parameters<Parameters<Parameters<typeof base>[2]>[0]['start']>[0]) => Promise<Gateway>,
): Promise<Desk> {
  const home = join(dir, 'console');
  const passwordFile = join(home, 'first-password');
  const daemon = await Daemon.start({
    home,
    policyDir: join(dir, 'policy'),
    flags: [
      '--first-password-file', passwordFile,
      '--trusted-proxies', '127.0.0.1',
      '--console-dir', consoleDir,
      ...(isRoot ? ['--gateway-group', 'www-data'] : []),
    ],
  });
  const gateway = await start({
    server: `location / { keyfence on; keyfence_trusted_proxies 127.0.0.1; ${proxied} }`,
    policyDir: daemon.policyDir,
    image: null,
  });
  const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'Northwind Payments' });
  await page.setExtraHTTPHeaders({ 'X-Forwarded-For': ownAddress });
  return new Desk(page, daemon, gateway, readFileSync(passwordFile, 'utf8').trim(), account.id);
}

export const test = base.extend<{ desk: Desk; signedIn: Desk }>({
  desk: async ({ page, dir, start }, use, testInfo) => {
    testInfo.setTimeout(Math.max(testInfo.timeout, 120_000));
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (!['127.0.0.1', ''].includes(url.hostname)) errors.push(`a request to ${url.origin}`);
    });
    const desk = await startDesk(page, dir, start);
    await use(desk);
    await page.close();
    await desk.daemon.stop();
    expect(errors, 'the page threw, or asked a third party').toEqual([]);
  },
  signedIn: async ({ desk }, use) => {
    await desk.signIn();
    await use(desk);
  },
});

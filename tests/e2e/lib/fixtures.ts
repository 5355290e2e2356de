// What a test gets: a gateway with an upstream and a policy, all ended and checked afterwards.
import { mkdtempSync, rmSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test as base, expect } from '@playwright/test';

import { ask, type Answer, type Ask } from './client.ts';
import { freePort } from './net.ts';
import { Nginx, type LogLine, type NginxConfig } from './nginx.ts';
import { PolicyImage, type Policy } from './policy.ts';
import { Upstream } from './upstream.ts';

export { expect };

export interface GatewaySetup extends Omit<NginxConfig, 'http'> {
  /** Inside the http block, before the server. */
  http?: string;
  /** Inside the server block that listens on the gateway's port. */
  server: string;
  /** After the port of that block's listen directive, such as "proxy_protocol". */
  listen?: string;
  /** undefined: a policy with one key, see goodKey. null: none yet. */
  image?: Policy | null;
}

export const goodKey = 'good-key-0123456789';
export const otherKey = 'other-key-0123456789';
/** Account 1 with two keys without lists; the good one has the scope messages:read. */
export const simplePolicy: Policy = {
  accounts: [{ id: 1 }],
  keys: [
    { id: 11, account: 1, secret: goodKey, scopes: ['messages:read'] },
    { id: 12, account: 1, secret: otherKey },
  ],
};

/** A location that hands everything to the upstream, as operators write it. */
export const proxied = `proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";`;

export class Gateway {
  constructor(
    readonly nginx: Nginx,
    readonly port: number,
    readonly upstream: Upstream,
    readonly policyDir: string,
    private readonly openImage: () => PolicyImage,
    private readonly httpText: (setup: GatewaySetup) => string,
    private readonly setup: GatewaySetup,
  ) {}

  private standing: PolicyImage | undefined;

  /** The writer of the gateway's policy, opened when first used. */
  get image(): PolicyImage {
    this.standing ??= this.openImage();
    return this.standing;
  }

  async closeImage(): Promise<void> {
    await this.standing?.close();
    this.standing = undefined;
  }

  ask(path: string, options: Ask = {}): Promise<Answer> {
    return ask(this.port, path, options);
  }

  logged(answer: Answer): Promise<LogLine> {
    return this.nginx.logged(answer.requestId);
  }

  /** Writes the configuration anew with these differences; nginx.reload() makes it count. */
  rewrite(differences: Partial<GatewaySetup>): void {
    const setup = { ...this.setup, ...differences };
    this.nginx.write({ ...setup, policyDir: this.policyDir, http: this.httpText(setup) });
  }
}

export interface Fixtures {
  /** A directory of the test's own that nginx's workers may enter. */
  dir: string;
  upstream: Upstream;
  /** Writes the configuration, publishes the policy, and starts nginx. */
  start: (setup: GatewaySetup) => Promise<Gateway>;
  /** nginx -t on a configuration. */
  check: (http: string, differences?: Partial<NginxConfig>) => { ok: boolean; messages: string };
}

export const test = base.extend<Fixtures>({
  dir: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'keyfence-e2e-'));
    chmodSync(dir, 0o755);
    await use(dir);
    rmSync(dir, { recursive: true, force: true });
  },

  upstream: async ({}, use) => {
    const upstream = await Upstream.start();
    await use(upstream);
    await upstream.stop();
  },

  start: async ({ dir, upstream }, use) => {
    const gateways: Gateway[] = [];
    await use(async (setup) => {
      const home = join(dir, `gateway-${gateways.length}`);
      mkdirSync(home, { recursive: true });
      const port = await freePort();
      const policyDir = setup.policyDir ?? join(home, 'policy');
      const httpText = ({ http, listen, server }: GatewaySetup) => `
  upstream api { server 127.0.0.1:${upstream.port}; keepalive 16; }
  ${http ?? ''}
  server {
    listen 127.0.0.1:${port} ${listen ?? ''};
    server_name gateway.test;
    ${server}
  }`;
      const nginx = new Nginx(home, { ...setup, policyDir, http: httpText(setup) });
      const openImage = () => PolicyImage.open(policyDir);
      const gateway = new Gateway(nginx, port, upstream, policyDir, openImage, httpText, setup);
      gateways.push(gateway);
      if (setup.image !== null) await gateway.image.build(setup.image ?? simplePolicy);
      await nginx.start(port);
      return gateway;
    });
    const complaints: string[] = [];
    for (const gateway of gateways) {
      complaints.push(...(await gateway.nginx.stop()));
      await gateway.closeImage();
    }
    expect(complaints, 'nginx complained').toEqual([]);
  },

  check: async ({ dir }, use) => {
    await use((http, differences = {}) => new Nginx(join(dir, 'check'), { http, ...differences }).check());
  },
});

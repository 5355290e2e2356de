// What a fault test gets: daemons in directories of its own, ended afterwards.
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { Daemon, type DaemonSetup } from '../../e2e/lib/daemon.ts';
import { expect, test as base } from '../../e2e/lib/fixtures.ts';

export { expect };

export interface FaultFixtures {
  /** A daemon of the test's own, not started yet; directories are below `dir` unless named. */
  prepare: (setup?: Partial<DaemonSetup>) => Promise<Daemon>;
  /** The same, started. */
  serve: (setup?: Partial<DaemonSetup>) => Promise<Daemon>;
}

export const test = base.extend<FaultFixtures>({
  prepare: async ({ dir }, use) => {
    const daemons: Daemon[] = [];
    const policyDirs: string[] = [];
    await use(async (setup = {}) => {
      const home = setup.home ?? join(dir, `daemon-${daemons.length}`);
      // In shared memory, where it belongs.
      const policyDir = setup.policyDir ?? `/dev/shm/keyfence-fault-${process.pid}-${Date.now()}-${daemons.length}`;
      if (!setup.policyDir) policyDirs.push(policyDir);
      const daemon = await Daemon.prepare({ ...setup, home, policyDir });
      daemons.push(daemon);
      return daemon;
    });
    for (const daemon of daemons) await daemon.stop('SIGKILL');
    for (const policyDir of policyDirs) rmSync(policyDir, { recursive: true, force: true });
  },

  serve: async ({ prepare }, use) => {
    await use(async (setup) => {
      const daemon = await prepare(setup);
      await daemon.start();
      return daemon;
    });
  },
});

/** An account with one key, whose list holds the given texts. */
export async function makeKey(
  daemon: Daemon,
  entries: string[],
): Promise<{ account: string; key: string; secret: string }> {
  const { id: account } = await daemon.ok('POST', '/api/v1/accounts', { name: `account ${Math.random()}` });
  const { key, secret } = await daemon.ok('POST', `/api/v1/accounts/${account}/keys`, {
    name: 'a key',
    allowlist: { entries: entries.map((text) => ({ text })) },
  });
  return { account, key: key.id, secret };
}

/** The reason that the API gives for a request with this key from this address. */
export async function reasonFor(daemon: Daemon, key: string, address: string): Promise<string> {
  return (await daemon.ok('POST', '/api/v1/decisions', { key_id: key, address })).reason;
}

/** Every entry of a list, page by page. */
export async function entriesOf(daemon: Daemon, list: string): Promise<{ id: string; canonical: string }[]> {
  const all: { id: string; canonical: string }[] = [];
  let after: string | null = '';
  while (after !== null) {
    const page: { entries: typeof all; next: string | null } = await daemon.ok(
      'GET',
      `/api/v1/${list}?limit=1000${after ? `&after=${after}` : ''}`,
    );
    all.push(...page.entries);
    after = page.next;
  }
  return all;
}

/** The revision that the store stands at, and the image's. */
export async function revisions(daemon: Daemon): Promise<{ store: number; image: number }> {
  const { store_revision, image } = await daemon.ok('GET', '/api/v1/status');
  return { store: store_revision, image: image.revision };
}

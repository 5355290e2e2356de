// The promise that all else rests on: when the admin API has answered a change, no request that arrives afterwards is
// decided by the old policy, in any worker; and the daemon may die at any moment.
import http from 'node:http';

import type { Answer } from '../lib/client.ts';
import { Daemon } from '../lib/daemon.ts';
import { expect, proxied, test, type Gateway } from '../lib/fixtures.ts';

const changesMin = 1_000;
const deaths = 8;
const workerCount = 4;

const open = '127.0.0.0/16';
const closed = '198.51.100.0/24';

/** One keepalive connection into every worker, kept for the whole test. */
async function connectionToEachWorker(gateway: Gateway): Promise<http.Agent[]> {
  const byWorker = new Map<string, http.Agent>();
  const spare: http.Agent[] = [];
  for (let tries = 0; byWorker.size < workerCount && tries < 2_000; ++tries) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const worker = (await gateway.ask('/who', { agent })).lines('x-worker')[0]!;
    if (byWorker.has(worker)) spare.push(agent);
    else byWorker.set(worker, agent);
    // A worker that holds many connections leaves the next ones to the others.
    if (spare.length > 64) spare.shift()!.destroy();
  }
  for (const agent of spare) agent.destroy();
  return [...byWorker.values()];
}

/** The policy of the one key that is asked for, as three lists and a state that changes flip one at a time. */
class Flipped {
  readonly isOpen = { global: true, account: true, key: true, active: true };

  constructor(
    private readonly daemon: Daemon,
    private readonly account: string,
    private readonly key: string,
  ) {}

  get allowed(): boolean {
    return Object.values(this.isOpen).every((each) => each);
  }

  private path(what: 'global' | 'account' | 'key'): string {
    if (what === 'global') return '/api/v1/allowlist';
    return what === 'account' ? `/api/v1/accounts/${this.account}/allowlist` : `/api/v1/keys/${this.key}/allowlist`;
  }

  /** Flips it; the revision that the API answers. */
  async flip(what: keyof Flipped['isOpen']): Promise<number> {
    const opens = !this.isOpen[what];
    const answer =
      what === 'active'
        ? await this.daemon.ok('PATCH', `/api/v1/keys/${this.key}`, { state: opens ? 'active' : 'disabled' })
        : await this.daemon.ok('PUT', this.path(what), { entries: [{ text: opens ? open : closed }] });
    this.isOpen[what] = opens;
    return Number(answer.revision);
  }

  /** What the store says, which must be what was answered but for a change that was under way. */
  async stored(): Promise<Flipped['isOpen']> {
    const list = async (what: 'global' | 'account' | 'key') => {
      const { entries } = await this.daemon.ok('GET', this.path(what));
      expect(entries).toHaveLength(1);
      return entries[0].text === open;
    };
    const key = await this.daemon.ok('GET', `/api/v1/keys/${this.key}`);
    return {
      global: await list('global'),
      account: await list('account'),
      key: await list('key'),
      active: key.state === 'active',
    };
  }
}

/** Asks with a good and a bad key, beside the changes, until it is stopped. */
function sideTraffic(gateway: Gateway, secret: string): { count: () => number; stop: () => Promise<string[]> } {
  const wrong: string[] = [];
  let going = true;
  let count = 0;
  const lane = async (good: boolean) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (going) {
      const answer = await gateway.ask('/x', { agent, ...(good ? { headers: [['X-Keyfence-Key', 'x']], key: secret } : {}) });
      if (!good && answer.status !== 401) wrong.push(`without a key: ${answer.status}`);
      // The global list may be closed just now.
      if (good && answer.status !== 200 && answer.status !== 403) wrong.push(`with a key: ${answer.status}`);
      ++count;
    }
    agent.destroy();
  };
  const running = Promise.all([lane(true), lane(false), lane(true)]);
  return {
    count: () => count,
    stop: async () => {
      going = false;
      await running;
      return wrong;
    },
  };
}

test('no request is decided by the policy before an answered change, though the daemon dies', async ({ start, dir }) => {
  test.setTimeout(1_200_000);
  const isRoot = process.getuid?.() === 0;
  const daemon = await Daemon.start({
    home: `${dir}/daemon`,
    policyDir: `${dir}/policy`,
    flags: isRoot ? ['--gateway-group', 'www-data'] : [],
  });
  try {
    const { id: account } = await daemon
      .ok('POST', '/api/v1/accounts', { name: 'freshness' })
      .then((answer) => answer.account ?? answer);
    const create = (name: string) => daemon.ok('POST', `/api/v1/accounts/${account}/keys`, { name });
    const flippedKey = await create('flipped');
    const sideKey = await create('beside');
    const flipped = new Flipped(daemon, account, flippedKey.key.id);
    for (const path of ['/api/v1/allowlist', `/api/v1/accounts/${account}/allowlist`, `/api/v1/keys/${flippedKey.key.id}/allowlist`]) {
      await daemon.ok('PUT', path, { entries: [{ text: open }] });
    }

    const gateway = await start({
      server: `
        keepalive_requests 1000000; keepalive_timeout 600s;
        add_header X-Worker $pid always; add_header X-Revision $keyfence_revision always;
        location /who { return 204; }
        location / { keyfence on; ${proxied} }`,
      workers: workerCount,
      policyDir: daemon.policyDir,
      image: null,
    });
    const agents = await connectionToEachWorker(gateway);
    expect(agents).toHaveLength(workerCount);
    const askAll = (): Promise<Answer[]> =>
      Promise.all(agents.map((agent) => gateway.ask('/x', { agent, key: flippedKey.secret })));

    const side = sideTraffic(gateway, sideKey.secret);
    const kinds = ['key', 'key', 'account', 'key', 'global', 'key', 'active', 'key'] as const;
    let answered = 0;
    let asked = 0;
    let revision = 0;
    const stale: string[] = [];
    const expectFresh = async (when: string) => {
      for (const answer of await askAll()) {
        ++asked;
        const is = answer.status === 200;
        const behind = Number(answer.lines('x-revision')[0]) < revision;
        if (is !== flipped.allowed || behind) {
          stale.push(`${when}: ${answer.status} at revision ${answer.lines('x-revision')[0]}, expected ${flipped.allowed} at ${revision}`);
        }
      }
    };

    for (let death = 0; death <= deaths; ++death) {
      const until = Math.ceil((changesMin * (death + 1)) / (deaths + 1));
      while (answered < until) {
        const now = await flipped.flip(kinds[answered % kinds.length]!);
        expect(now).toBeGreaterThan(revision);
        revision = now;
        ++answered;
        await expectFresh(`change ${answered}`);
      }
      if (death === deaths) break;

      // Killed amid a change: before, while or after it is committed; each time a little later.
      const before = { ...flipped.isOpen };
      const kind = kinds[death % kinds.length]!;
      const underWay = flipped.flip(kind).then(
        (now) => now,
        () => undefined,
      );
      await new Promise((resolve) => setTimeout(resolve, death / 2));
      await daemon.stop('SIGKILL');
      const acknowledged = await underWay;
      if (acknowledged !== undefined) revision = acknowledged;

      // Nobody is there, and traffic goes on by the last policy, the same in every worker.
      const without = await askAll();
      expect(new Set(without.map((answer) => answer.status)).size).toBe(1);
      expect([200, 401, 403]).toContain(without[0]!.status);
      for (const answer of without) expect(Number(answer.lines('x-revision')[0])).toBeGreaterThanOrEqual(revision);

      await daemon.start();
      const stored = await flipped.stored();
      const after = { ...before, [kind]: !before[kind] };
      if (acknowledged === undefined) expect([before, after]).toContainEqual(stored);
      else expect(stored).toEqual(after);
      Object.assign(flipped.isOpen, stored);
      await expectFresh(`after death ${death + 1}`);
    }

    expect(await side.stop()).toEqual([]);
    expect(stale).toEqual([]);
    expect(answered).toBeGreaterThanOrEqual(changesMin);
    expect(asked).toBeGreaterThanOrEqual(changesMin * workerCount);
    expect(side.count()).toBeGreaterThan(1_000);
    const status = await daemon.ok('GET', '/api/v1/status');
    expect(status.image.revision).toBe(status.store_revision);
    expect(await flipped.stored()).toEqual(flipped.isOpen);
    for (const agent of agents) agent.destroy();
  } finally {
    await daemon.stop();
  }
});

// The usage log while things die and disks fill: every answered request is in it once, or counted as dropped.
import { readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Daemon } from '../../e2e/lib/daemon.ts';
import { proxied, type Gateway } from '../../e2e/lib/fixtures.ts';
import { eventually } from '../../e2e/lib/net.ts';
import { expect, makeKey, test } from '../lib/fixtures.ts';
import { limitedSpace } from '../lib/space.ts';

const lanes = 6;
const flags = process.getuid?.() === 0 ? ['--gateway-group', 'www-data'] : [];

/** Requests over kept connections until stopped; the ids of the answers that came. */
function load(gateway: Gateway, secret: string): { answered: string[]; stop: () => Promise<string[]> } {
  const answered: string[] = [];
  let going = true;
  const lane = async () => {
    const connect = () => new http.Agent({ keepAlive: true, maxSockets: 1 });
    let agent = connect();
    while (going) {
      try {
        answered.push((await gateway.ask('/x', { agent, key: secret })).requestId);
      } catch {
        agent.destroy(); // its worker died
        agent = connect();
      }
    }
    agent.destroy();
  };
  const running = Promise.all(Array.from({ length: lanes }, lane));
  return {
    answered,
    stop: async () => {
      going = false;
      await running;
      return answered;
    },
  };
}

/** The request ids of the whole log, page by page. */
async function storedIds(daemon: Daemon): Promise<string[]> {
  const ids: string[] = [];
  for (let before = ''; ; ) {
    const page: { items: { request_id: string }[]; next: string | null } = await daemon.ok(
      'GET',
      `/api/v1/usage?limit=1000${before}`,
    );
    ids.push(...page.items.map((item) => item.request_id));
    if (page.next === null) return ids;
    before = `&before=${page.next}`;
  }
}

const usage = async (daemon: Daemon) => (await daemon.ok('GET', '/api/v1/status')).usage;
const drained = (daemon: Daemon) =>
  eventually('the spool is drained', async () => (await usage(daemon)).backlog_bytes === 0);

/** The millisecond with which a request id begins. */
const arrivedAt = (id: string) => Number.parseInt(id.slice(0, 12), 16);

test('daemon and workers are killed at random moments under load: nothing is lost or doubled', async ({ serve, start }) => {
  test.setTimeout(300_000);
  const daemon = await serve({ flags });
  const { secret } = await makeKey(daemon, ['127.0.0.1']);
  const gateway = await start({
    server: `location / { keyfence on; ${proxied} }`,
    workers: 2,
    policyDir: daemon.policyDir,
    image: null,
  });
  gateway.nginx.expected.push(/exited on signal 9/);
  const traffic = load(gateway, secret);
  const deaths: number[] = [];
  for (let round = 0; round < 12; ++round) {
    await sleep(Math.random() * 400);
    if (round % 2 === 0) {
      const workers = gateway.nginx.workers();
      const victim = workers[Math.floor(Math.random() * workers.length)];
      if (victim !== undefined) {
        deaths.push(Date.now());
        process.kill(victim, 'SIGKILL');
      }
    } else {
      await daemon.stop('SIGKILL');
      await sleep(Math.random() * 300);
      await daemon.start();
    }
  }
  const answered = await traffic.stop();
  expect(answered.length).toBeGreaterThan(500);
  expect(new Set(answered).size).toBe(answered.length);
  await drained(daemon);
  const stored = await storedIds(daemon);
  expect(new Set(stored).size, 'no record is there twice').toBe(stored.length);
  const { dropped, damaged } = await usage(daemon);
  expect([dropped, damaged]).toEqual([0, 0]);

  // A worker that dies takes with it what it had in hand: a request that it had answered and not yet logged, or logged
  // and whose answer never arrived. Of each death that is at most one for each connection, and of that moment.
  const known = new Set(stored);
  const came = new Set(answered);
  const odd = [...answered.filter((id) => !known.has(id)), ...stored.filter((id) => !came.has(id))];
  for (const id of odd) {
    expect(deaths.some((at) => Math.abs(arrivedAt(id) - at) < 1_000), `${id} has to do with no death`).toBe(true);
  }
  expect(odd.length).toBeLessThanOrEqual(deaths.length * lanes);
});

test('a spool that is full drops, and what is answered is what is stored and what is counted', async ({ serve, start }) => {
  test.setTimeout(240_000);
  const daemon = await serve({ flags });
  const { secret } = await makeKey(daemon, ['127.0.0.1']);
  const gateway = await start({
    http: 'keyfence_spool_bytes_max 3m;',
    server: `location / { keyfence on; ${proxied} }`,
    workers: 2,
    policyDir: daemon.policyDir,
    image: null,
  });
  await daemon.stop('SIGKILL');
  const traffic = load(gateway, secret);
  const full = () => /the usage log cannot take requests/.test(gateway.nginx.errors());
  await eventually('the spool is full', full);
  await sleep(300);
  await daemon.start();
  await sleep(1_000); // there is room again
  const answered = await traffic.stop();
  await gateway.nginx.reload(); // the old workers end: their segments are sealed
  await drained(daemon);
  await eventually('what was dropped is counted', async () => {
    return (await usage(daemon)).dropped + (await storedIds(daemon)).length >= answered.length;
  });
  const { dropped } = await usage(daemon);
  const stored = await storedIds(daemon);
  expect(dropped).toBeGreaterThan(0);
  expect(stored.length + dropped).toBe(answered.length);
  expect(new Set([...stored, ...answered]).size).toBe(answered.length);
  // Shown and said.
  const { body } = await daemon.call('GET', '/metrics');
  expect(body).toMatch(new RegExp(`^keyfence_usage_dropped_total ${dropped}$`, 'm'));
  await eventually('the daemon says so', () => /warning \d+ records of the usage log were dropped/.test(daemon.log()));
});

test('a disk that fills in the middle of the log holds nothing up, and loses nothing', async ({ dir, serve, start }) => {
  test.setTimeout(240_000);
  const disk = join(dir, 'disk');
  const space = limitedSpace(disk, 48);
  try {
    const daemon = await serve({ flags, dataDir: join(disk, 'data') });
    const { secret } = await makeKey(daemon, ['127.0.0.1']);
    const gateway = await start({
      server: `location / { keyfence on; ${proxied} }`,
      workers: 1,
      policyDir: daemon.policyDir,
      image: null,
    });
    const traffic = load(gateway, secret);
    await eventually('some are stored', async () => (await usage(daemon)).stored > 100);
    space.exhaust(daemon);
    await eventually('the log waits', async () => (await usage(daemon)).failure !== null);
    const before = traffic.answered.length;
    await eventually('requests go on', () => traffic.answered.length > before + 200);
    space.release(daemon);
    const answered = await traffic.stop();
    await eventually('the log goes on', async () => (await usage(daemon)).failure === null);
    await drained(daemon);
    expect((await storedIds(daemon)).sort()).toEqual(answered.sort());
    expect(daemon.log()).toMatch(/warning the usage log waits in the spool: no space left/);
    expect(daemon.log()).toMatch(/the usage log is stored again/);
    await daemon.stop();
  } finally {
    space.remove();
  }
});

test('a log that is damaged is set aside and said, and the daemon starts', async ({ serve, start }) => {
  const daemon = await serve({ flags });
  const { secret } = await makeKey(daemon, ['127.0.0.1']);
  const gateway = await start({
    server: `location / { keyfence on; ${proxied} }`,
    policyDir: daemon.policyDir,
    image: null,
  });
  await gateway.ask('/x', { key: secret });
  await eventually('it is stored', async () => (await storedIds(daemon)).length === 1);
  await daemon.stop();
  const files = readdirSync(join(daemon.dataDir, 'usage')).filter((name) => name.endsWith('.db'));
  expect(files.length).toBe(2); // a day, and what outlives the days
  for (const file of files) writeFileSync(join(daemon.dataDir, 'usage', file), 'not a database at all '.repeat(1000));
  await daemon.start();
  expect((await usage(daemon)).files_set_aside.length).toBe(2);
  await eventually('it is said', () => (daemon.log().match(/is damaged and set aside/g) ?? []).length === 2);
  await gateway.ask('/y', { key: secret });
  // What still stands in the spool is stored again.
  await eventually('the log goes on', async () => (await storedIds(daemon)).length === 2);
});

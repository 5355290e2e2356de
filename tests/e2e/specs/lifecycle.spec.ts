// Workers and masters come and go; the policy appears, moves on and disappears.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Answer } from '../lib/client.ts';
import { expect, goodKey, otherKey, proxied, simplePolicy, test, type Gateway } from '../lib/fixtures.ts';
import { eventually } from '../lib/net.ts';
import { moduleFile } from '../lib/paths.ts';

const server = `add_header X-Worker $pid always; location / { keyfence on; ${proxied} }`;

/** Asks with and without a key until stopped; every answer must be what the policy says. */
function traffic(gateway: Gateway, lanes = 4): { count: () => number; stop: () => Promise<string[]> } {
  const wrong: string[] = [];
  let going = true;
  let count = 0;
  const lane = async (i: number) => {
    while (going) {
      const good = (count + i) % 2 === 0;
      try {
        const answer: Answer = await gateway.ask('/x', good ? { key: goodKey } : {});
        if (answer.status !== (good ? 200 : 401)) wrong.push(`${good}: ${answer.status} ${answer.body}`);
      } catch (error) {
        wrong.push(String(error));
      }
      ++count;
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, (_, i) => lane(i)));
  return {
    count: () => count,
    stop: async () => {
      going = false;
      await running;
      return wrong;
    },
  };
}

const moreTraffic = (flow: { count: () => number }) => {
  const before = flow.count();
  return eventually('more requests', () => flow.count() > before + 50);
};

test('reload under traffic: not one request is decided otherwise', async ({ start }) => {
  const gateway = await start({ server, workers: 2 });
  const flow = traffic(gateway);
  for (let i = 0; i < 5; ++i) {
    await moreTraffic(flow);
    await gateway.nginx.reload();
  }
  await moreTraffic(flow);
  expect(await flow.stop()).toEqual([]);
});

test('a reload can turn the fence off and on, and move the policy', async ({ start }) => {
  const gateway = await start({ server });
  expect((await gateway.ask('/x')).status).toBe(401);
  gateway.rewrite({ server: `location / { ${proxied} }` });
  await gateway.nginx.reload();
  expect((await gateway.ask('/x')).status).toBe(200);
  gateway.rewrite({ server, policy: false, http: `keyfence_policy ${gateway.policyDir}-elsewhere;` });
  await gateway.nginx.reload();
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(503);
  gateway.rewrite({});
  await gateway.nginx.reload();
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
});

test('a configuration that is refused at reload leaves the fence as it was', async ({ start }) => {
  const gateway = await start({ server });
  const [worker] = gateway.nginx.workers();
  gateway.rewrite({ server: `satisfy any; ${server}` });
  gateway.nginx.expected.push(/\[emerg\].*satisfy any/);
  gateway.nginx.signal('SIGHUP');
  await eventually('the refusal is logged', () => gateway.nginx.errors().includes('"satisfy any" cannot stand'));
  expect(gateway.nginx.workers()).toEqual([worker]);
  expect((await gateway.ask('/x')).status).toBe(401);
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
});

test('a new version of the module under a name of its own is taken by a reload', async ({ start, dir }) => {
  const gateway = await start({ server, workers: 2 });
  const flow = traffic(gateway);
  await moreTraffic(flow);
  const next = join(dir, 'ngx_http_keyfence_module-9.9.9.so');
  copyFileSync(moduleFile(), next);
  gateway.rewrite({ module: next });
  await gateway.nginx.reload();
  await moreTraffic(flow);
  expect(await flow.stop()).toEqual([]);
});

test('binary upgrade (USR2): old and new master decide alike, and the new one goes on alone', async ({ start }) => {
  const gateway = await start({ server, workers: 2, daemon: true });
  const flow = traffic(gateway);
  await moreTraffic(flow);
  await gateway.nginx.upgrade();
  await moreTraffic(flow);
  expect(await flow.stop()).toEqual([]);
  await gateway.image.putKey({ id: 11, account: 1, secret: goodKey, state: 'revoked' });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(401);
});

test('a worker that is killed is followed by one that decides', async ({ start }) => {
  const gateway = await start({ server, workers: 1 });
  for (let i = 0; i < 3; ++i) {
    const [worker] = gateway.nginx.workers();
    gateway.nginx.expected.push(new RegExp(`\\[alert\\].*worker process ${worker} exited on signal 9`));
    gateway.nginx.signal('SIGKILL', worker!);
    await eventually('another worker', () => {
      const now = gateway.nginx.workers();
      return now.length === 1 && now[0] !== worker;
    });
    expect((await gateway.ask('/x')).status).toBe(401);
    expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  }
});

test('without any policy 503; once there is one, it decides @core', async ({ start, upstream }) => {
  const gateway = await start({ server, image: null });
  expect(existsSync(gateway.policyDir)).toBe(false);
  for (let i = 0; i < 3; ++i) {
    const answer = await gateway.ask('/x', { key: goodKey });
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ error: { code: 'POLICY_UNAVAILABLE' } });
    expect((await gateway.logged(answer)).reason).toBe('no_policy');
  }
  expect(upstream.count).toBe(0);
  await gateway.image.build(simplePolicy);
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  expect((await gateway.ask('/x')).status).toBe(401);
});

test('a change counts at the very next request, in every worker @core', async ({ start }) => {
  const gateway = await start({ server, workers: 4 });
  const workers = new Set<string>();
  for (let i = 0; i < 50; ++i) {
    const open = i % 2 === 0;
    await gateway.image.putKey({
      id: 11, account: 1, secret: goodKey, allowlist: { entries: [open ? '127.0.0.0/8' : '198.51.100.0/24'] },
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.ask('/x', { key: goodKey })));
    for (const answer of answers) {
      expect(answer.status, `change ${i}`).toBe(open ? 200 : 403);
      workers.add(answer.lines('x-worker')[0]!);
    }
  }
  if (gateway.nginx.workersIfAny().length > 0) expect(workers.size).toBeGreaterThan(1);
});

test('a whole new generation under traffic: nobody is decided by half of it', async ({ start }) => {
  const gateway = await start({ server, workers: 2 });
  const flow = traffic(gateway);
  const first = await gateway.image.build(simplePolicy);
  let last = first;
  for (let i = 0; i < 20; ++i) {
    const keys = Array.from({ length: 200 }, (_, n) => ({ id: 1000 + n, account: 1, secret: `filler-${i}-${n}` }));
    last = await gateway.image.build({ ...simplePolicy, keys: [...simplePolicy.keys!, ...keys] });
    expect((await gateway.ask('/x', { key: `filler-${i}-7` })).status).toBe(200);
    if (i > 0) expect((await gateway.ask('/x', { key: `filler-${i - 1}-7` })).status).toBe(401);
  }
  expect(last).toBe(first + 20);
  await moreTraffic(flow);
  expect(await flow.stop()).toEqual([]);
});

test('an entry that expires between two requests refuses the second, with no daemon there', async ({ start }) => {
  const gateway = await start({ server });
  const expires_at = Math.floor(Date.now() / 1000) + 3;
  await gateway.image.putKey({
    id: 12, account: 1, secret: otherKey, allowlist: { entries: [{ range: '127.0.0.0/8', expires_at }] },
  });
  await gateway.closeImage();
  expect((await gateway.ask('/x', { key: otherKey })).status).toBe(200);
  await sleep(expires_at * 1000 - Date.now() + 20);
  await eventually('the entry has expired', async () => (await gateway.ask('/x', { key: otherKey })).status === 403);
});

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Daemon } from '../../e2e/lib/daemon.ts';
import { eventually } from '../../e2e/lib/net.ts';
import { entriesOf, expect, makeKey, reasonFor, revisions, test } from '../lib/fixtures.ts';
import { canMount, limitedSpace } from '../lib/space.ts';

/** Adds entries to an account's list until one is refused; what was acknowledged, and the refusal. */
async function addUntilRefused(daemon: Daemon, account: string, triesMax: number) {
  const acknowledged: string[] = [];
  for (let i = 0; i < triesMax; ++i) {
    const text = `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::/64`;
    const answer = await daemon.call('POST', `/api/v1/accounts/${account}/allowlist/entries`, {
      text,
      label: 'x'.repeat(100),
    });
    if (answer.status !== 201) return { acknowledged, refusal: answer };
    acknowledged.push(answer.body.entry.canonical);
  }
  throw new Error(`nothing was refused in ${triesMax} changes`);
}

test('a full data disk refuses changes, loses nothing acknowledged, and takes changes again when there is room', async ({
  dir,
  serve,
}) => {
  const home = join(dir, 'daemon');
  mkdirSync(home);
  const dataDir = join(home, 'data');
  const space = limitedSpace(dataDir, 16);
  try {
    const daemon = await serve({ home, dataDir });
    const { account, key } = await makeKey(daemon, ['203.0.113.0/24']);
    await daemon.ok('POST', `/api/v1/accounts/${account}/allowlist/entries`, { text: '203.0.113.0/24' });

    space.exhaust(daemon);
    const { acknowledged, refusal } = await addUntilRefused(daemon, account, 900);
    expect(refusal.status).toBe(503);
    expect(refusal.body).toMatchObject({ status: 503, code: 'store_full' });
    expect(refusal.headers.get('content-type')).toBe('application/problem+json');

    // Nothing of the refused change stands, everything acknowledged does, and decisions go on.
    const expected = ['203.0.113.0/24', ...acknowledged].sort();
    const standing = async () =>
      (await entriesOf(daemon, `accounts/${account}/allowlist`)).map(({ canonical }) => canonical).sort();
    expect(await standing()).toEqual(expected);
    expect(await reasonFor(daemon, key, '203.0.113.9')).toBe('allowed');
    expect(await reasonFor(daemon, key, '198.51.100.1')).toBe('address_denied_account');
    const full = await revisions(daemon);
    expect(full.image).toBe(full.store);

    space.release(daemon);
    await daemon.ok('POST', `/api/v1/accounts/${account}/allowlist/entries`, { text: '198.51.100.0/24' });
    await daemon.stop('SIGKILL');
    await daemon.start();
    expect(await standing()).toEqual([...expected, '198.51.100.0/24'].sort());
    expect(await reasonFor(daemon, key, '198.51.100.1')).toBe('address_denied_key');
    await daemon.stop();
  } finally {
    space.remove();
  }
});

test('a daemon that starts on a full disk says so and ends', async ({ dir, prepare }) => {
  const dataDir = join(dir, 'data');
  const space = limitedSpace(dataDir, 8);
  try {
    const daemon = await prepare({ dataDir, wrapper: space.exhaustForStart() });
    const { code, log } = await daemon.startAndFail();
    expect(code).not.toBe(0);
    expect(log).toMatch(/no space|full|too large/i);
    expect(log).toContain(dataDir);
  } finally {
    space.remove();
  }
});

test('a daemon that has no room for the policy image says so and ends, and starts when there is', async ({ prepare, dir }) => {
  const policyDir = `/dev/shm/keyfence-fault-no-room-${process.pid}`;
  const setup = { home: join(dir, 'daemon'), dataDir: join(dir, 'data'), policyDir };
  const first = await prepare(setup);
  await first.start();
  const { key } = await makeKey(first, ['203.0.113.0/24']);
  await first.stop();
  rmSync(policyDir, { recursive: true });

  // Room for the store, not for an image.
  const limited = await prepare({ ...setup, wrapper: ['prlimit', '--fsize=2097152:unlimited'] });
  const { code, log } = await limited.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toContain(policyDir);

  await first.start();
  expect(await reasonFor(first, key, '203.0.113.9')).toBe('allowed');
  await first.stop();
  rmSync(policyDir, { recursive: true });
});

// What fills under a running daemon takes a file system of its own, and that takes root. For others the test above is
// what a full policy directory does.
const testWithMount = canMount ? test : () => {};
testWithMount('a full policy directory: what is acknowledged is enforced, what is not says whether it is stored, and nothing is let in', async ({
  dir,
  serve,
}) => {
  const home = join(dir, 'daemon');
  mkdirSync(home);
  const policyDir = join(home, 'policy');
  const space = limitedSpace(policyDir, 24);
  try {
    const daemon = await serve({ home, policyDir });
    const { key } = await makeKey(daemon, ['203.0.113.0/24']);
    await daemon.ok('POST', '/api/v1/allowlist/entries', { text: '192.0.2.1' });
    space.exhaust(daemon);

    // Each of these needs megabytes of image. The first line of each tells whether it is enforced.
    const importOf = (i: number) =>
      [`203.0.113.${i}`, ...Array.from({ length: 30_000 }, (_, k) => `2001:db8:${i}:${k.toString(16)}::/80`)].join('\n');
    const enforced = async (i: number) => (await reasonFor(daemon, key, `203.0.113.${i}`)) === 'allowed';
    const outcomes: string[] = [];
    while (outcomes.length < 12 && outcomes.at(-1) !== 'policy_not_publishable') {
      const i = outcomes.length;
      const { status, body } = await daemon.call('POST', '/api/v1/allowlist/import', importOf(i));
      outcomes.push(status === 200 ? 'acknowledged' : body.code);
      expect([i, outcomes.at(-1), await enforced(i)]).toEqual([i, outcomes.at(-1), status === 200]);
      if (status !== 200) expect(status).toBe(503);
    }
    expect(outcomes.at(-1), 'the policy directory filled').toBe('policy_not_publishable');

    space.release(daemon);
    await eventually('image and store agree again', async () => {
      const { store, image } = await revisions(daemon);
      return store === image && (await daemon.call('GET', '/readyz')).status === 200;
    });
    for (const [i, outcome] of outcomes.entries()) {
      expect([i, outcome, await enforced(i)]).toEqual([i, outcome, outcome !== 'policy_not_publishable']);
    }
    await daemon.ok('POST', '/api/v1/allowlist/import', importOf(99));
    expect(await enforced(99)).toBe(true);
    await daemon.stop();
  } finally {
    space.remove();
  }
});

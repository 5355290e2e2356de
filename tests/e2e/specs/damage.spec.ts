// Policy images that are cut short, bit-flipped, of another version, replaced or taken away under a running nginx.
// Whatever is read of them, nothing is let in that the policy refuses, no worker dies, and a good image heals all.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { expect, goodKey, otherKey, proxied, simplePolicy, test, type Gateway } from '../lib/fixtures.ts';

const server = `location / { keyfence on; ${proxied} }`;
const policy = {
  ...simplePolicy,
  keys: [
    { id: 11, account: 1, secret: goodKey },
    { id: 12, account: 1, secret: otherKey, allowlist: { entries: ['198.51.100.1'] } },
  ],
};

const generations = (dir: string) => readdirSync(dir).filter((name) => /^policy\.\d+$/.test(name)).sort();
const newest = (dir: string) => join(dir, generations(dir).at(-1)!);

/** Puts another file in the place of one, as a careless restore would. Images are long and have holes. */
function replaceByCopy(of: string, path: string, damage: (file: number) => void = () => {}): void {
  execFileSync('cp', ['--sparse=always', '--preserve=mode,ownership', of, `${path}.new`]);
  const file = openSync(`${path}.new`, 'r+');
  damage(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

function replaceByText(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

/** Flips a bit in place, so that a mapping sees it; flipping it again mends it. */
function flip(file: number, offset: number, bit: number): void {
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] = byte[0]! ^ (1 << bit);
  writeSync(file, byte, 0, 1, offset);
}

/** However damaged the image is: an answer, and none that lets in what the policy refuses. */
async function mustNotLetIn(gateway: Gateway, what: string): Promise<number[]> {
  const statuses: number[] = [];
  for (const key of [undefined, 'unknown', otherKey]) {
    const answer = await gateway.ask('/x', key ? { key } : {});
    expect([401, 403, 503], `${what}, ${key}`).toContain(answer.status);
    statuses.push(answer.status);
  }
  const good = await gateway.ask('/x', { key: goodKey });
  expect([200, 401, 503], what).toContain(good.status);
  return [...statuses, good.status];
}

async function heals(gateway: Gateway, what: string): Promise<void> {
  await gateway.image.build(policy);
  expect((await gateway.ask('/x', { key: goodKey })).status, what).toBe(200);
  expect((await gateway.ask('/x', { key: otherKey })).status, what).toBe(403);
}

test('cut short under a running nginx: no worker dies, nobody is let in @core', async ({ start, upstream }) => {
  const gateway = await start({ server, image: policy });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  const workers = gateway.nginx.workersIfAny();
  for (const length of [4096, 100, 0]) {
    truncateSync(newest(gateway.policyDir), length);
    await mustNotLetIn(gateway, `cut to ${length}`);
    await heals(gateway, `cut to ${length}`);
  }
  truncateSync(join(gateway.policyDir, 'current'), 0);
  const statuses = await mustNotLetIn(gateway, 'current cut to 0');
  expect(statuses.slice(0, 3)).not.toContain(200);
  expect(gateway.nginx.workersIfAny()).toEqual(workers);
  expect(upstream.requests.every((seen) => JSON.stringify(seen.headers).includes('key_000000000000b'))).toBe(true);
});

test('bit-flipped under a running nginx: nobody is let in who is refused', async ({ start }) => {
  const fillers = Array.from({ length: 30 }, (_, i) => ({
    id: 100 + i,
    account: 1,
    secret: `filler-${i}`,
    scopes: ['a', 'b'],
    allowlist: { entries: Array.from({ length: 12 }, (_, n) => `198.51.${i}.${n * 3}`) },
  }));
  const gateway = await start({ server, image: { ...policy, keys: [...policy.keys, ...fillers] } });
  const file = openSync(newest(gateway.policyDir), 'r+');
  const header = Buffer.alloc(4096);
  readSync(file, header, 0, header.length, 0);
  // The header itself, and what it says begins at: slots, names, accounts, scopes, arena (docs/image-format.md).
  const regions = [0, 48, 56, 72, 80, 88].map((at) => (at === 0 ? 0 : Number(header.readBigUInt64LE(at))));
  const used: number[] = [];
  const bytes = Buffer.alloc(65_536);
  for (const region of new Set(regions)) {
    readSync(file, bytes, 0, bytes.length, region);
    for (const [i, byte] of bytes.entries()) if (byte !== 0) used.push(region + i);
  }
  expect(used.length).toBeGreaterThan(200);
  let refusedAsDamaged = 0;
  for (let i = 0; i < 120; ++i) {
    const at = used[Math.floor((i * used.length) / 120)]!;
    flip(file, at, i % 8);
    const statuses = await mustNotLetIn(gateway, `bit ${i % 8} of byte ${at}`);
    if (statuses.includes(503)) ++refusedAsDamaged;
    flip(file, at, i % 8);
  }
  closeSync(file);
  expect(refusedAsDamaged).toBeGreaterThan(0);
  await heals(gateway, 'after bit flips');
});

const damages: [string, (path: string, whole: string) => void][] = [
  ['cut to a page', (path) => truncateSync(path, 4096)],
  ['cut to nothing', (path) => truncateSync(path, 0)],
  ['a foreign file', (path) => replaceByText(path, '#!/bin/sh\necho this is no image\n'.repeat(1000))],
  ['another version', (path, whole) => replaceByCopy(whole, path, (file) => flip(file, 8, 6))],
  ['a flipped bit in its header', (path, whole) => replaceByCopy(whole, path, (file) => flip(file, 20, 0))],
];

test('a damaged image that nginx finds at its start: 503 until there is a good one', async ({ start, dir }) => {
  const gateway = await start({ server, image: policy });
  const whole = join(dir, 'whole');
  for (const [what, damage] of damages) {
    execFileSync('cp', ['--sparse=always', '--preserve=mode,ownership', newest(gateway.policyDir), whole]);
    await gateway.closeImage();
    damage(newest(gateway.policyDir), whole);
    await gateway.nginx.reload();
    const answer = await gateway.ask('/x', { key: goodKey });
    expect(answer.status, what).toBe(503);
    await heals(gateway, what);
  }
  expect(gateway.nginx.errors()).toMatch(/keyfence: policy image: \w+; requests are refused with 503/);
});

test('a damaged generation that the number moves to: the last good one goes on deciding', async ({ start }) => {
  const gateway = await start({ server, image: policy });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  await gateway.image.build({ ...policy, keys: [] });
  await gateway.closeImage();
  // The number has moved, but this worker has not looked yet.
  replaceByText(newest(gateway.policyDir), 'torn');
  const answer = await gateway.ask('/x', { key: goodKey });
  expect([200, 503]).toContain(answer.status);
  expect((await gateway.ask('/x', { key: otherKey })).status).toBe(answer.status === 200 ? 403 : 503);
  expect((await gateway.ask('/x')).status).toBe(answer.status === 200 ? 401 : 503);
  await heals(gateway, 'after a torn generation');
});

test('the directory is deleted and made anew: the new policy is found', async ({ start }) => {
  const gateway = await start({ server, image: policy });
  expect((await gateway.ask('/x', { key: otherKey })).status).toBe(403);
  await gateway.closeImage();
  rmSync(gateway.policyDir, { recursive: true });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  expect((await gateway.ask('/x')).status).toBe(401);
  await gateway.image.build({ ...policy, keys: [{ id: 13, account: 1, secret: 'newcomer' }] });
  await expect.poll(async () => (await gateway.ask('/x', { key: 'newcomer' })).status, { timeout: 20_000 }).toBe(200);
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(401);
});

test('a copy of an older generation under the name of the one in use does not disturb', async ({ start }) => {
  const gateway = await start({ server, image: policy });
  const old = `${gateway.policyDir}/../old-image`;
  execFileSync('cp', ['--sparse=always', '--preserve=mode,ownership', newest(gateway.policyDir), old]);
  await gateway.image.build({ ...policy, keys: [policy.keys[1]!] });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(401);
  replaceByCopy(old, newest(gateway.policyDir));
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(401);
  await gateway.nginx.reload();
  // New workers find a file whose own number is another one: foreign.
  expect((await gateway.ask('/x', { key: goodKey })).status).not.toBe(200);
  await heals(gateway, 'after a replaced generation');
});

import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, makeKey, reasonFor, revisions, test } from '../lib/fixtures.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
// Root may write anywhere: what is forbidden is asked of an ordinary user.
const asOrdinaryUser = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
const giveAway = (...paths: string[]) => {
  if (isRoot) for (const path of paths) chownSync(path, nobody, nobody);
};

test('a data directory that may not be written ends the start with its name', async ({ dir, prepare }) => {
  const home = join(dir, 'home');
  const dataDir = join(home, 'data');
  mkdirSync(dataDir, { recursive: true });
  giveAway(home, dataDir);
  chmodSync(dataDir, 0o555);
  const daemon = await prepare({ home, dataDir, wrapper: asOrdinaryUser });
  const { code, log } = await daemon.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toContain(dataDir);
  expect(log).toMatch(/permission|read-only|not writ/i);
  expect(readdirSync(dataDir)).toEqual([]);
});

test('a data directory that became read-only ends the start, and its data is there when it may be written again', async ({
  dir,
  prepare,
}) => {
  const home = join(dir, 'home');
  const dataDir = join(home, 'data');
  mkdirSync(dataDir, { recursive: true });
  giveAway(home, dataDir);
  const daemon = await prepare({ home, dataDir, wrapper: asOrdinaryUser });
  await daemon.start();
  const { key } = await makeKey(daemon, ['203.0.113.0/24']);
  const before = await revisions(daemon);
  await daemon.stop();

  const files = readdirSync(dataDir).map((name) => join(dataDir, name));
  for (const file of files) if (statSync(file).isFile()) chmodSync(file, 0o444);
  chmodSync(dataDir, 0o555);
  const { code, log } = await daemon.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toMatch(/permission|read-only|readonly|not writ/i);

  chmodSync(dataDir, 0o755);
  for (const file of files) if (statSync(file).isFile()) chmodSync(file, 0o644);
  await daemon.start();
  expect(await revisions(daemon)).toEqual(before);
  expect(await reasonFor(daemon, key, '203.0.113.9')).toBe('allowed');
});

test('a second daemon on one data directory is refused, and the first does not notice', async ({ dir, serve, prepare }) => {
  const dataDir = join(dir, 'data');
  const first = await serve({ home: join(dir, 'first'), dataDir });
  const { key } = await makeKey(first, ['203.0.113.0/24']);
  const before = await revisions(first);

  const second = await prepare({ home: join(dir, 'second'), dataDir });
  const { code, log } = await second.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toContain(dataDir);
  expect(log).toMatch(/another|in use|busy|lock/i);

  expect(first.running).toBe(true);
  expect(await revisions(first)).toEqual(before);
  await first.ok('POST', `/api/v1/keys/${key}/allowlist/entries`, { text: '198.51.100.1' });
  expect(await reasonFor(first, key, '198.51.100.1')).toBe('allowed');
});

test('a second daemon on one policy directory is refused, and the policy of the first stands', async ({ serve, prepare }) => {
  const first = await serve();
  const { key } = await makeKey(first, ['203.0.113.0/24']);
  const second = await prepare({ policyDir: first.policyDir });
  const { code, log } = await second.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toContain(first.policyDir);
  expect(await reasonFor(first, key, '203.0.113.9')).toBe('allowed');
  expect(await reasonFor(first, key, '198.51.100.1')).toBe('address_denied_key');
});

test('a store that is no store ends the start and is left as it is', async ({ dir, prepare }) => {
  const dataDir = join(dir, 'data');
  const model = await prepare({ dataDir: join(dir, 'model') });
  await model.start();
  await model.stop();
  mkdirSync(dataDir);
  for (const name of readdirSync(model.dataDir)) writeFileSync(join(dataDir, name), 'not what you expect\n'.repeat(500));
  const daemon = await prepare({ dataDir });
  const { code, log } = await daemon.startAndFail();
  expect(code).not.toBe(0);
  expect(log).toContain(dataDir);
});

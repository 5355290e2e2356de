// The daemon with many keys: how it starts, how changes and imports take effect.
import { createHash } from 'node:crypto';
import {
  closeSync, copyFileSync, existsSync, fdatasyncSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync,
  renameSync, rmSync, statfsSync, statSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, rowsOf, Server } from './processes.mjs';
import { summarise } from './statistics.mjs';

const now = () => Number(process.hrtime.bigint()) / 1e6;

export async function startDaemon({ keyfence, home, policyDir, dataDir, flags = [] }) {
  const port = await freePort();
  const ready = join(home, 'ready');
  rmSync(ready, { force: true });
  const begin = now();
  const server = new Server(
    'keyfence serve',
    [keyfence, 'serve', '--data-dir', dataDir, '--policy-dir', policyDir, '--listen', `127.0.0.1:${port}`,
      '--api-requests-per-minute', '0', '--first-token-file', join(home, 'first-token'), '--ready-file', ready, ...flags],
    { log: join(home, 'daemon.log') },
  );
  while (!existsSync(ready)) {
    if (server.code !== undefined) throw new Error(`keyfence serve ended: ${server.tail()}`);
    if (now() - begin > 300_000) throw new Error(`keyfence serve is not ready: ${server.tail()}`);
    await sleep(5);
  }
  return { server, port, seconds: (now() - begin) / 1000 };
}

export async function call(daemon, token, method, path, body, type = 'application/json') {
  const response = await fetch(`http://127.0.0.1:${daemon.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type }) },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
  return text ? JSON.parse(text) : undefined;
}

// 100,000 lines that no other list of the benchmark holds, with labels.
export function importText(lines) {
  const text = [];
  for (let i = 0; i < lines; ++i) {
    text.push(`${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/${24 + (i % 2)}, site ${i}`);
  }
  return text.join('\n');
}

// What the disk itself takes to make 64 KiB durable in a file that has its size: no change can be quicker.
async function syncFloor({ home, quick, say }) {
  say('the sync of the disk');
  const piece = Buffer.alloc(64 * 1024, 0x5a);
  const pieces = 256;
  const file = openSync(join(home, 'synced'), 'w+');
  const times = [];
  try {
    for (let i = 0; i < pieces; ++i) writeSync(file, piece, 0, piece.length, i * piece.length);
    fsyncSync(file);
    for (let i = 0; i < (quick ? 50 : 1_000); ++i) {
      writeSync(file, piece, 0, piece.length, (i % pieces) * piece.length);
      const begin = now();
      fdatasyncSync(file);
      times.push(now() - begin);
      await sleep(1);
    }
  } finally {
    closeSync(file);
    rmSync(join(home, 'synced'));
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.round(share * (times.length - 1))];
  return { kind: 'sync', bytes: piece.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
}

const changeKinds = (quick) => [
  { connections: 1, count: quick ? 200 : 400 },
  { connections: 8, count: quick ? 200 : 3_000 },
  { connections: 16, count: quick ? 200 : 3_000 },
  { connections: 64, count: quick ? 400 : 3_000 },
  { connections: 64, rate: 2_000, count: quick ? 500 : 10_000 }, // each timed from when it was due
];

// Changes on few and many connections and at a rate, in turns, with the medians of the rounds: one moment in which the
// machine stands still is the 99th percentile of its round. Answers the rows, and the number of the next change: one that
// was made already would change nothing.
export async function changesInRounds(command, { quick, say }) {
  const kinds = changeKinds(quick).map((kind) => ({ ...kind, rounds: [] }));
  let first = 0;
  for (let round = 0; round < (quick ? 1 : 5); ++round) {
    for (const { connections, rate, count, rounds } of kinds) {
      say(`changes on ${connections} connections${rate ? `, ${rate} a second` : ''}`);
      rounds.push(...(await rowsOf([...command, `--connections=${connections}`, `--changes=${count}`,
        `--first=${first}`, ...(rate ? [`--rate=${rate}`] : [])])));
      first += count;
    }
  }
  return { rows: kinds.map(({ rounds }) => medianRow(rounds)), next: first };
}

function medianRow(rounds) {
  const median = (of) => summarise(rounds.map(of)).median;
  return {
    ...rounds[0],
    rounds: rounds.length,
    per_second: median((row) => row.per_second),
    per_second_of_rounds: rounds.map((row) => row.per_second),
    p50_ms: median((row) => row.p50_ms),
    p99_ms: median((row) => row.p99_ms),
    p99_ms_of_rounds: rounds.map((row) => row.p99_ms),
    max_ms: Math.max(...rounds.map((row) => row.max_ms)),
    stale: rounds.reduce((sum, row) => sum + row.stale, 0),
    changes: rounds.reduce((sum, row) => sum + row.changes, 0),
  };
}

async function changes({ programs, daemon, token, policyDir, keys, quick, say, store }) {
  const command = [join(programs, 'bench_change'), `--port=${daemon.port}`, `--token=${token}`,
    `--policy-dir=${policyDir}`, `--keys=${keys}`, '--entries=20'];
  const { rows, next } = await changesInRounds(command, { quick, say });
  say('when a reader sees a change');
  rows.push(...(await rowsOf([...command, '--watch', `--changes=${quick ? 50 : 500}`, `--first=${next}`])));
  for (const row of rows) row.store = store;
  return rows;
}

async function imports({ daemon, token, keys, quick, say }) {
  const lines = quick ? 1_000 : 100_000;
  say(`imports of ${lines} entries`);
  const text = importText(lines);
  const seconds = [];
  let revisions = 0;
  for (let round = 0; round < (quick ? 1 : 5); ++round) {
    await call(daemon, token, 'PUT', '/api/v1/allowlist?confirm=open_to_everyone', '{"entries":[]}');
    const before = (await call(daemon, token, 'GET', '/api/v1/status')).store_revision;
    const begin = now();
    const report = await call(daemon, token, 'POST', '/api/v1/allowlist/import', text, 'text/plain');
    seconds.push((now() - begin) / 1000);
    if (report.added !== lines) throw new Error(`imported ${report.added} of ${lines}`);
    revisions = report.revision - before;
  }
  return [{ kind: 'import', keys, entries: lines, revisions, seconds: summarise(seconds) }];
}

// keys of 20 entries in the store: start without an image, then again beside the last one.
async function starts({ programs, keyfence, home, dataDir, policyDir, keys, say }) {
  const rows = [];
  const files = ['', '-wal'].map((end) => join(dataDir, `control.db${end}`)).filter(existsSync);
  for (let round = 0; round < 3; ++round) {
    say(`start ${round + 1} of 3 with ${keys.toLocaleString('en')} keys`);
    rmSync(policyDir, { recursive: true, force: true });
    const cold = await startDaemon({ keyfence, home, policyDir, dataDir });
    const token = readFileSync(join(home, 'first-token'), 'utf8').trim();
    const status = await call(cold, token, 'GET', '/api/v1/status');
    await cold.server.stop();
    const [first] = await rowsOf([join(programs, 'bench_first_decision'), `--policy-dir=${policyDir}`, `--keys=${keys}`, '--entries=20']);
    rows.push({ seconds: cold.seconds, first_us: first.microseconds, status });
  }
  const image = rows[0].status.image ?? {};
  return [
    {
      kind: 'start',
      keys,
      entries_per_key: 20,
      new_image_seconds: summarise(rows.map((row) => row.seconds)),
      first_decision_by_last_image_us: summarise(rows.map((row) => row.first_us)),
      store_bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      image,
    },
  ];
}

// Filling a store takes minutes, so a filled one is kept for the next run, as long as what made it is the same.
export async function filledStore({ root, programs, keys, keysPerAccount = 1000 }) {
  const hash = createHash('sha256');
  for (const file of ['libs/store/sqlite/migrations.cc', 'libs/store/packed_policy.cc', 'bench/seed/store.cc',
    'bench/common/made_policy.cc', 'bench/common/tables.cc', 'bench/common/random.h']) {
    hash.update(readFileSync(join(root, file)));
  }
  const dir = join(root, '.cache/bench/stores');
  const kind = `${keys}-by-${keysPerAccount}`;
  const file = join(dir, `${hash.digest('hex').slice(0, 16)}-${kind}.db`);
  if (existsSync(file)) return file;
  mkdirSync(dir, { recursive: true });
  for (const old of readdirSync(dir)) if (old.includes(`-${kind}.db`)) rmSync(join(dir, old));
  await rowsOf([join(programs, 'bench_seed_store'), `--store=${file}.part`, `--keys=${keys}`, '--entries=20',
    `--keys-per-account=${keysPerAccount}`]);
  rmSync(`${file}.part-shm`, { force: true });
  rmSync(`${file}.part.lock`, { force: true });
  if (existsSync(`${file}.part-wal`)) renameSync(`${file}.part-wal`, `${file}-wal`);
  renameSync(`${file}.part`, file);
  return file;
}

export function copyStore(file, dataDir, transfer = copyFileSync) {
  for (const end of ['', '-wal']) {
    if (existsSync(`${file}${end}`)) transfer(`${file}${end}`, join(dataDir, `control.db${end}`));
  }
}

const roomIn = (dir) => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};

// A store that the disk has no room for twice is moved: what this run makes of it is of no use to the next.
function copyOrMoveStore(file, dataDir, say) {
  const fits = roomIn(dataDir) > statSync(file).size + 4 * 2 ** 30;
  if (!fits) say('the disk has no room for a second store: this one is used up');
  copyStore(file, dataDir, fits ? copyFileSync : renameSync);
}

export async function daemonBench({ root, programs, keyfence, disk, memory, wanted, quick, keys, say }) {
  const home = mkdtempSync(join(disk, 'keyfence-bench-'));
  const dataDir = join(home, 'data');
  const policyDir = join(memory, `policy-${keys}`);
  mkdirSync(dataDir, { recursive: true });
  try {
    return await measured({ root, programs, keyfence, home, dataDir, policyDir, wanted, quick, keys, say });
  } finally {
    rmSync(home, { recursive: true, force: true });
    rmSync(policyDir, { recursive: true, force: true });
  }
}

async function measured({ root, programs, keyfence, home, dataDir, policyDir, wanted, quick, keys, say }) {
  say(`filling a store with ${keys.toLocaleString('en')} keys of 20 entries`);
  const rows = [];
  const filled = await filledStore({ root, programs, keys });
  copyOrMoveStore(filled, dataDir, say);
  if (wanted('start')) rows.push(...(await starts({ programs, keyfence, home, dataDir, policyDir, keys, say })));
  const daemon = await startDaemon({ keyfence, home, policyDir, dataDir });
  const token = readFileSync(join(home, 'first-token'), 'utf8').trim();
  if (wanted('change')) {
    rows.push(await syncFloor({ home, quick, say }));
    rows.push(...(await changes({ programs, daemon, token, policyDir, keys, quick, say, store: 'disk' })));
  }
  if (wanted('import')) rows.push(...(await imports({ daemon, token, keys, quick, say })));
  await daemon.server.stop();
  if (wanted('change')) rows.push(...(await changesInMemory({ filled, programs, keyfence, home, policyDir, keys, quick, say })));
  return rows;
}

// The same with a store that no disk is waited for: what of it is ours.
async function changesInMemory({ filled, programs, keyfence, home, policyDir, keys, quick, say }) {
  const dataDir = `${policyDir}-store`;
  mkdirSync(dataDir, { recursive: true });
  try {
    if (!existsSync(filled) || roomIn(dataDir) < 2 * statSync(filled).size) {
      say('left out: changes of a store in memory, which wants twice the room of the store');
      return [];
    }
    copyStore(filled, dataDir);
    const daemon = await startDaemon({ keyfence, home, policyDir, dataDir });
    const token = readFileSync(join(home, 'first-token'), 'utf8').trim();
    const rows = await changes({ programs, daemon, token, policyDir, keys, quick, say, store: 'memory' });
    await daemon.server.stop();
    return rows;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

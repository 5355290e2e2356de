// The admin API with many keys in the store: reads and changes with a token, search by name, and what clients that do
// nothing, or do not read, cost.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, changesInRounds, copyStore, filledStore, startDaemon } from './daemon.mjs';
import { run } from './processes.mjs';
import { summarise } from './statistics.mjs';

const now = () => Number(process.hrtime.bigint()) / 1e6;

// What is the process's own: neither files nor shared memory, which the image and the store's index are.
const ownBytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^RssAnon:\s+(\d+) kB/m)[1]) * 1024;

async function reads({ daemon, tokenFile, keys, quick, say }) {
  const rows = [];
  const script = new URL('api.lua', import.meta.url).pathname;
  for (const connections of [1, 16, 64]) {
    const rounds = [];
    for (let round = 0; round < (quick ? 1 : 4); ++round) {
      say(`reads on ${connections} connections`);
      const cpu = daemon.server.cpuNanoseconds();
      const out = await run(['wrk', '-t1', `-c${connections}`, `-d${quick ? 1 : 5}s`, '-s', script, '--latency',
        `http://127.0.0.1:${daemon.port}`, '--', tokenFile, '1', String(keys)]);
      const result = JSON.parse(out.trim().split('\n').at(-1));
      if (result.broken > 0) throw new Error(`${result.broken} connections broke`);
      rounds.push({ ...result, cpu_us: (daemon.server.cpuNanoseconds() - cpu) / 1000 / result.requests });
    }
    const kept = rounds.length > 1 ? rounds.slice(1) : rounds; // the first one fills caches
    const median = (of) => summarise(kept.map(of)).median;
    rows.push({
      kind: 'api-read',
      keys,
      connections,
      per_second: median(({ requests, microseconds }) => (requests / microseconds) * 1e6),
      p50_ms: median(({ p50 }) => p50 / 1000),
      p99_ms: median(({ p99 }) => p99 / 1000),
      cpu_us: median(({ cpu_us }) => cpu_us),
      failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    });
  }
  return rows;
}

async function changes({ programs, daemon, token, policyDir, keys, quick, say }) {
  const command = [join(programs, 'bench_change'), `--port=${daemon.port}`, `--token=${token}`,
    `--policy-dir=${policyDir}`, `--keys=${keys}`, '--entries=20'];
  return (await changesInRounds(command, { quick, say })).rows;
}

// Names that nearly all keys have, that some have, that few have, and that none has; long and short.
const searched = ['Berlin', 'quartz', 'billing Tokyo 99', 'nowhere', 'e', 'CI', 'tz', 'qu', 'zq', '~', ''];

async function searches({ daemon, token, account, keys, quick, say }) {
  const rows = [];
  for (const text of searched) {
    say(`keys whose name contains "${text}"`);
    const times = [];
    let found = 0;
    let after = '';
    for (let page = 0; page < (quick ? 3 : 50) && after !== null; ++page) {
      const begin = now();
      const answer = await call(daemon, token, 'GET',
        `/api/v1/accounts/${account}/keys?limit=100&name=${encodeURIComponent(text)}${after ? `&after=${after}` : ''}`);
      times.push(now() - begin);
      found += answer.items.length;
      after = answer.next;
    }
    rows.push({ kind: 'api-search', keys, text, pages: times.length, rows: found, page_ms: summarise(times) });
  }
  return rows;
}

const opened = (port, text) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (text) socket.write(text);
      resolve(socket);
    });
    socket.once('error', reject);
  });

// Clients that have asked once and keep their connection; clients that ask for much and read nothing of it.
async function memory({ daemon, token, quick, say }) {
  const rows = [];
  const clients = quick ? 100 : 1_000;
  const head = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const kinds = [
    { what: 'asked once, idle since', text: head('/api/v1/me'), reads: true },
    { what: 'ask for 100 long answers each, read none', text: head('/api/v1/openapi.json').repeat(100), reads: false },
  ];
  for (const { what, text, reads } of kinds) {
    say(`${clients} clients: ${what}`);
    const before = ownBytes(daemon.server.pid);
    const sockets = [];
    const others = [];
    try {
      for (let i = 0; i < clients; ++i) {
        const socket = await opened(daemon.port, text);
        if (reads) await new Promise((resolve) => socket.once('data', resolve));
        else socket.pause();
        socket.on('error', () => {});
        sockets.push(socket);
      }
      for (let i = 0; i < 20; ++i) {
        await sleep(100);
        const begin = now();
        await call(daemon, token, 'GET', '/api/v1/me');
        others.push(now() - begin);
      }
      rows.push({ kind: 'api-memory', what, clients, bytes_before: before, bytes_with: ownBytes(daemon.server.pid), other_ms: summarise(others) });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await sleep(500);
  }
  return rows;
}

// Adds to rows as it goes.
export async function apiBench(rows, { root, programs, keyfence, disk, memory: shared, quick, keys, say }) {
  const home = mkdtempSync(join(disk, 'keyfence-bench-'));
  const dataDir = join(home, 'data');
  const policyDir = join(shared, 'policy-api');
  mkdirSync(dataDir, { recursive: true });
  try {
    say(`filling a store with ${keys.toLocaleString('en')} keys of 20 entries, in one account`);
    copyStore(await filledStore({ root, programs, keys, keysPerAccount: keys }), dataDir);
    const daemon = await startDaemon({ keyfence, home, policyDir, dataDir });
    const tokenFile = join(home, 'first-token');
    const token = readFileSync(tokenFile, 'utf8').trim();
    const account = (await call(daemon, token, 'GET', '/api/v1/accounts?limit=1')).items[0].id;
    const common = { programs, daemon, token, tokenFile, policyDir, account, keys, quick, say };
    rows.push(...(await searches(common)));
    rows.push(...(await reads(common)));
    rows.push(...(await changes(common)));
    rows.push(...(await memory(common)));
    await daemon.server.stop();
  } finally {
    rmSync(home, { recursive: true, force: true });
    rmSync(policyDir, { recursive: true, force: true });
  }
}

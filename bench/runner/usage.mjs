// The usage log: what a request pays for being logged, the store alone, and the daemon under full load.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, startDaemon } from './daemon.mjs';
import { nginxVariants, startAuthServer, startNginx, startUpstream } from './gateways.mjs';
import { has, rowsOf } from './processes.mjs';
import { instructions, load, round, seedImage } from './request.mjs';
import { differences, ratios, summarise } from './statistics.mjs';

const gibibytes = 2 ** 30;

// The same requests with and without the log, beside nginx's own buffered access_log. Adds to rows as it goes, and has
// them kept: first what the processor says, then, one by one, the instructions.
export async function costBench(rows, { programs, dir, module, quick, say, keep }) {
  const keys = quick ? 10_000 : 100_000;
  say(`requests with and without the log, ${keys.toLocaleString('en')} keys of 20 entries`);
  const seed = await seedImage({ programs, dir, keys, entries: 20, accountEntries: quick ? 100 : 1000, globalEntries: quick ? 1000 : 100_000 });
  mkdirSync(join(seed.dir, 'spool'), { recursive: true });
  const upstream = await startUpstream(dir);
  const auth = await startAuthServer(dir);
  const ports = { upstream: upstream.port, auth: auth.port };
  const of = (http) => nginxVariants({ dir, ports, seed, module, directives: { http: `  keyfence_policy ${seed.dir};\n${http}`, location: 'keyfence on;' } });
  // Nothing drains here: the spool has room for the whole run.
  const on = of(`  keyfence_spool_bytes_max ${4 * gibibytes};`);
  const variants = {
    plain: on.plain,
    'access_log, buffered': on['access_log, buffered'],
    'keyfence, usage log off': of('  keyfence_usage_log off;').keyfence,
    'keyfence, usage log on': on.keyfence,
  };
  const contests = [];
  for (const [name, variant] of Object.entries(variants)) {
    contests.push({ name, gateway: await startNginx(name, variant, { dir }), lines: keys });
  }
  const options = { seconds: quick ? 1 : 2, connections: 64, requests: seed.requests };
  const rounds = quick ? 2 : 7;
  const samples = new Map(contests.map(({ name }) => [name, []]));
  for (let number = -1; number < rounds; ++number) {
    await round(number + contests.length, contests, options, number < 0 ? new Map() : samples);
  }
  for (const { gateway } of contests) await gateway.server.stop();
  const cpu = (name) => samples.get(name).map((sample) => sample.cpu_us);
  for (const name of Object.keys(variants)) {
    rows.push({
      kind: 'log-cost',
      name,
      keys,
      cpu_us: summarise(cpu(name)),
      cpu_ratio: ratios(cpu(name), cpu('plain')),
      added_us: differences(cpu(name), cpu('plain')),
    });
  }
  keep();
  for (const row of has('valgrind') ? rows.filter(({ kind }) => kind === 'log-cost') : []) {
    say(`counting the instructions of: ${row.name}`);
    try {
      const counted = await instructions(row.name, variants[row.name], { dir, requests: seed.requests, lines: keys, seconds: quick ? 2 : 6 });
      row.instructions = counted.instructions;
      keep();
    } catch (error) {
      say(`not counted: ${error.message}`); // callgrind is slow enough to time out on a busy machine
    }
  }
  await upstream.server.stop();
  await auth.server.stop();
}

const residentBytes = (pid) => {
  const found = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Rss(Anon):\s+(\d+) kB/m);
  return Number(found?.[2] ?? 0) * 1024;
};

// One worker at full speed, or at a rate, answering a file of its own, and the daemon that drains what it logs.
export async function flowBench(rows, { dir, disk, keyfence, module, quick, seconds, rate, say, keep }) {
  const home = join(dir, 'flow');
  const policyDir = join(home, 'policy');
  mkdirSync(join(home, 'root/v1'), { recursive: true });
  writeFileSync(join(home, 'root/v1/messages'), '{"messages":[]}');
  const daemon = await startDaemon({ keyfence, home, policyDir, dataDir: join(disk, `keyfence-flow-${process.pid}`) });
  const token = readFileSync(join(home, 'first-token'), 'utf8').trim();
  const account = await call(daemon, token, 'POST', '/api/v1/accounts', JSON.stringify({ name: 'load' }));
  const requests = join(home, 'requests.txt');
  const lines = [];
  const keys = quick ? 20 : 1000;
  for (let i = 0; i < keys; ++i) {
    const made = await call(daemon, token, 'POST', `/api/v1/accounts/${account.id}/keys`, JSON.stringify({ name: `key ${i}`, allowlist: { entries: [{ text: '10.0.0.0/9' }] } }));
    const address = `10.${i % 100}.${(i >> 8) & 255}.${i & 255}`;
    lines.push(`${made.secret} ${address.padEnd(15)}\n`);
  }
  writeFileSync(requests, lines.join(''));
  const gateway = await startNginx('flow', {
    modules: [module],
    http: `  set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n  keyfence_policy ${policyDir};`,
    location: `keyfence on; root ${home}/root;`,
  }, { dir });
  const worker = gateway.server.family().at(-1);
  const usage = async () => (await call(daemon, token, 'GET', '/api/v1/status')).usage;

  say(`${rate ? `${rate} requests a second` : 'full load'} for ${seconds} s`);
  const connections = 64;
  const pause = rate ? Math.round((1000 * connections) / rate) : undefined;
  const samples = [];
  const begun = Date.now();
  let going = true;
  const daemonCpu = daemon.server.cpuNanoseconds();
  const gatewayCpu = gateway.server.cpuNanoseconds();
  const sampling = (async () => {
    while (going) {
      const { stored, backlog_bytes } = await usage();
      samples.push({ second: (Date.now() - begun) / 1000, stored, backlog_bytes, daemon_bytes: residentBytes(daemon.server.pid), worker_bytes: residentBytes(worker) });
      await sleep(Math.max(250, (seconds * 1000) / 200));
    }
  })();
  let count = 0;
  // On a busy machine wrk gives some requests up; they are answered, logged and counted all the same.
  const brokenMax = rate ? Infinity : 0;
  const piece = Math.min(seconds, 60);
  try {
    for (let left = seconds; left > 0; left -= piece) {
      count += (await load(gateway.port, { seconds: Math.min(piece, left), connections, requests, lines: keys, pause, brokenMax })).requests;
    }
  } finally {
    going = false;
  }
  const loadSeconds = (Date.now() - begun) / 1000;
  await sampling;
  const atTheEnd = await usage();
  let last = atTheEnd;
  while (last.backlog_bytes > 0) {
    await sleep(100);
    last = await usage();
  }
  const row = {
    kind: 'log-flow',
    rate,
    seconds: loadSeconds,
    requests: count,
    stored: last.stored,
    dropped: last.dropped,
    requests_per_second: count / loadSeconds,
    backlog_bytes_max: Math.max(...samples.map((sample) => sample.backlog_bytes)),
    backlog_bytes_at_the_end: atTheEnd.backlog_bytes,
    caught_up_after_seconds: (Date.now() - begun) / 1000 - loadSeconds,
    daemon_cpu_us_a_row: (daemon.server.cpuNanoseconds() - daemonCpu) / 1000 / last.stored,
    gateway_cpu_us_a_request: (gateway.server.cpuNanoseconds() - gatewayCpu) / 1000 / count,
    bytes_per_row: last.bytes / last.stored,
    samples,
  };
  rows.push(row);
  keep();
  await gateway.server.stop();
  await daemon.server.stop();
}

// The store alone, smallest first, so that a run that is cut off has one. Adds to rows as it goes.
export async function usageBench(rows, { programs, quick, say, keep }) {
  for (const count of quick ? [100_000] : [1_000_000, 10_000_000]) {
    say(`the log alone, ${count.toLocaleString('en')} rows`);
    rows.push(...(await rowsOf([join(programs, 'bench_usage'), String(count)])));
    keep();
  }
}

// Requests through nginx: what each gateway takes for the same requests, in turns.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadCpu, nginxVariants, startAuthServer, startHaproxy, startNginx, startUpstream } from './gateways.mjs';
import { has, rowsOf, run, Server } from './processes.mjs';
import { differences, ratios, summarise } from './statistics.mjs';

const path = '/v1/messages';
const hugePages = 'keyfence, huge pages';

// A tmpfs with huge pages, in the mount namespace that script/bench has made; null where that cannot be.
function mountHugePages(where) {
  if (process.env.KEYFENCE_BENCH_MOUNTS !== '1') return null;
  mkdirSync(where);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'huge=always,mode=755', 'tmpfs', where]).status === 0 ? where : null;
}
const here = new URL('.', import.meta.url).pathname;

export async function load(port, { seconds, connections, requests, lines, pause, brokenMax = 0 }) {
  const out = await run(
    [...loadCpu, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', join(here, 'requests.lua'),
      `http://127.0.0.1:${port}`, '--', requests, String(lines), path, ...(pause ? [String(pause)] : [])],
    { quiet: true },
  );
  const result = JSON.parse(out.trim().split('\n').at(-1));
  if (result.broken > brokenMax || result.failed > 0 || result.requests === 0) {
    throw new Error(`${result.failed} of ${result.requests} requests refused, ${result.broken} broken, on port ${port}`);
  }
  return result;
}

export async function seedImage({ programs, dir, keys, entries, accountEntries, globalEntries, requestsMax = keys }) {
  const seed = { dir: join(dir, 'policy'), requests: join(dir, 'requests.txt'), globalText: join(dir, 'global.txt'), keys };
  const rows = await rowsOf([
    join(programs, 'bench_seed'), `--dir=${seed.dir}`, `--requests=${seed.requests}`, `--global-text=${seed.globalText}`,
    `--keys=${keys}`, `--entries=${entries}`, `--account-entries=${accountEntries}`, `--global-entries=${globalEntries}`,
    `--requests-max=${requestsMax}`,
  ]);
  return { ...seed, lines: rows[0].requests, rows };
}

const policyOf = (quick) => ({ entries: 20, accountEntries: quick ? 100 : 1000, globalEntries: quick ? 1000 : 100_000 });

// One round: every gateway once, in an order that moves on by one each time.
export async function round(number, contests, options, samples) {
  for (let turn = 0; turn < contests.length; ++turn) {
    const contest = contests[(turn + number) % contests.length];
    const auth = contest.auth;
    const before = contest.gateway.server.cpuNanoseconds();
    const authBefore = auth?.cpuNanoseconds() ?? 0;
    const result = await load(contest.gateway.port, { ...options, lines: contest.lines });
    const cpu = contest.gateway.server.cpuNanoseconds() - before;
    const authCpu = (auth?.cpuNanoseconds() ?? 0) - authBefore;
    samples.get(contest.name)?.push({
      cpu_us: cpu / 1000 / result.requests,
      beside_us: authCpu / 1000 / result.requests,
      per_second: result.requests / (result.microseconds / 1e6),
      p50_us: result.p50,
      p99_us: result.p99,
    });
  }
}

// Instructions per request in user space, as callgrind counts them: the same on a noisy machine.
export async function instructions(name, variant, { dir, requests, lines, seconds }) {
  const home = join(dir, 'callgrind');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const wrap = ['valgrind', '--tool=callgrind', '--instr-atstart=no', `--callgrind-out-file=${home}/out`];
  const gateway = await startNginx(name, variant, { dir: home, master: false, wrap, seconds: 180 });
  const pid = String(gateway.server.pid);
  const options = { connections: 1, requests, lines };
  await load(gateway.port, { ...options, seconds: 3 });
  await run(['callgrind_control', '-i', 'on', pid], { quiet: true });
  const { requests: count } = await load(gateway.port, { ...options, seconds });
  await run(['callgrind_control', '-i', 'off', pid], { quiet: true });
  await run(['callgrind_control', '-d', pid], { quiet: true });
  await gateway.server.stop();
  const total = readdirSync(home)
    .filter((file) => file.startsWith('out'))
    .map((file) => Number(readFileSync(join(home, file), 'utf8').match(/^totals: (\d+)/m)?.[1] ?? 0))
    .reduce((a, b) => a + b, 0);
  return { name, requests: count, instructions: Math.round(total / count) };
}

export async function requestBench({ programs, dir, module, directives, quick, say }) {
  const keys = quick ? 10_000 : 1_000_000;
  say(`writing a policy of ${keys.toLocaleString('en')} keys of 20 entries`);
  const seed = await seedImage({ programs, dir, keys, ...policyOf(quick) });
  mkdirSync(join(seed.dir, 'spool'), { recursive: true }); // where the module logs
  const upstream = await startUpstream(dir);
  const auth = await startAuthServer(dir);
  const ports = { upstream: upstream.port, auth: auth.port };
  const variants = nginxVariants({ dir, ports, seed, module, directives: directives(seed.dir) });
  const huge = mountHugePages(join(dir, 'huge'));
  if (huge) {
    // The same image, in a tmpfs with huge pages: what docs/configuration.md advises.
    await run(['cp', '-r', '--sparse=always', seed.dir, huge], { quiet: true });
    variants[hugePages] = nginxVariants({ dir, ports, seed, module, directives: directives(join(huge, 'policy')) }).keyfence;
  } else {
    say('no tmpfs with huge pages here: that takes root and script/bench');
  }

  const contests = [];
  for (const [name, variant] of Object.entries(variants)) {
    const gateway = await startNginx(name, variant, { dir });
    contests.push({ name, gateway, lines: keys, auth: name === 'auth_request' ? auth.server : undefined });
    if (name === 'keyfence' || name === 'plain') contests.push({ name: `${name}, 100 hot keys`, gateway, lines: 100 });
  }
  if (has('haproxy')) {
    const gateway = await startHaproxy({ dir, ports, seed });
    contests.push({ name: gateway.name, gateway, lines: keys });
  }

  const options = { seconds: quick ? 1 : 2, connections: 64, requests: seed.requests };
  const rounds = quick ? 2 : 7;
  const samples = new Map(contests.map(({ name }) => [name, []]));
  for (let number = -1; number < rounds; ++number) {
    say(number < 0 ? 'warming up' : `round ${number + 1} of ${rounds}`);
    await round(number + contests.length, contests, options, number < 0 ? new Map() : samples);
  }
  for (const { gateway } of contests) await gateway.server.stop();

  const counts = [];
  if (has('valgrind')) {
    for (const name of ['plain', 'keyfence', 'access_log, buffered', 'auth_request', 'geo, 100,000 prefixes']) {
      if (!variants[name]) continue;
      say(`counting the instructions of: ${name}`);
      try {
        counts.push(await instructions(name, variants[name], { dir, requests: seed.requests, lines: keys, seconds: quick ? 2 : 6 }));
      } catch (error) {
        say(`not counted: ${error.message}`); // callgrind is slow enough to time out on a busy machine
      }
    }
  }
  await upstream.server.stop();
  await auth.server.stop();

  return [...requestRows(samples, { keys, counts }), ...seed.rows];
}

// What each contest took, and beside the plain one of the same round.
function requestRows(samples, { keys, counts = [] }) {
  return [...samples.keys()].map((name) => {
    const of = (field) => samples.get(name).map((sample) => sample[field]);
    const base = name.endsWith('hot keys') ? 'plain, 100 hot keys' : 'plain';
    const plain = (field) => samples.get(base).map((sample) => sample[field]);
    return {
      kind: 'request',
      name,
      keys,
      cpu_us: summarise(of('cpu_us')),
      cpu_ratio: ratios(of('cpu_us'), plain('cpu_us')),
      added_us: differences(of('cpu_us'), plain('cpu_us')),
      beside_us: summarise(of('beside_us')),
      per_second: summarise(of('per_second')),
      per_second_ratio: ratios(of('per_second'), plain('per_second')),
      p50_us: summarise(of('p50_us')),
      p99_us: summarise(of('p99_us')),
      instructions: counts.find((count) => count.name === name)?.instructions,
    };
  });
}

// The load generator keeps its requests in memory, and has room for so many.
const growthRequestsMax = 2_000_000;

// The same requests, with and without the module, as the number of keys grows.
export async function growthBench(rows, { programs, dir, module, directives, sizes, quick, say, keep }) {
  for (const keys of sizes) {
    const home = join(dir, `growth-${keys}`);
    mkdirSync(home);
    say(`writing a policy of ${keys.toLocaleString('en')} keys of 20 entries`);
    const seed = await seedImage({ programs, dir: home, keys, ...policyOf(quick), requestsMax: growthRequestsMax });
    mkdirSync(join(seed.dir, 'spool'), { recursive: true });
    const upstream = await startUpstream(home);
    const ports = { upstream: upstream.port, auth: upstream.port };
    const { plain, keyfence } = nginxVariants({ dir: home, ports, seed, module, directives: directives(seed.dir) });
    const contests = [];
    for (const [name, variant] of Object.entries({ plain, keyfence })) {
      contests.push({ name, gateway: await startNginx(name, variant, { dir: home }), lines: seed.lines });
    }
    const options = { seconds: quick ? 1 : 2, connections: 64, requests: seed.requests };
    const samples = new Map(contests.map(({ name }) => [name, []]));
    const rounds = quick ? 2 : 9;
    for (let number = -1; number < rounds; ++number) {
      say(number < 0 ? 'warming up' : `round ${number + 1} of ${rounds}`);
      await round(number + contests.length, contests, options, number < 0 ? new Map() : samples);
    }
    for (const { gateway } of contests) await gateway.server.stop();
    await upstream.server.stop();
    rmSync(home, { recursive: true });
    rows.push(...requestRows(samples, { keys }), ...seed.rows);
    keep();
  }
}

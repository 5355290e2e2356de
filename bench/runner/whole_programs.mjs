// Membership inside whole programs: nginx's geo, asked by a module of ours from inside nginx, and HAProxy's ACL trees,
// by what a long chain of look-ups adds to a request.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayCpu, loadCpu } from './gateways.mjs';
import { freePort, has, run, Server } from './processes.mjs';
import { summarise } from './statistics.mjs';

// nginx wants ranges as "first-last", CIDR blocks as they are.
function asRange(block) {
  const [base, length] = block.split('/');
  const first = base.split('.').reduce((n, octet) => n * 256 + Number(octet), 0);
  const last = first + 2 ** (32 - Number(length)) - 1;
  return `${base}-${[24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.')}`;
}

async function nginxGeo({ dir, module, table, ranges, rounds }) {
  const home = join(dir, `geo-${table}${ranges ? '-ranges' : ''}`);
  mkdirSync(home, { recursive: true });
  const blocks = readFileSync(join(dir, `${table}.prefixes`), 'utf8').trim().split('\n');
  writeFileSync(join(home, 'geo.conf'), `${blocks.map((block) => `${ranges ? asRange(block) : block} 1;`).join('\n')}\n`);
  const port = await freePort();
  writeFileSync(
    join(home, 'nginx.conf'),
    `load_module ${module};
daemon off; master_process off; pid ${home}/pid; error_log ${home}/error.log warn;
events { worker_connections 16; }
http {
  access_log off; client_body_temp_path ${home}/1; proxy_temp_path ${home}/2; fastcgi_temp_path ${home}/3;
  uwsgi_temp_path ${home}/4; scgi_temp_path ${home}/5;
  geo $inside { ${ranges ? 'ranges;' : ''} default 0; include ${home}/geo.conf; }
  server { listen 127.0.0.1:${port}; location / { bench_membership $inside ${dir}/${table}.queries; } }
}
`,
  );
  const server = new Server(`geo of ${table}`, [...gatewayCpu, 'nginx', '-p', home, '-e', `${home}/error.log`, '-c', `${home}/nginx.conf`], {
    log: join(home, 'log'),
  });
  await server.listening(port, 120);
  const memory = residentBytes(server.pid);
  const values = [];
  for (let round = -1; round < rounds; ++round) {
    const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    if (round >= 0) values.push(Number(answer.split(' ')[0]));
  }
  await server.stop();
  return { ns: summarise(values), resident_bytes: memory };
}

function residentBytes(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0) * 1024;
}

const lookUps = 400;

// Addresses are drawn by the proxy itself, uniformly from all of IPv4; the next one depends on the last answer.
function haproxyConf(port, file) {
  const step = file
    ? `  http-request set-var(txn.a) var(txn.a),mul(1664525),add(1013904223),and(4294967295)
  http-request set-var(txn.h) var(txn.a),map_ip_int(${file},0)
  http-request set-var(txn.a) var(txn.a),xor(txn.h)
`
    : `  http-request set-var(txn.a) var(txn.a),mul(1664525),add(1013904223),and(4294967295)
  http-request set-var(txn.h) var(txn.a),and(1)
  http-request set-var(txn.a) var(txn.a),xor(txn.h)
`;
  return `global
  nbthread 1
  tune.pattern.cache-size 0
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend bench
  bind 127.0.0.1:${port}
  http-request set-var(txn.a) rand(2147483647)
${step.repeat(lookUps)}  http-request return status 200
`;
}

async function startHaproxy(dir, name, file) {
  const port = await freePort();
  const conf = join(dir, `${name}.cfg`);
  writeFileSync(conf, haproxyConf(port, file));
  const server = new Server(name, [...gatewayCpu, 'haproxy', '-db', '-f', conf], { log: join(dir, `${name}.log`) });
  await server.listening(port, 180);
  return { server, port };
}

async function requestNs({ server, port }, seconds) {
  const before = server.cpuNanoseconds();
  const out = await run([...loadCpu, 'wrk', '-t1', '-c8', `-d${seconds}s`, `http://127.0.0.1:${port}/`], { quiet: true });
  const requests = Number(out.match(/(\d+) requests in/)[1]);
  return (server.cpuNanoseconds() - before) / requests;
}

async function haproxyTree({ dir, table, rounds, seconds }) {
  const map = join(dir, `${table}.map`);
  writeFileSync(map, readFileSync(join(dir, `${table}.prefixes`), 'utf8').replace(/$/gm, ' 1').replace(/\n 1$/, '\n'));
  const without = await startHaproxy(dir, `haproxy-${table}-without`, undefined);
  const empty = residentBytes(without.server.pid);
  const asked = await startHaproxy(dir, `haproxy-${table}`, map);
  const memory = residentBytes(asked.server.pid) - empty;
  const values = [];
  for (let round = -1; round < rounds; ++round) {
    const base = await requestNs(without, seconds);
    const all = await requestNs(asked, seconds);
    if (round >= 0) values.push((all - base) / lookUps);
  }
  await without.server.stop();
  await asked.server.stop();
  return { ns: summarise(values), resident_bytes: memory };
}

// Adds rows like those of bench_membership, for the tables that bench_membership has written to dir.
export async function wholePrograms({ dir, module, tables, quick, say, rows }) {
  const rounds = quick ? 2 : 7;
  for (const table of tables) {
    const prefixes = readFileSync(join(dir, `${table}.prefixes`), 'latin1').split('\n').length - 1;
    const family = table.endsWith('v6') ? 'v6' : 'v4';
    const add = (contender, result) =>
      rows.push({ kind: 'membership', table, family, prefixes, contender, mode: 'dependent', pages: '4k', ns: result.ns, bytes: result.resident_bytes });
    say(`nginx geo: ${table}`);
    // Ranges must not overlap one another: random blocks do.
    add('nginx geo', await nginxGeo({ dir, module, table, ranges: false, rounds }));
    if (table === 'internet-v4') add('nginx geo, ranges', await nginxGeo({ dir, module, table, ranges: true, rounds }));
    if (family === 'v4' && has('haproxy')) {
      say(`HAProxy: ${table}`);
      add('HAProxy map_ip', await haproxyTree({ dir, table, rounds, seconds: quick ? 1 : 2 }));
    }
  }
}

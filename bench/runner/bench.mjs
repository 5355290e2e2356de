// Runs the benchmarks, prints their tables, and writes JSON and plots. Started by script/bench, which builds first.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiBench } from './api.mjs';
import { consoleBench } from './console.mjs';
import { daemonBench } from './daemon.mjs';
import { machine } from './machine.mjs';
import { rowsOf, stopAll } from './processes.mjs';
import { report } from './report.mjs';
import { growthBench, requestBench } from './request.mjs';
import { costBench, flowBench, usageBench } from './usage.mjs';
import { wholePrograms } from './whole_programs.mjs';

const parts = ['membership', 'decide', 'request', 'growth', 'start', 'change', 'import', 'cost', 'usage', 'flow', 'console', 'api'];
const { values: options } = parseArgs({
  options: {
    root: { type: 'string' },
    build: { type: 'string' },
    data: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string', default: parts.join(',') },
    quick: { type: 'boolean', default: false },
    keys: { type: 'string' },
    tables: { type: 'string', default: '' },
    seconds: { type: 'string', default: '180' },
    rate: { type: 'string' },
  },
});
const chosen = options.only.split(',');
for (const part of chosen) {
  if (!parts.includes(part)) {
    console.error(`bench: no part "${part}"; there are ${parts.join(', ')}`);
    process.exit(2);
  }
}
const wanted = (part) => chosen.includes(part);
const sizesOr = (usual) => options.keys?.split(',').map(Number) ?? usual;
const { quick } = options;
const programs = join(options.build, 'bench');
const say = (what) => console.error(`  ${what}`);
const isRoot = process.getuid() === 0;

// Each part adds to its rows as it goes, so that what was measured is kept when something later fails.
async function membership(rows) {
  for (const pages of ['4k', 'huge']) {
    say(`membership, pages ${pages}`);
    rows.push(
      ...(await rowsOf([join(programs, 'bench_membership'), '--peers', `--pages=${pages}`, `--data=${options.data}`, `--scratch=${os.tmpdir()}`,
        `--prefixes=${quick ? 1000 : 1_000_000}`, `--rounds=${quick ? 3 : 11}`, `--milliseconds=${quick ? 5 : 50}`, `--tables=${options.tables}`])),
    );
  }
  const dump = join(dir, 'tables');
  mkdirSync(dump);
  await rowsOf([join(programs, 'bench_membership'), `--dump=${dump}`, `--data=${options.data}`, `--prefixes=${quick ? 1000 : 1_000_000}`]);
  const tables = (quick ? ['random-1000-v4'] : ['internet-v4', 'random-1000000-v4', 'internet-v6']).filter(
    (table) => options.tables === '' || options.tables.split(',').includes(table),
  );
  try {
    await wholePrograms({ dir: dump, module: join(programs, 'bench_nginx_membership.so'), tables, quick, say, rows });
  } catch (error) {
    failed = true; // what was measured is kept
    console.error(`bench: ${error.message}`);
  }
  rmSync(dump, { recursive: true });
}

async function decide(rows) {
  for (const keys of quick ? [1_000, 10_000] : [10_000, 1_000_000, 10_000_000]) {
    for (const pages of isRoot ? ['4k', 'huge'] : ['4k']) {
      for (const profile of ['short', 'layers']) {
        say(`decisions, ${keys.toLocaleString('en')} keys, ${profile}, pages ${pages}`);
        const room = keys * 700 + 2 ** 30;
        if (os.freemem() < room && availableMemory() < room) {
          say(`left out: wants ${Math.ceil(room / 2 ** 30)} GiB of free memory`);
          continue;
        }
        rows.push(
          ...(await rowsOf([join(programs, 'bench_decide'), `--keys=${keys}`, `--profile=${profile}`, `--pages=${pages}`,
            `--rounds=${quick ? 3 : 9}`, `--milliseconds=${quick ? 10 : 150}`, ...(quick ? ['--global=1000', '--questions=20000'] : [])])),
        );
      }
    }
  }
}

const moduleFile = (folder) => join(folder, readdirSync(folder).find((file) => file.endsWith('.so')));

const availableMemory = () => Number(readFileSync('/proc/meminfo', 'utf8').match(/^MemAvailable:\s+(\d+)/m)[1]) * 1024;

let failed = false;
const started = new Date();
const about = machine();
const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'keyfence-bench-'));
mkdirSync(options.out, { recursive: true });
const results = {};
// Writes what a part has measured so far, so that a run that is cut off keeps it.
function keep(part) {
  about.load_after = os.loadavg()[0];
  const file = join(options.out, `${part}.json`);
  writeFileSync(file, `${JSON.stringify({ measured: started.toISOString(), quick, machine: about, rows: results[part] }, null, 1)}\n`);
}
try {
  if (wanted('membership')) await membership((results.membership = []));
  if (wanted('decide')) await decide((results.decide = []));
  if (wanted('request') || wanted('growth')) {
    const common = {
      programs,
      dir,
      module: moduleFile(join(options.build, 'gateways/nginx')),
      directives: (policyDir) => ({
        // Nothing drains here: the spool has room for the whole run.
        http: `  keyfence_policy ${policyDir};\n  keyfence_spool_bytes_max ${8 * 2 ** 30};`,
        location: 'keyfence on;',
      }),
      quick,
      say,
    };
    if (wanted('request')) results.request = await requestBench(common);
    if (wanted('growth')) {
      const sizes = sizesOr(quick ? [1_000, 10_000] : [10_000, 1_000_000, 10_000_000]);
      await growthBench((results.growth = []), { ...common, sizes, keep: () => keep('growth') });
    }
  }
  if (wanted('cost')) {
    const module = moduleFile(join(options.build, 'gateways/nginx'));
    await costBench((results.cost = []), { programs, dir, module, quick, say, keep: () => keep('cost') });
  }
  if (wanted('start') || wanted('change') || wanted('import')) {
    const keyfence = join(options.build, 'apps/keyfence/keyfence');
    results.daemon = [];
    for (const keys of sizesOr(quick ? [10_000] : [10_000, 1_000_000])) {
      results.daemon.push(...(await daemonBench({ root: options.root, programs, keyfence, disk: os.tmpdir(), memory: dir, wanted, quick, keys, say })));
    }
  }
  if (wanted('usage')) {
    await usageBench((results.usage = []), { programs, quick, say, keep: () => keep('usage') });
  }
  if (wanted('flow')) {
    results.flow = [];
    await flowBench(results.flow, {
      dir,
      disk: os.tmpdir(),
      keyfence: join(options.build, 'apps/keyfence/keyfence'),
      module: moduleFile(join(options.build, 'gateways/nginx')),
      seconds: quick ? 5 : Number(options.seconds),
      rate: options.rate && Number(options.rate),
      quick,
      say,
      keep: () => keep('flow'),
    });
  }
  if (wanted('console')) {
    results.console = [];
    const keyfence = join(options.build, 'apps/keyfence/keyfence');
    await consoleBench(results.console, { root: options.root, programs, keyfence, disk: os.tmpdir(), quick, say });
  }
  if (wanted('api')) {
    const keys = Number(options.keys?.split(',').at(-1) ?? (quick ? 10_000 : 1_000_000));
    const keyfence = join(options.build, 'apps/keyfence/keyfence');
    await apiBench((results.api = []), { root: options.root, programs, keyfence, disk: os.tmpdir(), memory: dir, quick, keys, say });
  }
} catch (error) {
  failed = true;
  console.error(`bench: ${error.message}`);
} finally {
  await stopAll();
  spawnSync('umount', ['--quiet', join(dir, 'huge')]); // where the part request has mounted it
  rmSync(dir, { recursive: true, force: true });
}

for (const part of Object.keys(results)) keep(part);
report(options.out, Object.keys(results));
if (failed) process.exit(1);

// Runs clang-tidy over the sources of a build folder, some at a time, and remembers which were clean.
//
//   node script/tidy.mjs --build DIR --cache DIR [--seconds N]
//
// A source is clean for as long as its text, the text of our own headers that it includes, its compile command,
// .clang-tidy and the version of clang-tidy are the same. With --seconds, no source is begun after that time.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { build: { type: 'string' }, cache: { type: 'string' }, seconds: { type: 'string', default: '0' } },
});
const root = process.env.KEYFENCE_ROOT ?? process.cwd();
const endsAt = Number(options.seconds) > 0 ? Date.now() + Number(options.seconds) * 1000 : Infinity;
mkdirSync(options.cache, { recursive: true });

// What only g++ knows is taken out of the commands.
const gccOnly = /\s-(fno-gnu-unique|Wno-restrict|Wno-maybe-uninitialized|Wno-stringop-overflow)(?=\s)/g;
const commands = JSON.parse(readFileSync(join(options.build, 'compile_commands.json'), 'utf8'))
  .filter(({ file }) => file.startsWith(root) && !file.startsWith(join(root, options.build)) && file.endsWith('.cc'))
  .map((entry) => ({ ...entry, command: entry.command.replace(gccOnly, '') }));
writeFileSync(join(options.cache, 'compile_commands.json'), JSON.stringify(commands));

const texts = new Map();
const textOf = (path) => {
  if (!texts.has(path)) texts.set(path, readFileSync(path, 'utf8'));
  return texts.get(path);
};

/** The source and every file of ours that it includes, directly or not. */
function closureOf(source) {
  const seen = new Set([source]);
  for (const path of seen) {
    for (const [, included] of textOf(path).matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)) {
      const header = join(root, included);
      if (existsSync(header)) seen.add(header);
    }
  }
  return [...seen].sort();
}

// The analyzer walks every path; through what GoogleTest's macros make of a test that takes minutes and finds nothing.
const isTest = (file) => /_test\.cc$|\/testing\//.test(file);
const argumentsFor = (file) => [
  '-p', options.cache, '--quiet', '--extra-arg=-Wno-unknown-warning-option',
  ...(isTest(file) ? ['--checks=-clang-analyzer-*'] : []),
];

const common = [execFileSync('clang-tidy', ['--version']), textOf(join(root, '.clang-tidy'))].join();
function stampOf({ file, command }) {
  const hash = createHash('sha256').update(common).update(command).update(argumentsFor(file).join());
  for (const path of closureOf(file)) hash.update(path).update(textOf(path));
  return join(options.cache, hash.digest('hex'));
}

const waiting = commands
  .map((entry) => ({ ...entry, stamp: stampOf(entry) }))
  .filter(({ stamp }) => !existsSync(stamp))
  .sort((a, b) => isTest(a.file) - isTest(b.file)); // where time ends, it ends among the tests
const known = commands.length - waiting.length;
let [checked, notReached] = [0, 0];
const unclean = [];

async function checkSome() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (Date.now() > endsAt) {
      notReached += 1;
      continue;
    }
    const began = Date.now();
    const name = relative(root, next.file);
    const { code, output } = await new Promise((resolve) => {
      const child = spawn('clang-tidy', [...argumentsFor(next.file), next.file]);
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      child.on('close', (code) => resolve({ code, output }));
    });
    checked += 1;
    console.log(`[${known + checked} of ${commands.length}] clang-tidy ${name} (${Math.round((Date.now() - began) / 1000)} s)`);
    if (code === 0) writeFileSync(next.stamp, '');
    else {
      unclean.push(name);
      console.log(output.replace(/^\d+ warnings? generated\.\n/gm, ''));
    }
  }
}
await Promise.all(Array.from({ length: availableParallelism?.() ?? cpus().length }, checkSome));

console.log(`clang-tidy: ${checked} checked, ${known} unchanged, ${notReached} not reached, ${unclean.length} not clean`);
if (unclean.length > 0) process.exit(1);

// script/bootstrap, with the commands that look at the machine or change it replaced.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { root } from './tree.mjs';

/** Runs script/bootstrap where dpkg knows the given packages, as the given user; apt-get only notes its arguments. */
function bootstrap({ installed, uid, removes = [] }, ...groups) {
  const dir = mkdtempSync(join(tmpdir(), 'keyfence-bootstrap-'));
  const write = (name, text) => {
    writeFileSync(join(dir, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(dir, name), 0o755);
  };
  writeFileSync(join(dir, 'installed'), installed.join('\n'));
  write('dpkg-query', `grep -qxF -- "\${@: -1}" '${dir}/installed' && printf installed`);
  write('id', `echo ${uid}`);
  write(
    'apt-get',
    `echo "$*" >>'${dir}/calls'
     if [ "$1" = -s ]; then printf '%s\\n' ${removes.map((name) => `'Remv ${name} [1]'`).join(' ')}; exit; fi
     case "$*" in *" install "*) while read -r p; do echo "$p" >>'${dir}/installed'; done < <(tr ' ' '\\n' <<<"$*");; esac`,
  );
  const { status, stdout, stderr } = spawnSync(join(root, 'script/bootstrap'), groups, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${dir}:${process.env.PATH}` },
  });
  const calls = existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n') : [];
  rmSync(dir, { recursive: true });
  return { status, output: stdout + stderr, calls };
}

const everything = [...readFileSync(join(root, 'script/packages'), 'utf8').matchAll(/^[a-z]+ +(\S+)/gm)].map(([, p]) => p);
const without = (...names) => everything.filter((name) => !names.includes(name));

test('with every package there nothing is installed, root or not', () => {
  for (const uid of [0, 1000]) {
    assert.deepEqual(bootstrap({ installed: everything, uid }), { status: 0, output: '', calls: [] });
  }
});

test('an ordinary user is told the command that root has to run', () => {
  const { status, output, calls } = bootstrap({ installed: without('cmake', 'nginx'), uid: 1000 }, 'build', 'runtime');
  assert.equal(status, 1);
  assert.match(output, /^ +apt-get update && apt-get install --no-install-recommends -y cmake nginx$/m);
  assert.deepEqual(calls, []);
});

test('root installs exactly what is missing, after reading the package lists', () => {
  const { status, calls } = bootstrap({ installed: without('cmake', 'valgrind'), uid: 0 }, 'build');
  assert.equal(status, 0);
  assert.equal(calls.length, 3);
  assert.match(calls[0], /update$/);
  assert.match(calls[2], / install --no-install-recommends -y cmake$/);
});

test("another Boost's headers give way, and nothing else does", () => {
  const missing = { installed: without('libboost1.81-dev'), uid: 0 };
  assert.equal(bootstrap({ ...missing, removes: ['libboost1.74-dev', 'libboost-dev'] }, 'build').status, 0);
  const { status, output, calls } = bootstrap({ ...missing, removes: ['libboost1.74-dev', 'mysql'] }, 'build');
  assert.equal(status, 1);
  assert.match(output, /would remove .*mysql/);
  assert.ok(!calls.some((call) => call.includes(' install --') && !call.startsWith('-s')));
});

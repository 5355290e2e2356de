// KEYFENCE_MODULE: the built module. KEYFENCE_BUILD: its build folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'node:test';

import { findForbiddenExports, findForbiddenShared, findForbiddenStatic } from './link_line.mjs';

const { KEYFENCE_MODULE: moduleFile, KEYFENCE_BUILD: build } = process.env;
const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });

test('the module needs no library but the C and C++ runtimes and libcrypto', () => {
  const needed = output('readelf', '-d', moduleFile);
  assert.match(needed, /NEEDED.*libc\.so/, 'readelf answered');
  assert.deepEqual(findForbiddenShared(needed), []);
});

test('the module is linked from the data plane alone', () => {
  const inputs = output('ninja', '-C', build, '-t', 'query', relative(build, moduleFile));
  assert.match(inputs, /libkeyfence_policy\.a/, 'ninja answered');
  assert.deepEqual(findForbiddenStatic(inputs), []);
});

test('the module exports only what nginx asks for', () => {
  const exported = output('nm', '-D', '--defined-only', moduleFile);
  assert.match(exported, / ngx_modules$/m, 'nm answered');
  assert.deepEqual(findForbiddenExports(exported), []);
});

// An optimiser that takes a prefetch for nothing removes it, and every decision then waits for its memory in a row.
test('what the image reader fetches ahead of its use is still fetched ahead in the module', () => {
  const image = join(import.meta.dirname, '../../libs/image');
  const sources = readdirSync(image).filter((name) => name.endsWith('.cc'));
  const uses = sources.map((name) => readFileSync(join(image, name), 'utf8').match(/\bfetch_ahead\(/g)?.length ?? 0);
  const asked = uses.reduce((sum, count) => sum + count, 0);
  assert.ok(asked > 0, 'the reader asks for memory ahead');
  const done = output('objdump', '-d', '--no-show-raw-insn', moduleFile).match(/\b(prefetch|prfm)/g)?.length ?? 0;
  assert.ok(done >= asked, `${asked} places fetch ahead; the module has ${done} such instructions`);
});

test('a forbidden library is found', () => {
  const line = (name) => ` 0x0000000000000001 (NEEDED)             Shared library: [${name}]\n`;
  assert.deepEqual(findForbiddenShared(line('libc.so.6') + line('libcrypto.so.3') + line('libstdc++.so.6')), []);
  for (const name of ['libsqlite3.so.0', 'libpq.so.5', 'libboost_json.so.1.81.0', 'libcurl.so.4', 'libssl.so.3']) {
    assert.deepEqual(findForbiddenShared(line('libc.so.6') + line(name)), [name]);
  }
});

test('a forbidden part is found', () => {
  const query = (name) => `m.so:\n  input: CXX_LINK\n    a/b.cc.o\n    libs/net/libkeyfence_net.a\n    | libs/x/${name}\n` +
    '  outputs:\n    libkeyfence_admin.a\n';
  assert.deepEqual(findForbiddenStatic(query('libkeyfence_usage.a')), []);
  assert.deepEqual(findForbiddenStatic(query('libkeyfence_store.a')), ['libkeyfence_store.a']);
});

test('a forbidden symbol is found', () => {
  assert.deepEqual(findForbiddenExports('00000 D ngx_modules\n00000 T _ZN8keyfence6decideEv\n'), ['_ZN8keyfence6decideEv']);
});

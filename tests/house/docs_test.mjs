import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import {
  existsUnder,
  findDeadLinks,
  findMissingCommands,
  findMissingFunctions,
  findMissingPages,
  findUnexplainedPackages,
} from './docs.mjs';
import { filesOf, root } from './tree.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const exists = existsUnder(root);
const documents = [...filesOf((path) => path.endsWith('.md'))];

test('every relative link of every document leads somewhere', () => {
  assert.ok(documents.some(({ path }) => path === 'README.md'));
  assert.deepEqual(findDeadLinks(documents, exists, read), []);
});

test('every script that a document names is there', () => {
  assert.deepEqual(findMissingCommands(documents, exists), []);
});

test('every function that a document links to is in that file', () => {
  assert.ok(documents.some(({ text }) => text.includes('()`](')));
  assert.deepEqual(findMissingFunctions(documents, read), []);
});

test('every page that a source names is there', () => {
  const sources = [...filesOf((path) => /^(libs|apps|gateways)\/.*\.(h|cc|yaml)$/.test(path))];
  assert.ok(sources.some(({ text }) => text.includes('docs/')));
  assert.deepEqual(findMissingPages(sources, exists), []);
});

test('docs/dependencies.md explains every package of script/packages', () => {
  assert.deepEqual(findUnexplainedPackages(read('script/packages'), read('docs/dependencies.md')), []);
});

test('a dead link is found, in a file and in a heading', () => {
  const files = { 'a.md': '# One two\n', 'docs/b.md': '' };
  const dead = (text) => findDeadLinks([{ path: 'docs/b.md', text }], (p) => p in files, (p) => files[p]).length;
  assert.equal(dead('[x](../a.md) [y](../a.md#one-two) [z](https://example.com/q)'), 0);
  assert.equal(dead('[x](a.md)'), 1);
  assert.equal(dead('[x](../a.md#three)'), 1);
  assert.equal(dead('![x](missing.svg "title")'), 1);
  assert.equal(dead('`[x](a.md)`\n```\n[x](a.md)\n```\n'), 0);
});

test('a missing script is found', () => {
  const missing = (text) => findMissingCommands([{ path: 'a.md', text }], (p) => p === 'script/test').length;
  assert.equal(missing('Run `script/test --fast`.'), 0);
  assert.equal(missing('Run `script/tset`.'), 1);
});

test('a missing page is found', () => {
  const missing = (text) => findMissingPages([{ path: 'a.h', text }], (p) => p === 'docs/here.md').length;
  assert.equal(missing('// Source docs/here.md'), 0);
  assert.equal(missing('// Source docs/gone.md; docs/here.md'), 1);
});

test('a missing function is found', () => {
  const missing = (text) => findMissingFunctions([{ path: 'docs/b.md', text }], () => 'int decide(int key);').length;
  assert.equal(missing('[`decide()`](../a.h) [`A::decide()`](../a.h)'), 0);
  assert.equal(missing('[`deci()`](../a.h)'), 1);
  assert.equal(missing('[`decided()`](../a.h)'), 1);
});

test('a package without an explanation is found', () => {
  assert.deepEqual(findUnexplainedPackages('# x\nbuild  g++  # why\ntest   wrk\n', 'uses `g++`'), ['wrk']);
});

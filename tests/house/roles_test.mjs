import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { readRoles, readSummaries, renderRoles, rolesPage } from './roles.mjs';
import { root } from './tree.mjs';

test('docs/roles.md is what the table says', () => {
  assert.equal(readFileSync(join(root, 'docs/roles.md'), 'utf8'), rolesPage());
});

test('an operation without a description is found', () => {
  const roles = readRoles('# method path nobody viewer admin owner operator elsewhere token again\nGET /x 401 yes yes yes yes - yes -');
  const summaries = (path) => readSummaries(`paths:\n  ${path}:\n    get:\n      summary: 'It''s X'\n`);
  assert.match(renderRoles(roles, summaries('/x')), /\| `GET \/x` \| It's X \| 401 \| \*\*yes\*\*/);
  assert.throws(() => renderRoles(roles, summaries('/y')), /lacks GET \/x/);
});

test('a line with a column too few is found', () => {
  assert.throws(() => readRoles('# method path nobody\nGET /x'), /2 columns instead of 3/);
});

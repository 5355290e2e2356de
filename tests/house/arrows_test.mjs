import assert from 'node:assert/strict';
import test from 'node:test';

import { findWrongIncludes } from './arrows.mjs';
import { filesOf } from './tree.mjs';

const found = (path, text) => findWrongIncludes([{ path, text }]).length;

test('every include follows the arrows', () => {
  const files = [...filesOf((path) => /^(libs|apps|gateways)\/.*\.(h|cc|c)$/.test(path))];
  assert.ok(files.length > 20, 'the tree was found');
  assert.deepEqual(findWrongIncludes(files), []);
});

test('an include against an arrow is found', () => {
  assert.equal(found('libs/net/a.cc', '#include "libs/policy/decide.h"\n'), 1);
  assert.equal(found('libs/policy/a.h', '  #  include "libs/store/rows.h"\n'), 1);
  assert.equal(found('gateways/nginx/a.cc', '#include "libs/store/rows.h"\n'), 1);
  assert.equal(found('libs/admin/a.cc', '#include "apps/keyfence/main.h"\n'), 1);
  assert.equal(found('libs/image/a.cc', '#include "libs/usage/spool.h"\n'), 1);
});

test('an include along an arrow is not', () => {
  assert.equal(found('libs/policy/a.cc', '#include "libs/net/ip_address.h"\n#include <vector>\n'), 0);
  assert.equal(found('libs/policy/a.cc', '#include "libs/policy/decide.h"\n'), 0);
  assert.equal(found('apps/keyfence/a.cc', '#include "libs/admin/server.h"\n'), 0);
});

test("nginx's headers outside gateways/nginx are found", () => {
  assert.equal(found('libs/base/a.h', '#include <ngx_http.h>\n'), 1);
  assert.equal(found('gateways/nginx/a.h', '#include <ngx_http.h>\n'), 0);
});

test('a part that the table does not know, and a path that climbs, are found', () => {
  assert.equal(found('libs/misc/a.h', ''), 1);
  assert.equal(found('libs/net/a.h', '#include "libs/misc/b.h"\n'), 1);
  assert.equal(found('libs/net/a.h', '#include "../policy/decide.h"\n'), 1);
});

// Internal redirects: nginx forgets what a module keeps of a request, and the request meets the access phase again.
import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';
import { eventually } from '../lib/net.ts';

const policy = {
  accounts: [{ id: 1 }],
  keys: [
    { id: 11, account: 1, secret: goodKey, scopes: ['read'] },
    { id: 12, account: 1, secret: otherKey, scopes: ['read', 'write'] },
    { id: 13, account: 1, secret: 'revoked', state: 'revoked' as const },
  ],
};

test('a denial is not handed to error_page @core', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      error_page 401 403 503 = @open;
      proxy_intercept_errors on;
      location / { keyfence on; ${proxied} }
      location /write { keyfence on; keyfence_scope write; error_page 403 /open; ${proxied} }
      location /open { ${proxied} }
      location @open { ${proxied} }`,
  });
  const missing = await gateway.ask('/x');
  expect(missing.status).toBe(401);
  expect(missing.json()).toMatchObject({ error: { code: 'INVALID_API_KEY' } });
  expect(await gateway.logged(missing)).toMatchObject({ decision: 'deny', reason: 'key_missing', status: '401' });
  const scope = await gateway.ask('/write', { key: goodKey });
  expect(scope.status).toBe(403);
  expect(await gateway.logged(scope)).toMatchObject({ decision: 'deny', reason: 'scope_missing' });
  expect(upstream.count).toBe(0);
});

test('a denied request is not led on by post_action', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      location / { keyfence on; post_action /after; ${proxied} }
      location /after { ${proxied} }`,
  });
  expect((await gateway.ask('/x')).status).toBe(401);
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
  await eventually('the post_action of the allowed request', () => upstream.counts.get('/after') === 1);
  expect((await gateway.ask('/x')).status).toBe(401);
  expect(upstream.requests.map((seen) => seen.url)).toEqual(['/x', '/after']);
});

test('an open location that leads into a fenced one does not lead past the fence @core', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      location /try { try_files /none @fenced; }
      location /try-uri { try_files /none /fenced/x; }
      location /rewritten { rewrite ^ /fenced/y last; }
      location /missing { root /nowhere; error_page 404 = @fenced; }
      location /missing-uri { root /nowhere; error_page 404 /fenced/z; }
      location = /etc/ { root /; index none-of-these /fenced/i; }
      location /accel { ${proxied} }
      location /fenced/ { internal; keyfence on; ${proxied} }
      location @fenced { keyfence on; ${proxied} }`,
  });
  upstream.reply = (seen) =>
    seen.url.startsWith('/accel') && !seen.headers.some(([name]) => name === 'X-Keyfence-Key')
      ? { headers: { 'X-Accel-Redirect': seen.url.slice('/accel?to='.length), 'Set-Cookie': 'of=the-first' } }
      : undefined;
  const paths = ['/try', '/try-uri', '/rewritten', '/missing', '/missing-uri', '/etc/', '/accel?to=/fenced/a', '/accel?to=@fenced'];
  for (const path of paths) {
    const before = upstream.requests.filter((seen) => !seen.url.startsWith('/accel?')).length;
    const denied = await gateway.ask(path);
    expect(denied.status, path).toBe(401);
    expect(denied.lines('set-cookie'), path).toEqual([]);
    expect(await gateway.logged(denied), path).toMatchObject({ decision: 'deny', reason: 'key_missing' });
    expect(upstream.requests.filter((seen) => !seen.url.startsWith('/accel?')).length, path).toBe(before);
    const allowed = await gateway.ask(path, { key: goodKey });
    expect(allowed.status, path).toBe(path.startsWith('/missing-uri') ? 404 : 200);
    const last = upstream.requests.at(-1)!;
    expect(JSON.stringify(last.headers), path).not.toContain(goodKey);
    expect(last.headers.map(([, value]) => value), path).toContain('key_000000000000b');
    expect(await gateway.logged(allowed), path).toMatchObject({ decision: 'allow', key: 'key_000000000000b' });
  }
});

test('what was decided is known after a redirect to an open location, and logged', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      location / { keyfence on; proxy_intercept_errors on; error_page 404 = @open; ${proxied} }
      location @open { ${proxied} }`,
  });
  upstream.reply = (seen) => (upstream.counts.get(seen.url) === 1 ? { status: 404 } : undefined);
  const answer = await gateway.ask('/x', { key: goodKey });
  expect(answer.status).toBe(200);
  expect(answer.upstreamHeader('x-keyfence-key')).toBe('key_000000000000b');
  expect(answer.upstreamHeader('x-request-id')).toBe(answer.requestId);
  expect(answer.upstreamHeader('authorization')).toBeUndefined();
  expect(await gateway.logged(answer)).toMatchObject({ decision: 'allow', reason: 'allowed', key: 'key_000000000000b' });
});

test('a redirect to a location that asks for more asks again @core', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      location /read { keyfence on; keyfence_scope read; ${proxied} }
      location /watch { keyfence monitor; ${proxied} }
      location /write/ { internal; keyfence on; keyfence_scope write; ${proxied} }
      location /same/ { internal; keyfence on; keyfence_scope read; ${proxied} }
      location /strict/ { internal; keyfence on; ${proxied} }`,
  });
  upstream.reply = (seen) => {
    const to = /\?to=(.*)$/.exec(seen.url)?.[1];
    return to ? { headers: { 'X-Accel-Redirect': to } } : undefined;
  };
  expect((await gateway.ask('/read?to=/write/x', { key: goodKey })).status).toBe(403);
  expect((await gateway.ask('/read?to=/write/x', { key: otherKey })).status).toBe(200);
  expect((await gateway.ask('/read?to=/same/x', { key: goodKey })).status).toBe(200);
  expect((await gateway.ask('/watch?to=/strict/x')).status).toBe(401);
  expect((await gateway.ask('/watch?to=/strict/x', { key: 'revoked' })).status).toBe(401);
  expect((await gateway.ask('/watch?to=/strict/x', { key: goodKey })).status).toBe(200);
});

test('a redirect to a location that asks for nothing more does not ask again', async ({ start, upstream }) => {
  const gateway = await start({
    image: policy,
    server: `
      location / { keyfence on; keyfence_scope read; ${proxied} }
      location /second/ { internal; keyfence on; keyfence_scope read; ${proxied} }`,
  });
  upstream.reply = (seen) => (seen.url === '/first' ? { headers: { 'X-Accel-Redirect': '/second/x' } } : undefined);
  // Between the two the key is revoked: the request was decided before.
  let revoked: Promise<number> | undefined;
  const reply = upstream.reply;
  upstream.reply = (seen) => {
    revoked ??= gateway.image.putKey({ id: 11, account: 1, secret: goodKey, state: 'revoked' });
    return reply(seen);
  };
  expect((await gateway.ask('/first', { key: goodKey })).status).toBe(200);
  await revoked;
  expect((await gateway.ask('/first', { key: goodKey })).status).toBe(401);
});

test('a location that answers with return is not fenced, and the log says so once', async ({ start }) => {
  const gateway = await start({ server: `location /health { keyfence on; return 200 "fine"; }` });
  for (let i = 0; i < 3; ++i) expect((await gateway.ask('/health')).body).toBe('fine');
  const warnings = gateway.nginx.errors().match(/\[warn\].*location "\/health" answered before the fence was asked/g);
  expect(warnings).toHaveLength(1);
});

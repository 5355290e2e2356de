import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';
import type { ErrorStyle } from '../lib/policy.ts';

const server = `
  keyfence on;
  location / { ${proxied} }
  location /read { keyfence_scope messages:read; ${proxied} }
  location /both { keyfence_scope messages:read messages:write; ${proxied} }
  location /outer { keyfence_scope messages:write; location /outer/inner { ${proxied} } ${proxied} }
`;

test('a route asks for scopes, all of them, and its inner routes inherit them @core', async ({ start }) => {
  const gateway = await start({
    server,
    image: {
      accounts: [{ id: 1 }],
      keys: [
        { id: 1, account: 1, secret: 'reader', scopes: ['messages:read'] },
        { id: 2, account: 1, secret: 'writer', scopes: ['messages:read', 'messages:write', 'other'] },
        { id: 3, account: 1, secret: 'nothing' },
      ],
    },
  });
  const table: [string, string, number][] = [
    ['/x', 'nothing', 200],
    ['/read', 'nothing', 403],
    ['/read', 'reader', 200],
    ['/read', 'writer', 200],
    ['/both', 'reader', 403],
    ['/both', 'writer', 200],
    ['/outer/inner', 'reader', 403],
    ['/outer/inner', 'writer', 200],
  ];
  for (const [path, key, status] of table) {
    const answer = await gateway.ask(path, { key });
    expect(answer.status, `${path} ${key}`).toBe(status);
    if (status === 403) {
      expect(answer.json()).toEqual({ error: { code: 'INSUFFICIENT_SCOPE', message: expect.any(String) } });
      expect((await gateway.logged(answer)).reason).toBe('scope_missing');
    }
  }
});

test('the instance picks the style of error bodies, an account may pick its own @core', async ({ start }) => {
  const nowhere = { entries: ['198.51.100.1'] };
  const styles: ErrorStyle[] = ['envelope', 'flat', 'problem'];
  const gateway = await start({
    server,
    image: {
      instance: { error_style: 'flat' },
      accounts: [{ id: 9 }, ...styles.map((error_style, i) => ({ id: i + 1, error_style }))],
      keys: [
        { id: 9, account: 9, secret: 'default', allowlist: nowhere },
        ...styles.map((style, i) => ({ id: i + 1, account: i + 1, secret: style, allowlist: nowhere })),
      ],
    },
  });
  const flat = { error: 'ip_not_allowed', message: 'Request IP is not in the allowed list', status: 403 };
  const envelope = await gateway.ask('/x', { key: 'envelope' });
  expect(envelope.status).toBe(403);
  expect(envelope.headers['content-type']).toBe('application/json');
  expect(envelope.json()).toEqual({
    error: { code: 'IP_NOT_ALLOWED', message: "Request IP address is not in the API key's allowlist" },
  });
  expect((await gateway.ask('/x', { key: 'flat' })).json()).toEqual(flat);
  expect((await gateway.ask('/x', { key: 'default' })).json()).toEqual(flat);
  const problem = await gateway.ask('/x', { key: 'problem' });
  expect(problem.headers['content-type']).toBe('application/problem+json');
  expect(problem.json()).toMatchObject({ status: 403, request_id: problem.requestId });
  expect(Object.keys(problem.json()).sort()).toEqual(['detail', 'request_id', 'status', 'title', 'type']);
  expect((await gateway.ask('/x')).json()).toMatchObject({ error: 'invalid_api_key', status: 401 });
});

test('HEAD is refused with the headers of GET and no body', async ({ start }) => {
  const gateway = await start({ server });
  const get = await gateway.ask('/x');
  const head = await gateway.ask('/x', { method: 'HEAD' });
  expect(head.status).toBe(401);
  expect(head.body).toBe('');
  expect(head.headers['content-length']).toBe(get.headers['content-length']);
  expect(head.headers['www-authenticate']).toBe('Bearer');
});

test('every method is fenced', async ({ start, upstream }) => {
  const gateway = await start({ server });
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    expect((await gateway.ask('/x', { method })).status, method).toBe(401);
    expect((await gateway.ask('/x', { method, key: goodKey })).status, method).toBe(200);
  }
  expect(upstream.count).toBe(7);
});

test('variables tell of each request what was decided @core', async ({ start }) => {
  const gateway = await start({
    server: `${server} location /off { keyfence off; ${proxied} }`,
    image: {
      instance: { allowlist: { mode: 'monitor', entries: ['198.51.100.0/24'] } },
      accounts: [{ id: 1, allowlist: { entries: ['127.0.0.0/8'] } }],
      keys: [
        { id: 11, account: 1, secret: goodKey },
        { id: 12, account: 1, secret: otherKey, allowlist: { entries: ['127.0.0.5'] } },
      ],
    },
  });
  const good = await gateway.ask('/x', { key: goodKey });
  expect(await gateway.logged(good)).toMatchObject({
    decision: 'allow',
    reason: 'allowed',
    layer: 'global',
    would_deny: 'address_denied_global',
    key: 'key_000000000000b',
    account: 'acc_0000000000001',
    revision: '1',
    client_address: '127.0.0.1',
    status: '200',
  });
  const other = await gateway.ask('/x', { key: otherKey });
  expect(await gateway.logged(other)).toMatchObject({
    decision: 'deny',
    reason: 'address_denied_key',
    layer: 'key',
    key: 'key_000000000000c',
    status: '403',
  });
  const missing = await gateway.ask('/x');
  expect(await gateway.logged(missing)).toMatchObject({ decision: 'deny', reason: 'key_missing', key: '-', layer: 'none' });
  const off = await gateway.ask('/off', { key: goodKey });
  expect(await gateway.logged(off)).toMatchObject({ decision: '-', reason: '-', key: '-', client_address: '-' });
});

test('a variable that is read before the decision does not stand for the one after it', async ({ start }) => {
  const gateway = await start({
    server: `
      keyfence on;
      location / {
        if ($keyfence_decision = "allow") { return 418; }
        set $early "[$keyfence_key]";
        proxy_set_header X-Early $early;
        proxy_set_header X-Late "[$keyfence_key]";
        ${proxied}
      }`,
  });
  const answer = await gateway.ask('/x', { key: goodKey });
  expect(answer.status).toBe(200);
  expect(answer.upstreamHeader('x-early')).toBe('[]');
  expect(answer.upstreamHeader('x-late')).toBe('[key_000000000000b]');
});

test('a location in monitor lets everything go on, and records it @core', async ({ start }) => {
  const gateway = await start({
    server: `location / { keyfence monitor; keyfence_scope messages:write; ${proxied} }`,
    image: {
      accounts: [{ id: 1 }],
      keys: [
        { id: 11, account: 1, secret: goodKey, scopes: ['messages:write'], allowlist: { entries: ['198.51.100.1'] } },
        { id: 12, account: 1, secret: otherKey },
        { id: 13, account: 1, secret: 'expired', expires_at: 1 },
        { id: 14, account: 1, secret: 'fine', scopes: ['messages:write'] },
      ],
    },
  });
  const table: [string | undefined, string, string, string][] = [
    [undefined, 'key_missing', '-', 'none'],
    ['nobody', 'key_unknown', '-', 'none'],
    ['expired', 'key_expired', 'key_000000000000d', 'none'],
    [otherKey, 'scope_missing', 'key_000000000000c', 'none'],
    [goodKey, 'address_denied_key', 'key_000000000000b', 'key'],
    ['fine', '-', 'key_000000000000e', 'none'],
  ];
  for (const [key, would_deny, id, layer] of table) {
    const answer = await gateway.ask('/x', key ? { key } : {});
    expect(answer.status, key).toBe(200);
    expect(answer.upstreamHeader('authorization')).toBeUndefined();
    expect(await gateway.logged(answer)).toMatchObject({ decision: 'allow', reason: 'allowed', would_deny, key: id, layer });
  }
});

test('a location in monitor without any policy lets requests go on', async ({ start }) => {
  const gateway = await start({ server: `location / { keyfence monitor; ${proxied} }`, image: null });
  const answer = await gateway.ask('/x', { key: goodKey });
  expect(answer.status).toBe(200);
  expect(await gateway.logged(answer)).toMatchObject({ decision: 'allow', would_deny: 'no_policy' });
});

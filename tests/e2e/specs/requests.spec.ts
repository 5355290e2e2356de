// Subrequests, HTTP/2, keepalive, bodies.
import http from 'node:http';

import { Http2Client, raw, statuses } from '../lib/client.ts';
import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';
import { eventually } from '../lib/net.ts';

test('auth_request: the fence comes first, and its subrequest is not checked again', async ({ start, upstream }) => {
  const gateway = await start({
    server: `
      keyfence on;
      location / { auth_request /auth; ${proxied} }
      location /auth { internal; keyfence_scope nobody-has-this; ${proxied} }`,
  });
  upstream.reply = (seen) => (seen.url === '/auth' && seen.headers.some(([n]) => n === 'X-Refuse') ? { status: 403 } : undefined);
  expect((await gateway.ask('/x')).status).toBe(401);
  expect(upstream.count).toBe(0);
  const answer = await gateway.ask('/x', { key: goodKey });
  expect(answer.status).toBe(200);
  expect(upstream.counts.get('/auth')).toBe(1);
  const auth = upstream.requests.find((seen) => seen.url === '/auth')!;
  expect(auth.headers).toContainEqual(['X-Keyfence-Key', 'key_000000000000b']);
  expect(JSON.stringify(auth)).not.toContain(goodKey);
  // An allow of ours does not overrule another check.
  expect((await gateway.ask('/x', { key: goodKey, headers: [['X-Refuse', '1']] })).status).toBe(403);
});

test('an allow of ours does not overrule deny', async ({ start, upstream }) => {
  const gateway = await start({ server: `location / { keyfence on; deny all; ${proxied} }` });
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(403);
  expect(upstream.count).toBe(0);
});

test('a page put together from several: one check for the client\'s request @core', async ({ start, upstream }) => {
  const gateway = await start({
    server: `
      keyfence on;
      location / { ssi on; ssi_types *; ${proxied} }
      location /part { keyfence_scope nobody-has-this; ${proxied} }`,
  });
  const page = '<!--# include virtual="/part/1" --><!--# include virtual="/part/2" -->';
  upstream.reply = (seen) => (seen.url.startsWith('/part') ? { body: `[${seen.url}]` } : { body: page, headers: { 'Content-Type': 'text/html' } });
  const answer = await gateway.ask('/page', { key: goodKey });
  expect(answer.body).toBe('[/part/1][/part/2]');
  expect(answer.lines('x-request-id')).toHaveLength(1);
  const ids = upstream.requests.map((seen) => seen.headers.find(([name]) => name === 'X-Request-Id')![1]);
  expect(new Set(ids)).toEqual(new Set([answer.requestId]));
  expect((await gateway.ask('/page')).status).toBe(401);
  expect(upstream.count).toBe(3);
});

test('mirrored requests carry no key and no spoofed identity', async ({ start, upstream }) => {
  const gateway = await start({
    server: `
      keyfence on;
      location / { mirror /mirror; ${proxied} }
      location /mirror { internal; proxy_pass http://api$request_uri; proxy_set_header X-Mirror yes; }`,
  });
  expect((await gateway.ask('/x', { key: goodKey, headers: [['X-Keyfence-Key', 'spoofed']] })).status).toBe(200);
  await eventually('the mirrored request', () => upstream.count === 2);
  expect(JSON.stringify(upstream.requests)).not.toContain(goodKey);
  expect(JSON.stringify(upstream.requests)).not.toContain('spoofed');
  expect((await gateway.ask('/x')).status).toBe(401);
  expect(upstream.count).toBe(2);
});

test('HTTP/2: streams of one connection are decided each by its own key @core', async ({ start, upstream }) => {
  const gateway = await start({ server: `location / { keyfence on; ${proxied} }`, listen: 'http2' });
  const client = await Http2Client.connect(gateway.port);
  const keys = [goodKey, undefined, otherKey, 'unknown', goodKey];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => client.ask(`/x${i}`, keys[i % 5] ? { key: keys[i % 5]! } : {})),
  );
  const expected = [['key_000000000000b', 200], [undefined, 401], ['key_000000000000c', 200], [undefined, 401], ['key_000000000000b', 200]] as const;
  answers.forEach((answer, i) => {
    const [key, status] = expected[i % 5]!;
    expect(answer.status).toBe(status);
    if (key) expect(answer.upstreamHeader('x-keyfence-key')).toBe(key);
    else expect(answer.headers['www-authenticate']).toBe('Bearer');
  });
  expect(new Set(answers.map((answer) => answer.requestId)).size).toBe(100);
  expect(upstream.count).toBe(60);
  const refused = await client.ask('/x', { method: 'POST', body: 'b'.repeat(200_000) });
  expect(refused.status).toBe(401);
  expect((await client.ask('/x', { method: 'POST', key: goodKey, body: 'small' })).seen.body).toBe('small');
  await client.close();
});

test('HTTP/2: two authorization fields are refused', async ({ start, upstream }) => {
  const gateway = await start({ server: `location / { keyfence on; ${proxied} }`, listen: 'http2' });
  const client = await Http2Client.connect(gateway.port);
  const twice: [string, string][] = [['x-api-key', goodKey], ['x-api-key', goodKey]];
  expect((await client.ask('/x', { headers: twice })).status).toBe(401);
  expect(upstream.count).toBe(0);
  await client.close();
});

test('keepalive: each request of a connection is decided by itself @core', async ({ start }) => {
  const gateway = await start({ server: `location / { keyfence on; ${proxied} }` });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 30; ++i) {
    const good = i % 2 === 0;
    const answer = await gateway.ask('/x', { agent, ...(good ? { key: goodKey } : {}) });
    expect(answer.status).toBe(good ? 200 : 401);
  }
  agent.destroy();
});

test('pipelined requests, the bodies of denied ones discarded', async ({ start, upstream }) => {
  const gateway = await start({ server: `location / { keyfence on; ${proxied} }` });
  const post = (path: string, key: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const chunked = (key: string) =>
    `POST /c HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n5\r\n/evil\r\n0\r\n\r\n`;
  const last = `GET /last HTTP/1.1\r\nHost: h\r\nX-API-Key: ${goodKey}\r\nConnection: close\r\n\r\n`;
  const hidden = 'GET /evil HTTP/1.1\r\nHost: h\r\n\r\n';
  const text = await raw(gateway.port, post('/a', 'no', hidden) + post('/b', goodKey, 'body') + chunked('no') + chunked(goodKey) + last);
  expect(statuses(text)).toEqual([401, 200, 401, 200, 200]);
  expect(upstream.requests.map((seen) => `${seen.method} ${seen.url} ${seen.body}`)).toEqual([
    'POST /b body',
    'POST /c GET /evil',
    'GET /last ',
  ]);
});

test('a large body of a denied request is discarded, and the connection goes on', async ({ start, upstream }) => {
  const gateway = await start({ server: `client_max_body_size 8m; location / { keyfence on; ${proxied} }` });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  expect((await gateway.ask('/x', { method: 'POST', body: 'x'.repeat(3_000_000), agent })).status).toBe(401);
  expect((await gateway.ask('/x', { method: 'POST', body: 'y', agent, key: goodKey })).seen.body).toBe('y');
  expect(upstream.count).toBe(1);
  agent.destroy();
});

test('a denied request whose body is broken still gets its denial', async ({ start, upstream }) => {
  const gateway = await start({ server: `error_page 400 = @open; location / { keyfence on; ${proxied} } location @open { ${proxied} }` });
  const text = await raw(gateway.port, 'POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n\r\n');
  expect(statuses(text)).toEqual([401]);
  expect(upstream.count).toBe(0);
});

test('a client that goes away amid its body leaves no trace', async ({ start }) => {
  const gateway = await start({ server: `location / { keyfence on; ${proxied} }` });
  for (let i = 0; i < 20; ++i) {
    await raw(gateway.port, 'POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\npart', { until: (text) => text.includes('401') });
  }
  expect((await gateway.ask('/x', { key: goodKey })).status).toBe(200);
});

import { expect, goodKey, proxied, test } from '../lib/fixtures.ts';
import { raw, statuses } from '../lib/client.ts';

const http = 'underscores_in_headers on; ignore_invalid_headers off;';
const server = `
  location / { keyfence on; ${proxied} }
  location /open { ${proxied} }
  location /monitored { keyfence monitor; ${proxied} }
  location /created { keyfence on; ${proxied} }
  location /redirect { return 301 /x; }
  location /dead { keyfence on; proxy_pass http://127.0.0.1:1; }
`;
const spoofed: [string, string][] = [
  ['X-Keyfence-Key', 'key_spoofed'],
  ['x-keyfence-key', 'key_spoofed'],
  ['X_Keyfence_Key', 'key_spoofed'],
  ['X-Keyfence_Key', 'key_spoofed'],
  ['X.Keyfence.Key', 'key_spoofed'],
  ['X-KEYFENCE-ACCOUNT', 'acc_spoofed'],
  ['X_KEYFENCE_ACCOUNT', 'acc_spoofed'],
  ['X-Request-Id', 'id_spoofed'],
  ['X_Request_Id', 'id_spoofed'],
];

test('what a client says of its identity is removed, fenced or not @core', async ({ start }) => {
  const gateway = await start({ http, server });
  for (const [path, key] of [['/x', goodKey], ['/open', undefined], ['/monitored', undefined], ['/monitored', goodKey]]) {
    const answer = await gateway.ask(path!, { headers: spoofed, ...(key ? { key } : {}) });
    expect(answer.status, path).toBe(200);
    expect(JSON.stringify(answer.seen), path).not.toContain('spoofed');
    expect(answer.upstreamHeader('x-request-id'), path).toBe(answer.requestId);
    expect(answer.upstreamHeader('x-keyfence-key'), path).toBe(key ? 'key_000000000000b' : undefined);
  }
});

test('what a client says of its identity is removed even from a request that nginx could not read', async ({ start, upstream }) => {
  const gateway = await start({
    http,
    server: `error_page 400 = @open; location / { keyfence on; ${proxied} } location @open { ${proxied} }`,
  });
  const lines = spoofed.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = await raw(gateway.port, `GET /admin HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`);  // without Host
  expect(statuses(text)).toEqual([200]);
  expect(upstream.count).toBe(1);
  expect(text).not.toContain('spoofed');
});

test('every answer carries one fresh request id @core', async ({ start, upstream }) => {
  const gateway = await start({ http, server });
  upstream.reply = (seen) =>
    seen.url === '/created'
      ? { status: 201, headers: { 'X-Request-Id': ['of-the-upstream', 'twice'] }, body: '{}' }
      : undefined;
  const answers = [
    await gateway.ask('/x', { key: goodKey }),
    await gateway.ask('/x', { key: goodKey, headers: [['X-Request-Id', 'a'.repeat(32)]] }),
    await gateway.ask('/x', { key: goodKey, method: 'HEAD' }),
    await gateway.ask('/x'),
    await gateway.ask('/open'),
    await gateway.ask('/redirect'),
    await gateway.ask('/dead', { key: goodKey }),
    await gateway.ask('/created', { key: goodKey }),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 401, 200, 301, 502, 201]);
  for (const answer of answers) expect(answer.requestId).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(answers.map((answer) => answer.requestId)).size).toBe(answers.length);
  expect(answers.map((answer) => answer.requestId)).not.toContain('a'.repeat(32));
});

test('a request that nginx cannot read gets an id too', async ({ start }) => {
  const gateway = await start({ http, server });
  const text = await raw(gateway.port, 'GET /x HTTP/1.1\r\n\r\n');
  expect(statuses(text)).toEqual([400]);
  expect(text).toMatch(/\r\nX-Request-Id: [0-9a-f]{32}\r\n/);
});

test('ids of several workers do not meet', async ({ start }) => {
  const gateway = await start({ server, workers: 4 });
  const answers = await Promise.all(Array.from({ length: 400 }, () => gateway.ask('/x')));
  expect(new Set(answers.map((answer) => answer.requestId)).size).toBe(400);
});

test('a key that is not good tells the upstream nothing, where the location only watches', async ({ start }) => {
  const gateway = await start({
    server,
    image: {
      accounts: [{ id: 1 }],
      keys: [
        { id: 1, account: 1, secret: 'revoked-key', state: 'revoked' },
        { id: 2, account: 1, secret: 'fenced-key', allowlist: { entries: ['198.51.100.1'] } },
      ],
    },
  });
  for (const key of ['revoked-key', 'unknown-key']) {
    const answer = await gateway.ask('/monitored', { key });
    expect(answer.status).toBe(200);
    expect(answer.upstreamHeader('x-keyfence-key')).toBeUndefined();
    expect(answer.upstreamHeader('x-keyfence-account')).toBeUndefined();
  }
  const fenced = await gateway.ask('/monitored', { key: 'fenced-key' });
  expect(fenced.upstreamHeader('x-keyfence-key')).toBe('key_0000000000002');
});

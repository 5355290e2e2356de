import { ask, raw, statuses } from '../lib/client.ts';
import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';

const server = `
  location / { keyfence on; ${proxied} }
  location /query { keyfence on; keyfence_credential query:api_key; ${proxied} }
  location /order { keyfence on; keyfence_credential header:X-API-Key bearer query:api_key; ${proxied} }
  location /raw { keyfence on; keyfence_credential header:Authorization; ${proxied} }
`;

const problem = (body: string) => (JSON.parse(body) as { error: { code: string } }).error.code;

test('a bearer key goes through, with its id and account told to the upstream @core', async ({ start }) => {
  const gateway = await start({ server });
  const answer = await gateway.ask('/x', { key: goodKey });
  expect(answer.status).toBe(200);
  expect(answer.upstreamHeader('x-keyfence-key')).toBe('key_000000000000b');
  expect(answer.upstreamHeader('x-keyfence-account')).toBe('acc_0000000000001');
  expect(answer.upstreamHeader('x-request-id')).toBe(answer.requestId);
});

test('no key, an unknown one, a malformed one: 401, and nothing reaches the upstream @core', async ({ start, upstream }) => {
  const gateway = await start({ server });
  const asks: [string, Parameters<typeof gateway.ask>[1], string][] = [
    ['none', {}, 'key_missing'],
    ['empty header', { headers: [['X-API-Key', '']] }, 'key_missing'],
    ['bearer without a token', { headers: [['Authorization', 'Bearer']] }, 'key_missing'],
    ['another scheme', { headers: [['Authorization', `Basic ${goodKey}`]] }, 'key_missing'],
    ['a scheme that only begins alike', { headers: [['Authorization', `Bearerish ${goodKey}`]] }, 'key_missing'],
    ['unknown', { key: 'nobody-knows-this-key' }, 'key_unknown'],
    ['a space inside', { key: `${goodKey} x` }, 'key_malformed'],
    ['two keys in a line', { key: `${goodKey},${goodKey}` }, 'key_unknown'],
    ['too long', { key: 'k'.repeat(513) }, 'key_malformed'],
    ['8 KB', { key: 'k'.repeat(7_900) }, 'key_malformed'],
    ['our own form with a wrong checksum', { key: `kf_${'a'.repeat(49)}` }, 'key_malformed'],
    ['a repeated header', { headers: [['X-API-Key', goodKey], ['X-API-Key', goodKey]] }, 'key_malformed'],
    ['a query argument where none is configured', {}, 'key_missing'],
  ];
  for (const [what, options, reason] of asks) {
    const answer = await gateway.ask(what.startsWith('a query') ? `/x?api_key=${goodKey}` : '/x', options);
    expect(answer.status, what).toBe(401);
    expect(problem(answer.body), what).toBe('INVALID_API_KEY');
    expect(answer.lines('www-authenticate'), what).toEqual(['Bearer']);
    expect((await gateway.logged(answer)).reason, what).toBe(reason);
  }
  expect(upstream.count).toBe(0);
});

test('the scheme is read in any case, the header too @core', async ({ start }) => {
  const gateway = await start({ server });
  for (const headers of [
    [['authorization', `bearer ${goodKey}`]],
    [['AUTHORIZATION', `BEARER   ${goodKey}  `]],
    [['x-api-key', goodKey]],
    [['X-Api-KEY', `  ${goodKey} `]],
  ] as [string, string][][]) {
    expect((await gateway.ask('/x', { headers })).status, String(headers)).toBe(200);
  }
});

test('two Authorization lines are refused', async ({ start, upstream }) => {
  const gateway = await start({ server });
  const authorization: [string, string] = ['Authorization', `Bearer ${goodKey}`];
  for (const headers of [[authorization, authorization], [['Authorization', 'Basic eDp5'], authorization]]) {
    const answer = await gateway.ask('/x', { headers: headers as [string, string][] });
    // nginx 1.22 refuses the repeated line itself; newer ones leave it to the module.
    expect([400, 401]).toContain(answer.status);
    expect(answer.requestId).toMatch(/^[0-9a-f]{32}$/);
  }
  expect(upstream.count).toBe(0);
});

test('the first configured place that holds a key counts', async ({ start }) => {
  const gateway = await start({ server });
  const both: [string, string][] = [['Authorization', `Bearer ${goodKey}`], ['X-API-Key', otherKey]];
  expect((await gateway.ask('/x', { headers: both })).upstreamHeader('x-keyfence-key')).toBe('key_000000000000b');
  expect((await gateway.ask('/order', { headers: both })).upstreamHeader('x-keyfence-key')).toBe('key_000000000000c');
  const unknownFirst: [string, string][] = [['X-API-Key', 'unknown'], ['Authorization', `Bearer ${goodKey}`]];
  expect((await gateway.ask('/order', { headers: unknownFirst })).status).toBe(401);
  const emptyFirst: [string, string][] = [['X-API-Key', ''], ['Authorization', `Bearer ${goodKey}`]];
  expect((await gateway.ask('/order', { headers: emptyFirst })).status).toBe(200);
  expect((await gateway.ask(`/order?api_key=${goodKey}`)).status).toBe(200);
});

test('a key in Authorization without a scheme, where that is configured', async ({ start }) => {
  const gateway = await start({ server });
  const answer = await gateway.ask('/raw', { headers: [['Authorization', goodKey]] });
  expect(answer.status).toBe(200);
  expect(answer.upstreamHeader('authorization')).toBeUndefined();
});

test('a key in the query: percent-encoded, repeated, empty, long', async ({ start }) => {
  const gateway = await start({ server });
  const encoded = [...goodKey].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');
  const cases: [string, number][] = [
    [`api_key=${goodKey}`, 200],
    [`a=1&api_key=${goodKey}&b=2`, 200],
    [`api_key=${encoded}`, 200],
    [`%61pi_key=${goodKey}`, 200],
    [`api_key=${goodKey}#fragment`, 200],
    [`api_key=${goodKey}&api_key=${goodKey}`, 401],
    [`api_key=${goodKey}&api%5Fkey=${goodKey}`, 401],
    [`api_key=${goodKey}%00`, 401],
    [`api_key=${goodKey}%`, 401],
    [`api_key=${goodKey}%zz`, 401],
    ['api_key=', 401],
    ['api_key', 401],
    [`API_KEY=${goodKey}`, 401],
    [`api_key=${'k'.repeat(7_800)}`, 401],
    [`x=?api_key=${goodKey}`, 401],
  ];
  for (const [query, status] of cases) {
    expect((await ask(gateway.port, `/query?${query}`)).status, query).toBe(status);
  }
});

test('a header that is longer than nginx takes is answered, not crashed on', async ({ start, upstream }) => {
  const gateway = await start({ server });
  const answer = await gateway.ask('/x', { key: 'k'.repeat(40_000) });
  expect(answer.status).toBe(400);
  expect(answer.requestId).toMatch(/^[0-9a-f]{32}$/);
  expect(upstream.count).toBe(0);
});

test('requests that parsers disagree on carry no second request past the fence @core', async ({ start, upstream }) => {
  const gateway = await start({ server });
  const smuggled = `GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`;
  const heads = [
    `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nAuthorization : Bearer ${goodKey}\r\nContent-Length: 0\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nX-A: b\r\n Authorization: Bearer ${goodKey}\r\nContent-Length: 0\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nX-API\x00-Key: ${goodKey}\r\nContent-Length: 0\r\n`,
  ];
  for (const head of heads) {
    const text = await raw(gateway.port, `${head}Connection: close\r\n\r\n${smuggled}`);
    expect(statuses(text).every((status) => status >= 400), `${head}\n${text}`).toBe(true);
  }
  expect(upstream.count).toBe(0);
});
